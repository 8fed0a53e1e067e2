/* SPDX-License-Identifier: MIT */
#include "kernel/acpi_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "tests/unit/kernel/fake_log.h"

static struct acpi_info info;
static hpa_t dsdt[2];

static int setup(void **state)
{
	(void)state;
	memset(&info, 0, sizeof(info));
	memset(dsdt, 0, sizeof(dsdt));
	fake_log_reset();
	return 0;
}

/* Give the reader a copy of exactly the table's length. */
static int read_exactly(int (*read)(struct acpi_info *, const struct acpi_header *),
			const void *data, u32 length)
{
	struct acpi_header *copy = malloc(length);
	int error;

	memcpy(copy, data, length);
	copy->length = length;
	error = read(&info, copy);
	free(copy);
	return error;
}

static int madt(const u8 *entries, u32 length)
{
	u8 table[sizeof(struct acpi_madt) + 4096] = {0};

	((struct acpi_madt *)table)->local_interrupt_controller_address = 0xfee01000;
	memcpy(table + sizeof(struct acpi_madt), entries, length);
	return read_exactly(acpi_tables_read_madt, table, sizeof(struct acpi_madt) + length);
}

#define MADT(...)                                                                                  \
	do {                                                                                       \
		static const u8 entries[] = {__VA_ARGS__};                                         \
		assert_int_equal(madt(entries, sizeof(entries)), 0);                               \
	} while (0)

#define LOCAL_APIC(id, flags) 0, 8, 0, id, flags, 0, 0, 0
#define LOCAL_X2APIC(id, high, flags) 9, 16, 0, 0, id, high, 0, 0, flags, 0, 0, 0, 0, 0, 0, 0
#define IO_APIC(page) 1, 12, 0, 0, 0, page, 0xc0, 0xfe, 0, 0, 0, 0

static void madt_counts_enabled_cpus_once(void **state)
{
	(void)state;
	MADT(LOCAL_APIC(0, 1), LOCAL_APIC(2, 1), LOCAL_APIC(4, 0), LOCAL_APIC(6, 2),
	     LOCAL_APIC(0xff, 1), LOCAL_X2APIC(2, 0, 1), LOCAL_X2APIC(0x10, 0x01, 1),
	     LOCAL_X2APIC(0x11, 0x01, 0));
	assert_int_equal(info.cpu_count, 3);
	assert_int_equal(info.cpu_apic_ids[0], 0);
	assert_int_equal(info.cpu_apic_ids[1], 2);
	assert_int_equal(info.cpu_apic_ids[2], 0x110);
	assert_int_equal(fake_log_warnings, 0);
}

static void madt_takes_the_first_io_apic_and_the_override(void **state)
{
	(void)state;
	MADT(IO_APIC(0x00), IO_APIC(0x10), 5, 12, 0, 0, 0, 0, 0, 0xfd, 1, 0, 0, 0);
	assert_int_equal(info.io_apic, 0xfec00000);
	assert_int_equal(info.local_apic, 0x1fd000000);
	assert_false(info.has_8259);
}

static void madt_skips_unknown_and_short_entries(void **state)
{
	(void)state;
	MADT(0x7f, 2, 0, 7, 0, 3, 1, 0, 0, LOCAL_APIC(5, 1));
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(info.cpu_apic_ids[0], 5);
	assert_int_equal(fake_log_warnings, 1); /* the short one; unknown types are normal */
}

static void madt_stops_at_impossible_entries(void **state)
{
	(void)state;
	MADT(LOCAL_APIC(1, 1), 0, 0, LOCAL_APIC(2, 1));
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(fake_log_warnings, 1);
	MADT(LOCAL_APIC(3, 1), 0x7f, 1, LOCAL_APIC(4, 1));
	assert_int_equal(info.cpu_count, 2);
	MADT(LOCAL_APIC(5, 1), 0, 9, 0, 6, 1, 0, 0, 0);
	assert_int_equal(info.cpu_count, 3);
	MADT(LOCAL_APIC(7, 1), 0);
	assert_int_equal(info.cpu_count, 4);
	assert_int_equal(fake_log_warnings, 4);
}

static void madt_counts_the_cpus_there_is_no_room_for(void **state)
{
	u8 entries[16 * (ACPI_MAX_CPUS - 100)];

	(void)state;
	for (unsigned base = 0; base <= 200; base += 200) {
		for (unsigned i = 0; i < ARRAY_SIZE(entries) / 16; i++) {
			u32 id = base + i;
			const u8 entry[] = {LOCAL_X2APIC(id & 0xff, id >> 8, 1)};

			memcpy(entries + 16 * i, entry, 16);
		}
		assert_int_equal(madt(entries, sizeof(entries)), 0);
	}
	assert_int_equal(info.cpu_count, ACPI_MAX_CPUS);
	assert_int_equal(info.cpus_dropped, 2 * (ACPI_MAX_CPUS - 100) - ACPI_MAX_CPUS);
}

static void short_tables_are_refused(void **state)
{
	u8 zero[276] = {0};

	(void)state;
	assert_int_equal(read_exactly(acpi_tables_read_madt, zero, 43), -ERR_CORRUPT);
	assert_int_equal(read_exactly(acpi_tables_read_madt, zero, 36), -ERR_CORRUPT);
	assert_int_equal(read_exactly(acpi_tables_read_hpet, zero, 55), -ERR_CORRUPT);
	assert_int_equal(read_exactly(acpi_tables_read_hpet, zero, 56), 0);
}

static void hpet_must_be_in_memory(void **state)
{
	struct acpi_hpet hpet = {.base_address = {.address = 0xfed00000}};

	(void)state;
	assert_int_equal(read_exactly(acpi_tables_read_hpet, &hpet, sizeof(hpet)), 0);
	assert_int_equal(info.hpet, 0xfed00000);
	info.hpet = 0;
	hpet.base_address.address_space_id = ACPI_GAS_IO;
	assert_int_equal(read_exactly(acpi_tables_read_hpet, &hpet, sizeof(hpet)), 0);
	assert_int_equal(info.hpet, 0);
}

static int fadt_to_info(struct acpi_info *i, const struct acpi_header *table)
{
	return acpi_tables_read_fadt(i, table, dsdt);
}

/* All fields say something, so that each test shows which ones are believed. */
static struct acpi_fadt full_fadt(u8 revision)
{
	return (struct acpi_fadt){
		.header.revision = revision,
		.dsdt = 0x1000,
		.smi_cmd = 0xb2,
		.acpi_enable = 0xf1,
		.pm1a_cnt_blk = 0xb004,
		.pm1b_cnt_blk = 0xb014,
		.pm_tmr_blk = 0xb008,
		.flags = ACPI_FADT_RESET_REG_SUP | ACPI_FADT_TMR_VAL_EXT,
		.reset_reg = {ACPI_GAS_IO, 8, 0, 1, 0xcf9},
		.reset_value = 0xe,
		.x_dsdt = 0x123456789000,
		.x_pm1a_cnt_blk = {ACPI_GAS_IO, 16, 0, 2, 0x1804},
		.x_pm1b_cnt_blk = {ACPI_GAS_IO, 0, 0, 0, 0},
		.x_pm_tmr_blk = {ACPI_GAS_MEMORY, 32, 0, 3, 0xfe000008},
		.sleep_control_reg = {ACPI_GAS_IO, 8, 0, 1, 0x600},
	};
}

static void assert_register(const struct acpi_register *reg, int space, u64 address, u8 width)
{
	assert_int_equal(reg->space, space);
	assert_int_equal(reg->address, address);
	assert_int_equal(reg->width, width);
	assert_null(reg->mapped);
}

static void fadt_prefers_the_64_bit_fields_where_they_say_something(void **state)
{
	struct acpi_fadt fadt = full_fadt(6);

	(void)state;
	assert_int_equal(read_exactly(fadt_to_info, &fadt, sizeof(fadt)), 0);
	assert_register(&info.pm1a_control, ACPI_REG_IO, 0x1804, 16);
	assert_register(&info.pm1b_control, ACPI_REG_IO, 0xb014, 16);
	assert_register(&info.pm_timer, ACPI_REG_MEMORY, 0xfe000008, 32);
	assert_register(&info.reset, ACPI_REG_IO, 0xcf9, 8);
	assert_register(&info.sleep_control, ACPI_REG_NONE, 0, 0);
	assert_true(info.reset_supported);
	assert_int_equal(info.reset_value, 0xe);
	assert_true(info.pm_timer_32bit);
	assert_int_equal(info.smi_command, 0xb2);
	assert_int_equal(info.acpi_enable, 0xf1);
	assert_int_equal(dsdt[0], 0x123456789000);
	assert_int_equal(dsdt[1], 0x1000);
}

static void fadt_revision_1_has_only_the_old_fields(void **state)
{
	struct acpi_fadt fadt = full_fadt(1);

	(void)state;
	/* With and without the padding that some firmware has there. */
	for (u32 length = 116; length <= 276; length += 160) {
		setup(NULL);
		assert_int_equal(read_exactly(fadt_to_info, &fadt, length), 0);
		assert_register(&info.pm1a_control, ACPI_REG_IO, 0xb004, 16);
		assert_register(&info.pm_timer, ACPI_REG_IO, 0xb008, 32);
		assert_register(&info.reset, ACPI_REG_NONE, 0, 0);
		assert_false(info.reset_supported);
		assert_int_equal(dsdt[0], 0x1000);
		assert_int_equal(dsdt[1], 0);
	}
	assert_int_equal(read_exactly(fadt_to_info, &fadt, 115), -ERR_CORRUPT);
}

static void fadt_revision_2_has_the_reset_register(void **state)
{
	struct acpi_fadt fadt = full_fadt(2);

	(void)state;
	assert_int_equal(read_exactly(fadt_to_info, &fadt, 276), 0);
	assert_true(info.reset_supported);
	assert_register(&info.pm1a_control, ACPI_REG_IO, 0xb004, 16);
	assert_int_equal(dsdt[0], 0x1000);
	assert_int_equal(dsdt[1], 0);
}

static void fadt_refuses_registers_out_of_reach(void **state)
{
	struct acpi_fadt fadt = full_fadt(6);

	(void)state;
	fadt.x_pm1a_cnt_blk.address = 0x10000; /* beyond the last port */
	fadt.x_pm_tmr_blk.address_space_id = 0x7f;
	fadt.pm_tmr_blk = 0x10008;
	fadt.reset_reg.address_space_id = 2; /* PCI configuration space */
	fadt.smi_cmd = 0x100b2;
	assert_int_equal(read_exactly(fadt_to_info, &fadt, sizeof(fadt)), 0);
	assert_register(&info.pm1a_control, ACPI_REG_IO, 0xb004, 16);
	assert_register(&info.pm_timer, ACPI_REG_NONE, 0, 0);
	assert_false(info.reset_supported);
	assert_int_equal(info.smi_command, 0);
	assert_int_equal(info.acpi_enable, 0);
}

static void fadt_hardware_reduced_has_only_the_sleep_register(void **state)
{
	struct acpi_fadt fadt = full_fadt(6);

	(void)state;
	fadt.flags |= ACPI_FADT_HW_REDUCED;
	assert_int_equal(read_exactly(fadt_to_info, &fadt, sizeof(fadt)), 0);
	assert_register(&info.sleep_control, ACPI_REG_IO, 0x600, 8);
	assert_register(&info.pm1a_control, ACPI_REG_NONE, 0, 0);
	assert_register(&info.pm_timer, ACPI_REG_NONE, 0, 0);
	assert_true(info.reset_supported);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(madt_counts_enabled_cpus_once, setup),
		cmocka_unit_test_setup(madt_takes_the_first_io_apic_and_the_override, setup),
		cmocka_unit_test_setup(madt_skips_unknown_and_short_entries, setup),
		cmocka_unit_test_setup(madt_stops_at_impossible_entries, setup),
		cmocka_unit_test_setup(madt_counts_the_cpus_there_is_no_room_for, setup),
		cmocka_unit_test_setup(short_tables_are_refused, setup),
		cmocka_unit_test_setup(hpet_must_be_in_memory, setup),
		cmocka_unit_test_setup(fadt_prefers_the_64_bit_fields_where_they_say_something, setup),
		cmocka_unit_test_setup(fadt_revision_1_has_only_the_old_fields, setup),
		cmocka_unit_test_setup(fadt_revision_2_has_the_reset_register, setup),
		cmocka_unit_test_setup(fadt_refuses_registers_out_of_reach, setup),
		cmocka_unit_test_setup(fadt_hardware_reduced_has_only_the_sleep_register, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
