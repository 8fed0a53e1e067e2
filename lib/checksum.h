/* SPDX-License-Identifier: MIT */
/* The checksum of firmware tables (ACPI, MultiProcessor Specification). */
#pragma once

#include "lib/types.h"

/* The sum of `length` bytes, modulo 256: 0 for a table that is whole. Pure. */
static inline u8 checksum_sum(const void *data, size_t length)
{
	const u8 *bytes = data;
	u8 sum = 0;

	while (length--)
		sum += *bytes++;
	return sum;
}

/* What the checksum field of a table must hold whose field is 0 now. */
static inline u8 checksum_of(const void *data, size_t length)
{
	return (u8)-checksum_sum(data, length);
}
