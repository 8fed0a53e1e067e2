/* SPDX-License-Identifier: MIT */
/*
 * The tables by which operating systems without ACPI find the APICs: Intel
 * MultiProcessor Specification 1.4, "MP Configuration Table". They say what
 * the MADT says (machine/acpi_build.c).
 */
#pragma once

#include "machine/vm.h"

/* Write them to MAP_MP of a fresh machine; nothing if the guest's CPUID offers no local APIC. */
void mp_build(struct vm *vm);
