/* SPDX-License-Identifier: MIT */
#include "kernel/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/kernel/fake_acpi.h"
#include "tests/unit/kernel/fake_log.h"

static struct acpi_info info;

static int setup(void **state)
{
	(void)state;
	fake_acpi_reset();
	fake_log_reset();
	fake_acpi_put_computer();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_acpi_reset();
	return 0;
}

static void parse(u8 revision)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(revision);

	memset(&info, 0xee, sizeof(info));
	acpi_parse(&info, &rsdp, revision < 2 ? ACPI_RSDP_V1_SIZE : sizeof(rsdp), fake_acpi_map);
}

static void put_xsdt(void)
{
	fake_acpi_put_xsdt((u64[]){FAKE_FADT, FAKE_MADT, FAKE_SSDT, FAKE_HPET}, 4);
}

static void assert_complete(void)
{
	assert_true(info.present);
	assert_int_equal(info.cpu_count, 2);
	assert_int_equal(info.cpu_apic_ids[1], 1);
	assert_int_equal(info.io_apic, 0xfec00000);
	assert_int_equal(info.hpet, 0xfed00000);
	assert_int_equal(info.pm1a_control.address, 0xb004);
	assert_true(info.has_8259);
	assert_true(info.s5_known);
	assert_int_equal(info.s5_type_a, 5);
	assert_int_equal(info.s5_type_b, 0);
}

/* What a computer without ACPI gets. */
static void assert_nothing(void)
{
	assert_false(info.present);
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(info.local_apic, 0xfee00000);
	assert_true(info.has_8259);
	assert_false(info.s5_known);
	assert_int_equal(info.pm_timer.space, ACPI_REG_NONE);
}

static void reads_all_through_the_xsdt(void **state)
{
	(void)state;
	put_xsdt();
	parse(2);
	assert_complete();
	assert_int_equal(info.revision, 2);
	assert_int_equal(fake_log_warnings, 0);
}

static void reads_all_through_the_rsdt(void **state)
{
	(void)state;
	fake_acpi_put_rsdt((u32[]){FAKE_FADT, FAKE_SSDT, FAKE_MADT, FAKE_HPET}, 4);
	parse(0);
	assert_complete();
	assert_int_equal(info.revision, 0);
	assert_int_equal(fake_log_warnings, 0);
}

static void revision_0_has_no_xsdt(void **state)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(0);

	(void)state;
	put_xsdt();
	fake_acpi_put_rsdt((u32[]){FAKE_MADT}, 1);
	acpi_parse(&info, &rsdp, sizeof(rsdp), fake_acpi_map); /* GRUB may hand over more */
	assert_int_equal(info.cpu_count, 2);
	assert_int_equal(info.pm1a_control.space, ACPI_REG_NONE);
}

static void a_bad_or_empty_xsdt_gives_way_to_the_rsdt(void **state)
{
	(void)state;
	fake_acpi_put_rsdt((u32[]){FAKE_FADT, FAKE_MADT, FAKE_HPET}, 3);
	parse(2); /* no XSDT in memory at all */
	assert_complete();
	fake_acpi_put_xsdt((u64[]){FAKE_MADT}, 0);
	parse(2);
	assert_complete();
	*fake_acpi_at(FAKE_XSDT + 9) ^= 0xff;
	fake_log_reset();
	parse(2);
	assert_complete();
	assert_string_equal(fake_log_last, "XSDT: bad checksum: table ignored");
}

static void a_bad_second_checksum_leaves_the_rsdt(void **state)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(2);

	(void)state;
	put_xsdt();
	fake_acpi_put_rsdt((u32[]){FAKE_MADT}, 1);
	rsdp.extended_checksum++;
	acpi_parse(&info, &rsdp, sizeof(rsdp), fake_acpi_map);
	assert_int_equal(info.cpu_count, 2);
	assert_int_equal(info.hpet, 0);
}

static void without_an_rsdp_there_is_nothing(void **state)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(2);

	(void)state;
	put_xsdt();
	fake_acpi_put_rsdt((u32[]){FAKE_MADT}, 1);
	acpi_parse(&info, NULL, 0, fake_acpi_map);
	assert_nothing();
	acpi_parse(&info, &rsdp, ACPI_RSDP_V1_SIZE - 1, fake_acpi_map);
	assert_nothing();
	rsdp.checksum++;
	acpi_parse(&info, &rsdp, sizeof(rsdp), fake_acpi_map);
	assert_nothing();
	rsdp = fake_acpi_rsdp(2);
	rsdp.signature[7] = 0;
	fake_acpi_sum_rsdp(&rsdp);
	acpi_parse(&info, &rsdp, sizeof(rsdp), fake_acpi_map);
	assert_nothing();
}

static void an_rsdp_that_leads_nowhere_is_told(void **state)
{
	(void)state;
	parse(2);
	assert_nothing();
	assert_string_equal(fake_log_last, "RSDP: leads to no table: continuing without ACPI");
}

static void entries_that_lead_nowhere_are_skipped(void **state)
{
	(void)state;
	fake_acpi_put_xsdt((u64[]){0, 0x10, ~0UL, BIT(52), 1, FAKE_MADT, FAKE_FADT, FAKE_HPET}, 8);
	parse(2);
	assert_complete();
	assert_int_equal(fake_log_warnings, 4); /* a null entry is no reason to complain */
}

static void bad_tables_are_skipped_one_by_one(void **state)
{
	struct acpi_header *madt = (void *)fake_acpi_at(FAKE_MADT);
	const u32 good = madt->length;
	const u32 bad[] = {0, 1, 35, 43, (u32)ACPI_MAX_TABLE + 1, 0x7fffffff, ~0U, good + 1};

	(void)state;
	put_xsdt();
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		madt->length = MIN(bad[i], good);
		fake_acpi_sum(FAKE_MADT);
		madt->length = bad[i];
		fake_log_reset();
		parse(2);
		assert_int_equal(info.cpu_count, 1);
		assert_int_equal(info.pm_timer.address, 0xb008);
		assert_true(info.present);
		assert_int_equal(fake_log_warnings, 1);
		if (bad[i] < sizeof(*madt) || bad[i] > ACPI_MAX_TABLE)
			assert_non_null(strstr(fake_log_last, "impossible length"));
	}
	madt->length = good;
	madt->checksum++;
	parse(2);
	assert_int_equal(info.cpu_count, 1);
	assert_string_equal(fake_log_last, "APIC: bad checksum: table ignored");
}

static void the_first_of_two_tables_counts(void **state)
{
	struct acpi_hpet hpet = {.base_address.address = 0xfed80000};

	(void)state;
	fake_acpi_put_table(0x8000000, "HPET", 1, &hpet, sizeof(hpet));
	fake_acpi_put_xsdt((u64[]){FAKE_HPET, 0x8000000}, 2);
	parse(2);
	assert_int_equal(info.hpet, 0xfed00000);
}

static void s5_may_be_in_an_ssdt(void **state)
{
	(void)state;
	memcpy(fake_acpi_at(FAKE_DSDT + sizeof(struct acpi_header)), "\x08_S4_", 5);
	fake_acpi_sum(FAKE_DSDT);
	put_xsdt();
	parse(2);
	assert_true(info.s5_known);
	assert_int_equal(info.s5_type_a, 6);
}

static void a_dsdt_that_leads_nowhere_is_told(void **state)
{
	struct acpi_fadt *fadt = (void *)fake_acpi_at(FAKE_FADT);

	(void)state;
	fadt->dsdt = 0x9000000;
	fake_acpi_sum(FAKE_FADT);
	fake_acpi_put_xsdt((u64[]){FAKE_FADT}, 1);
	parse(2);
	assert_false(info.s5_known);
	assert_int_equal(info.pm1a_control.address, 0xb004);
	assert_string_equal(fake_log_last, "DSDT: no memory at 0x9000000: table ignored");
	fadt->dsdt = FAKE_MADT;
	fake_acpi_sum(FAKE_FADT);
	parse(2);
	assert_false(info.s5_known);
	assert_string_equal(fake_log_last, "DSDT: \"APIC\" found at 0x7fe2000: table ignored");
}

static void the_other_dsdt_is_tried(void **state)
{
	struct acpi_fadt fadt = {.dsdt = FAKE_DSDT, .x_dsdt = 0x9000000};

	(void)state;
	fake_acpi_put_table(0x8000000, "FACP", 4, &fadt, sizeof(fadt));
	fake_acpi_put_xsdt((u64[]){0x8000000}, 1);
	parse(2);
	assert_true(info.s5_known);
}

static void too_many_tables_end_somewhere(void **state)
{
	u64 *tables = calloc(ACPI_MAX_TABLES + 9, sizeof(*tables));

	(void)state;
	tables[ACPI_MAX_TABLES - 1] = FAKE_MADT;
	tables[ACPI_MAX_TABLES] = FAKE_HPET;
	fake_acpi_put_xsdt(tables, ACPI_MAX_TABLES + 9);
	free(tables);
	parse(2);
	assert_int_equal(info.cpu_count, 2);
	assert_int_equal(info.hpet, 0);
	assert_int_equal(fake_log_warnings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_all_through_the_xsdt, setup),
		cmocka_unit_test_setup(reads_all_through_the_rsdt, setup),
		cmocka_unit_test_setup(revision_0_has_no_xsdt, setup),
		cmocka_unit_test_setup(a_bad_or_empty_xsdt_gives_way_to_the_rsdt, setup),
		cmocka_unit_test_setup(a_bad_second_checksum_leaves_the_rsdt, setup),
		cmocka_unit_test_setup(without_an_rsdp_there_is_nothing, setup),
		cmocka_unit_test_setup(an_rsdp_that_leads_nowhere_is_told, setup),
		cmocka_unit_test_setup(entries_that_lead_nowhere_are_skipped, setup),
		cmocka_unit_test_setup(bad_tables_are_skipped_one_by_one, setup),
		cmocka_unit_test_setup(the_first_of_two_tables_counts, setup),
		cmocka_unit_test_setup(s5_may_be_in_an_ssdt, setup),
		cmocka_unit_test_setup(a_dsdt_that_leads_nowhere_is_told, setup),
		cmocka_unit_test_setup(the_other_dsdt_is_tried, setup),
		cmocka_unit_test_setup(too_many_tables_end_somewhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
