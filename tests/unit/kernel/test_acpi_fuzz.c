/* SPDX-License-Identifier: MIT */
/*
 * Good tables with random bytes changed, their checksums mostly right: the
 * parser must stay within the tables (ASan looks) and keep its promises.
 */
#include "kernel/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/kernel/fake_acpi.h"
#include "tests/unit/kernel/fake_log.h"

#define ROUNDS 20000

static const hpa_t tables[] = {
	FAKE_XSDT, FAKE_RSDT, FAKE_MADT, FAKE_FADT, FAKE_DSDT, FAKE_SSDT, FAKE_HPET,
};
static u64 state = 20240229;

/* Numbers that are the same everywhere: Knuth's MMIX generator. */
static u32 draw(u32 below)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(state >> 33) % below;
}

static void put_aml(hpa_t address, const char *signature)
{
	struct {
		struct acpi_header header;
		u8 aml[40];
	} __packed table = {.aml = {0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x02, 0x0a, 5, 0x0a, 5,
				    0x08, 0x5c, '_', 'S', '5', '_', 0x12, 0x0a, 0x04, 0x0b, 5, 0,
				    0x0c, 1, 0, 0, 0}};

	fake_acpi_put_table(address, signature, 2, &table, sizeof(table));
}

static void put_madt(void)
{
	u8 table[sizeof(struct acpi_madt) + 240] = {0}, *at = table + sizeof(struct acpi_madt);

	for (unsigned i = 0; i < 10; i++, at += 24) {
		memcpy(at, (const u8[]){0, 8, 0, i, 1, 0, 0, 0}, 8);
		memcpy(at + 8, (const u8[]){9, 16, 0, 0, i, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 16);
	}
	fake_acpi_put_table(FAKE_MADT, "APIC", 3, table, sizeof(table));
}

static void put_all(void)
{
	struct acpi_fadt fadt = {
		.dsdt = FAKE_DSDT,
		.pm1a_cnt_blk = 0xb004,
		.pm_tmr_blk = 0xb008,
		.flags = ACPI_FADT_RESET_REG_SUP,
		.reset_reg = {ACPI_GAS_IO, 8, 0, 1, 0xcf9},
		.x_dsdt = FAKE_DSDT,
		.x_pm1a_cnt_blk = {ACPI_GAS_IO, 16, 0, 2, 0x1804},
	};
	struct acpi_hpet hpet = {.base_address.address = 0xfed00000};

	fake_acpi_reset();
	put_madt();
	fake_acpi_put_table(FAKE_FADT, "FACP", 6, &fadt, sizeof(fadt));
	fake_acpi_put_table(FAKE_HPET, "HPET", 1, &hpet, sizeof(hpet));
	put_aml(FAKE_DSDT, "DSDT");
	put_aml(FAKE_SSDT, "SSDT");
	fake_acpi_put_xsdt((u64[]){FAKE_FADT, FAKE_MADT, FAKE_SSDT, FAKE_HPET}, 4);
	fake_acpi_put_rsdt((u32[]){FAKE_FADT, FAKE_MADT, FAKE_SSDT, FAKE_HPET}, 4);
}

static u32 lengths[ARRAY_SIZE(tables)]; /* of the good tables */

/* Change a byte somewhere, more often in the header; mostly make the sum right again. */
static void spoil(void)
{
	unsigned table = draw(ARRAY_SIZE(tables));
	struct acpi_header *header = (void *)fake_acpi_at(tables[table]);
	u8 *byte = (u8 *)header + draw(draw(3) ? lengths[table] : sizeof(*header));

	switch (draw(3)) {
	case 0:
		*byte = draw(256);
		break;
	case 1:
		*byte ^= 1 << draw(8);
		break;
	case 2:
		*byte += draw(5) - 2;
		break;
	}
	if (header->length <= lengths[table] && draw(8))
		fake_acpi_sum(tables[table]);
}

static void assert_register(const struct acpi_register *reg)
{
	assert_in_range(reg->space, ACPI_REG_NONE, ACPI_REG_MEMORY);
	if (reg->space != ACPI_REG_NONE) {
		assert_int_not_equal(reg->address, 0);
		assert_true(reg->width == 8 || reg->width == 16 || reg->width == 32);
	}
	if (reg->space == ACPI_REG_IO)
		assert_in_range(reg->address, 1, 0xffff);
}

static void assert_promises(const struct acpi_info *info)
{
	assert_in_range(info->cpu_count, 1, ACPI_MAX_CPUS);
	for (unsigned i = 0; i < info->cpu_count; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(info->cpu_apic_ids[i], info->cpu_apic_ids[j]);
	}
	if (info->s5_known) {
		assert_in_range(info->s5_type_a, 0, 7);
		assert_in_range(info->s5_type_b, 0, 7);
	}
	assert_register(&info->pm1a_control);
	assert_register(&info->pm1b_control);
	assert_register(&info->pm_timer);
	assert_register(&info->reset);
	assert_register(&info->sleep_control);
	assert_int_equal(info->reset_supported, info->reset.space != ACPI_REG_NONE);
}

static void mutated_tables_do_no_harm(void **unused)
{
	unsigned complete = 0, partial = 0;

	(void)unused;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct acpi_rsdp rsdp = fake_acpi_rsdp(2);
		struct acpi_info info;

		put_all();
		for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
			lengths[i] = ((struct acpi_header *)fake_acpi_at(tables[i]))->length;
		for (unsigned i = 1 + draw(4); i > 0; i--)
			spoil();
		acpi_parse(&info, &rsdp, sizeof(rsdp), fake_acpi_map);
		assert_promises(&info);
		if (info.present && info.cpu_count == 20 && info.hpet && info.s5_known)
			complete++;
		else
			partial++;
	}
	fake_acpi_reset();
	/* The changes reached both what matters and what does not. */
	assert_true(complete > ROUNDS / 10);
	assert_true(partial > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutated_tables_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
