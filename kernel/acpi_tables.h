/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables as they lie in memory, with the field names of the ACPI
 * specification, and the functions that read one checked table each.
 * Tables have any alignment, so everything here is packed.
 */
#pragma once

#include "kernel/acpi.h"
#include "lib/bits.h"

/* ACPI "Root System Description Pointer (RSDP)". Revision 0 ends after rsdt_address. */
struct acpi_rsdp {
	char signature[8]; /* "RSD PTR " */
	u8 checksum;	   /* of the first 20 bytes */
	char oem_id[6];
	u8 revision;
	u32 rsdt_address;
	u32 length;
	u64 xsdt_address;
	u8 extended_checksum; /* of all `length` bytes */
	u8 reserved[3];
} __packed;
#define ACPI_RSDP_V1_SIZE 20
_Static_assert(offsetof(struct acpi_rsdp, length) == ACPI_RSDP_V1_SIZE, "RSDP, ACPI 1.0");
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP, ACPI 2.0");

/* ACPI "System Description Table Header" */
struct acpi_header {
	char signature[4];
	u32 length; /* of the whole table */
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	u32 creator_id;
	u32 creator_revision;
} __packed;
_Static_assert(sizeof(struct acpi_header) == 36, "table header");

/* ACPI "Generic Address Structure (GAS)" */
struct acpi_gas {
	u8 address_space_id;
	u8 register_bit_width;
	u8 register_bit_offset;
	u8 access_size;
	u64 address;
} __packed;
#define ACPI_GAS_MEMORY 0
#define ACPI_GAS_IO	1
_Static_assert(sizeof(struct acpi_gas) == 12, "GAS");

/* ACPI "Fixed ACPI Description Table (FADT)" */
struct acpi_fadt {
	struct acpi_header header;
	u32 firmware_ctrl;
	u32 dsdt;
	u8 int_model;
	u8 preferred_pm_profile;
	u16 sci_int;
	u32 smi_cmd;
	u8 acpi_enable;
	u8 acpi_disable;
	u8 s4bios_req;
	u8 pstate_cnt;
	u32 pm1a_evt_blk, pm1b_evt_blk;
	u32 pm1a_cnt_blk, pm1b_cnt_blk;
	u32 pm2_cnt_blk;
	u32 pm_tmr_blk;
	u32 gpe0_blk, gpe1_blk;
	u8 pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len;
	u8 gpe0_blk_len, gpe1_blk_len, gpe1_base;
	u8 cst_cnt;
	u16 p_lvl2_lat, p_lvl3_lat;
	u16 flush_size, flush_stride;
	u8 duty_offset, duty_width;
	u8 day_alrm, mon_alrm, century;
	u16 iapc_boot_arch;
	u8 reserved;
	u32 flags;
	struct acpi_gas reset_reg; /* revision 2 and later */
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor_version;
	u64 x_firmware_ctrl; /* the X_ fields: revision 3 and later */
	u64 x_dsdt;
	struct acpi_gas x_pm1a_evt_blk, x_pm1b_evt_blk;
	struct acpi_gas x_pm1a_cnt_blk, x_pm1b_cnt_blk;
	struct acpi_gas x_pm2_cnt_blk;
	struct acpi_gas x_pm_tmr_blk;
	struct acpi_gas x_gpe0_blk, x_gpe1_blk;
	struct acpi_gas sleep_control_reg, sleep_status_reg; /* revision 5 and later */
	u64 hypervisor_vendor_identity;
} __packed;
#define ACPI_FADT_V1_SIZE	116
#define ACPI_FADT_TMR_VAL_EXT	BIT(8)
#define ACPI_FADT_RESET_REG_SUP BIT(10)
#define ACPI_FADT_HW_REDUCED	BIT(20)
_Static_assert(offsetof(struct acpi_fadt, reset_reg) == ACPI_FADT_V1_SIZE, "FADT, ACPI 1.0");
_Static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "FADT, ACPI 2.0");
_Static_assert(offsetof(struct acpi_fadt, sleep_control_reg) == 244, "FADT, ACPI 5.0");
_Static_assert(sizeof(struct acpi_fadt) == 276, "FADT");

/* ACPI "Multiple APIC Description Table (MADT)"; entries follow. */
struct acpi_madt {
	struct acpi_header header;
	u32 local_interrupt_controller_address;
	u32 flags;
} __packed;
#define ACPI_MADT_PCAT_COMPAT BIT(0)
_Static_assert(sizeof(struct acpi_madt) == 44, "MADT");

enum acpi_madt_type {
	ACPI_MADT_LOCAL_APIC = 0,
	ACPI_MADT_IO_APIC = 1,
	ACPI_MADT_LOCAL_APIC_ADDRESS_OVERRIDE = 5,
	ACPI_MADT_LOCAL_X2APIC = 9,
};

struct acpi_madt_entry {
	u8 type;
	u8 length; /* of the entry, with these two bytes */
} __packed;

#define ACPI_MADT_ENABLED BIT(0)

struct acpi_madt_local_apic {
	struct acpi_madt_entry entry;
	u8 processor_uid;
	u8 apic_id;
	u32 flags;
} __packed;
_Static_assert(sizeof(struct acpi_madt_local_apic) == 8, "MADT type 0");

struct acpi_madt_io_apic {
	struct acpi_madt_entry entry;
	u8 io_apic_id;
	u8 reserved;
	u32 io_apic_address;
	u32 global_system_interrupt_base;
} __packed;
_Static_assert(sizeof(struct acpi_madt_io_apic) == 12, "MADT type 1");

struct acpi_madt_address_override {
	struct acpi_madt_entry entry;
	u16 reserved;
	u64 local_apic_address;
} __packed;
_Static_assert(sizeof(struct acpi_madt_address_override) == 12, "MADT type 5");

struct acpi_madt_local_x2apic {
	struct acpi_madt_entry entry;
	u16 reserved;
	u32 x2apic_id;
	u32 flags;
	u32 processor_uid;
} __packed;
_Static_assert(sizeof(struct acpi_madt_local_x2apic) == 16, "MADT type 9");

/* IA-PC HPET specification, "The ACPI HPET Description Table" */
struct acpi_hpet {
	struct acpi_header header;
	u32 event_timer_block_id;
	struct acpi_gas base_address;
	u8 hpet_number;
	u16 main_counter_minimum_tick;
	u8 page_protection;
} __packed;
_Static_assert(sizeof(struct acpi_hpet) == 56, "HPET");

/*
 * Read one table into `info`. The caller has checked signature, length (it
 * is at least a header, and all of it can be read) and checksum. Return 0,
 * or -ERR_CORRUPT when the table is too short for what it is: then `info` is
 * as it was.
 */
int acpi_tables_read_madt(struct acpi_info *info, const struct acpi_header *table) __must_check;
int acpi_tables_read_hpet(struct acpi_info *info, const struct acpi_header *table) __must_check;
/* Also sets dsdt[0] and dsdt[1], the places to look for the DSDT, best first; 0 = none. */
int acpi_tables_read_fadt(struct acpi_info *info, const struct acpi_header *table,
			  hpa_t dsdt[2]) __must_check;
