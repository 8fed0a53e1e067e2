/* SPDX-License-Identifier: MIT */
/*
 * The one thing we want out of AML byte code without interpreting it: the
 * values that put the computer into S5 (soft off).
 */
#pragma once

#include "lib/types.h"

/*
 * Look for `Name (\_S5, Package () {SLP_TYPa, SLP_TYPb, ...})` with constant
 * elements in the AML of a DSDT or SSDT (without the table header). Pure.
 * Returns 0 and sets both types (0 to 7), or -ERR_NOENT.
 * ACPI "\_Sx (System States)", "ACPI Machine Language (AML) Specification".
 */
int acpi_aml_find_s5(const u8 *aml, size_t length, u8 *type_a, u8 *type_b) __must_check;
