/* SPDX-License-Identifier: MIT */
/*
 * ACPI on this computer: where the RSDP may be, what of the tables' answer
 * is completed from the CPU, registers in memory space.
 */
#include "kernel/acpi.h"

#include "kernel/acpi_tables.h"
#include "kernel/asm.h"
#include "kernel/log.h"
#include "lib/string.h"

#define EBDA_SEGMENT_POINTER 0x40eUL /* BIOS data area: real-mode segment of the EBDA */
#define EBDA_SEARCHED	     KIB(1)
#define BIOS_AREA	     0xe0000UL
#define BIOS_AREA_SIZE	     KIB(128)
#define RSDP_ALIGNMENT	     16
#define HPET_SIZE	     KIB(1)

struct acpi_info acpi;

/* The parser's pointers come from tables: none may reach beyond what the CPU can address. */
static acpi_map_fn map_unchecked;
static unsigned address_bits;

static bool addressable(hpa_t address, u64 length)
{
	return address + length > address && (address + length - 1) >> address_bits == 0;
}

static const void *map_checked(hpa_t address, u64 length)
{
	return addressable(address, length) ? map_unchecked(address, length) : NULL;
}

static bool try_rsdp(const void *rsdp, unsigned length)
{
	acpi_parse(&acpi, rsdp, length, map_checked);
	return acpi.present;
}

/* ACPI "Finding the RSDP on IA-PC Systems" */
static bool search(hpa_t start, u64 length)
{
	const u8 *area = map_checked(start, length);

	if (!area)
		return false;
	for (u64 i = 0; i + ACPI_RSDP_V1_SIZE <= length; i += RSDP_ALIGNMENT) {
		if (memcmp(area + i, "RSD PTR ", 8) == 0 &&
		    try_rsdp(area + i, MIN(length - i, sizeof(struct acpi_rsdp))))
			return true;
	}
	return false;
}

static bool search_bios(void)
{
	const u8 *pointer = map_checked(EBDA_SEGMENT_POINTER, 2);
	hpa_t ebda = pointer ? (hpa_t)(pointer[0] | pointer[1] << 8) << 4 : 0;

	/* Garbage in the BIOS data area must not lead us elsewhere. */
	if (ebda >= KIB(512) && ebda <= 0xa0000 - EBDA_SEARCHED && search(ebda, EBDA_SEARCHED))
		return true;
	return search(BIOS_AREA, BIOS_AREA_SIZE);
}

static void map_register(struct acpi_register *reg, acpi_map_device_fn map_device)
{
	if (reg->space == ACPI_REG_MEMORY && addressable(reg->address, reg->width / 8))
		reg->mapped = map_device(reg->address, reg->width / 8);
}

static void map_registers(acpi_map_device_fn map_device)
{
	map_register(&acpi.pm1a_control, map_device);
	map_register(&acpi.pm1b_control, map_device);
	map_register(&acpi.sleep_control, map_device);
	map_register(&acpi.pm_timer, map_device);
	map_register(&acpi.reset, map_device);
	if (acpi.hpet && addressable(acpi.hpet, HPET_SIZE))
		acpi.hpet_mapped = map_device(acpi.hpet, HPET_SIZE);
}

void acpi_init(const struct boot_info *boot, acpi_map_fn map, acpi_map_device_fn map_device)
{
	map_unchecked = map;
	address_bits =
		cpuid(0x80000000, 0).eax >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;

	if (!try_rsdp(boot->rsdp_length ? boot->rsdp : NULL, boot->rsdp_length) && !boot->efi)
		search_bios();
	map_registers(map_device);
	if (acpi.cpu_count == 1) /* then it is this one, whether the MADT told its ID or not */
		acpi.cpu_apic_ids[0] = cpuid(1, 0).ebx >> 24;

	if (!acpi.present) {
		log_warn("acpi", "no ACPI tables: one CPU, no power-off");
		return;
	}
	log_info("acpi", "revision=%u cpus=%u io_apic=%#lx pm_timer=%#lx hpet=%#lx s5=%s reset=%s",
		 acpi.revision, acpi.cpu_count, acpi.io_apic, acpi.pm_timer.address, acpi.hpet,
		 acpi.s5_known ? "yes" : "no", acpi.reset_supported ? "yes" : "no");
}
