/* SPDX-License-Identifier: MIT */
/*
 * Names of the bits of VMCS fields, for people.
 */
#pragma once

#include "lib/types.h"

/*
 * The name of one bit of the field at `index` (enum vmcs_index) of n
 * characters, or NULL with n 0 for a bit without one.
 */
const char *entry_bit_name(unsigned index, unsigned bit, size_t *n);

/* "17 (VM), 22-63": the bits of a mask, with their names. Returns the length. */
size_t entry_bits_text(char *to, size_t size, unsigned index, u64 mask);
