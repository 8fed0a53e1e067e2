/* SPDX-License-Identifier: MIT */
/*
 * Physical memory with ACPI tables in it. A mapping is a copy of exactly
 * the bytes asked for, so that a read beyond it is an error that ASan sees.
 */
#pragma once

#include "kernel/acpi_tables.h"

#define FAKE_RSDT 0x7fe0000UL
#define FAKE_XSDT 0x7fe1000UL
#define FAKE_MADT 0x7fe2000UL
#define FAKE_FADT 0x7fe3000UL
#define FAKE_DSDT 0x7fe4000UL
#define FAKE_SSDT 0x7fe5000UL
#define FAKE_HPET 0x7fe6000UL

void fake_acpi_reset(void); /* before and after each test */

/* Put bytes somewhere in memory; they are copied, and must not overlap others. */
void fake_acpi_put(hpa_t address, const void *data, size_t length);

/* The bytes at an address, to spoil them. */
u8 *fake_acpi_at(hpa_t address);

/* Fill in signature, length, revision and checksum, and put the table in memory. */
void fake_acpi_put_table(hpa_t address, const char *signature, u8 revision, void *table,
			 u32 length);

/* Make the checksum right again for the table at an address, over the length it tells. */
void fake_acpi_sum(hpa_t address);

/* Put a root table for `count` tables at FAKE_RSDT or FAKE_XSDT. */
void fake_acpi_put_rsdt(const u32 *tables, unsigned count);
void fake_acpi_put_xsdt(const u64 *tables, unsigned count);

/*
 * The tables of a good computer, without a root: two CPUs (0 and 1), an I/O
 * APIC at FEC00000H, a FADT of revision 1, an HPET at FED00000H, S5 by type 5
 * in the DSDT and 6 in the SSDT.
 */
void fake_acpi_put_computer(void);

/* An RSDP that leads to both. */
struct acpi_rsdp fake_acpi_rsdp(u8 revision);
void fake_acpi_sum_rsdp(struct acpi_rsdp *rsdp);

const void *fake_acpi_map(hpa_t address, u64 length);
