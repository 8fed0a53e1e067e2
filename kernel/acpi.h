/* SPDX-License-Identifier: MIT */
/*
 * What we need to know from the ACPI tables, and nothing else: the CPUs
 * and I/O APICs (MADT), power-off, reset and PM timer (FADT, DSDT's \_S5),
 * the HPET. Tables are checked before they are believed: signature,
 * length, checksum; every entry is bounds-checked. A machine without
 * ACPI is fine: one CPU, no power-off.
 */
#pragma once

#include "boot/info.h"
#include "kernel/acpi_register.h"
#include "lib/types.h"

#define ACPI_MAX_CPUS	256
#define ACPI_MAX_TABLES 256	/* entries of the XSDT or RSDT that are looked at */
#define ACPI_MAX_TABLE	MIB(16) /* a longer table is taken for a malformed one */
#define ACPI_LOCAL_APIC 0xfee00000UL

struct acpi_info {
	bool present;
	u8 revision; /* of the RSDP */
	bool from_bochs; /* its maker; QEMU says the same, but is a hypervisor to CPUID */

	unsigned cpu_count; /* usable CPUs; at least 1 */
	u32 cpu_apic_ids[ACPI_MAX_CPUS];
	unsigned cpus_dropped;
	hpa_t local_apic; /* MADT's, or FEE00000H */
	hpa_t io_apic;	  /* the first one's, or 0 */
	bool has_8259;

	struct acpi_register pm1a_control, pm1b_control, pm_timer, reset;
	struct acpi_register sleep_control; /* hardware-reduced ACPI has this in place of PM1 */
	bool pm_timer_32bit;
	u8 reset_value;
	bool reset_supported;
	bool s5_known; /* SLP_TYPa/b were found in the DSDT or an SSDT */
	u8 s5_type_a, s5_type_b;
	u16 smi_command;
	u8 acpi_enable; /* value to write to smi_command when SCI_EN is clear */

	hpa_t hpet;		    /* 0 = none */
	volatile void *hpet_mapped; /* where acpi_init() mapped it, or NULL */
};

extern struct acpi_info acpi;

/*
 * Memory access for the parser: map `length` bytes at a physical address
 * for reading, valid until the parser returns. NULL if that cannot be.
 */
typedef const void *(*acpi_map_fn)(hpa_t address, u64 length);

/* Map a device's registers for good, uncached. NULL if that cannot be. */
typedef void *(*acpi_map_device_fn)(hpa_t address, u64 length);

/*
 * Parse everything into `info`. Pure but for `map`; malformed tables are
 * skipped with a warning in the log. `rsdp` is NULL when the loader gave none.
 */
void acpi_parse(struct acpi_info *info, const void *rsdp, unsigned rsdp_length, acpi_map_fn map);

/*
 * Parse this computer's tables into `acpi`; without a good RSDP from the
 * loader look in the BIOS area. Registers in memory space are mapped here,
 * so that time and power need no memory later. Boot CPU, once, after the
 * host's page tables.
 */
void acpi_init(const struct boot_info *boot, acpi_map_fn map, acpi_map_device_fn map_device);
