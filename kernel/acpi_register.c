/* SPDX-License-Identifier: MIT */
/*
 * Access to a register by its space and width; the widths are those that
 * acpi_tables.c fixed, no other occurs.
 */
#include "kernel/acpi_register.h"

#include "kernel/asm.h"

u32 acpi_register_read(const struct acpi_register *reg)
{
	if (!acpi_register_usable(reg))
		return ~0U;
	if (reg->space == ACPI_REG_IO) {
		u16 port = reg->address;

		return reg->width == 8 ? inb(port) : reg->width == 16 ? inw(port) : inl(port);
	}
	switch (reg->width) {
	case 8:
		return *(volatile u8 *)reg->mapped;
	case 16:
		return *(volatile u16 *)reg->mapped;
	default:
		return *(volatile u32 *)reg->mapped;
	}
}

static void write_port(u16 port, u8 width, u32 value)
{
	if (width == 8)
		outb(port, value);
	else if (width == 16)
		outw(port, value);
	else
		outl(port, value);
}

static void write_memory(volatile void *mapped, u8 width, u32 value)
{
	if (width == 8)
		*(volatile u8 *)mapped = value;
	else if (width == 16)
		*(volatile u16 *)mapped = value;
	else
		*(volatile u32 *)mapped = value;
}

void acpi_register_write(const struct acpi_register *reg, u32 value)
{
	if (!acpi_register_usable(reg))
		return;
	if (reg->space == ACPI_REG_IO)
		write_port(reg->address, reg->width, value);
	else
		write_memory(reg->mapped, reg->width, value);
}
