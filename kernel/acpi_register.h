/* SPDX-License-Identifier: MIT */
/*
 * One hardware register that an ACPI table describes, in I/O or memory space.
 */
#pragma once

#include "lib/types.h"

struct acpi_register { /* a Generic Address Structure, reduced */
	enum { ACPI_REG_NONE, ACPI_REG_IO, ACPI_REG_MEMORY } space;
	u64 address;
	u8 width;	       /* bits: 8, 16 or 32 */
	volatile void *mapped; /* memory space: where acpi_init() mapped it, or NULL */
};

/* True when reads and writes reach something. */
static inline bool acpi_register_usable(const struct acpi_register *reg)
{
	return reg->space == ACPI_REG_IO || (reg->space == ACPI_REG_MEMORY && reg->mapped);
}

/* Any context. A register that is not usable reads as all ones and ignores writes. */
u32 acpi_register_read(const struct acpi_register *reg);
void acpi_register_write(const struct acpi_register *reg, u32 value);
