/* SPDX-License-Identifier: MIT */
/*
 * Where acpi_init() looks for the RSDP, and what it maps.
 */
#include "kernel/acpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/kernel/fake_acpi.h"
#include "tests/unit/kernel/fake_log.h"

#define EBDA	  0x9fc00UL
#define BIOS_AREA 0xe0000UL

static struct boot_info boot;
static hpa_t mapped[8];
static unsigned mapped_count;
static u8 registers[8];

static void *map_device(hpa_t address, u64 length)
{
	assert_true(mapped_count < ARRAY_SIZE(mapped));
	assert_true(length == 1 || length == 2 || length == 4 || length == 1024);
	mapped[mapped_count] = address;
	return &registers[mapped_count++];
}

/* A BIOS area of zeros, an EBDA, and tables with an RSDT, but no RSDP. */
static int setup(void **state)
{
	static const u8 zeros[KIB(128)];
	const u8 pointer[] = {(EBDA >> 4) & 0xff, EBDA >> 12};

	(void)state;
	memset(&boot, 0, sizeof(boot));
	mapped_count = 0;
	fake_acpi_reset();
	fake_log_reset();
	fake_acpi_put_computer();
	fake_acpi_put_rsdt((u32[]){FAKE_MADT, FAKE_FADT, FAKE_HPET}, 3);
	fake_acpi_put(0x40e, pointer, sizeof(pointer));
	fake_acpi_put(EBDA, zeros, KIB(1));
	fake_acpi_put(BIOS_AREA, zeros, sizeof(zeros));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_acpi_reset();
	return 0;
}

static void put_rsdp(hpa_t address)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(0);

	memcpy(fake_acpi_at(address), &rsdp, ACPI_RSDP_V1_SIZE);
}

static void init(void)
{
	acpi_init(&boot, fake_acpi_map, map_device);
}

static void takes_the_loaders_rsdp(void **state)
{
	struct acpi_rsdp rsdp = fake_acpi_rsdp(0);

	(void)state;
	memcpy(boot.rsdp, &rsdp, sizeof(rsdp));
	boot.rsdp_length = ACPI_RSDP_V1_SIZE;
	init();
	assert_true(acpi.present);
	assert_int_equal(acpi.cpu_count, 2);
	assert_int_equal(fake_log_warnings, 0);
}

static void looks_in_the_ebda(void **state)
{
	(void)state;
	put_rsdp(EBDA + 0x3f0 - 16);
	init();
	assert_true(acpi.present);
}

static void looks_in_the_bios_area(void **state)
{
	(void)state;
	put_rsdp(0xfffe0);
	init();
	assert_true(acpi.present);
}

static void passes_over_false_friends(void **state)
{
	(void)state;
	memcpy(fake_acpi_at(0xf0000), "RSD PTR ", 8); /* no checksum */
	put_rsdp(0xf0108);			      /* not aligned */
	memcpy(fake_acpi_at(0xffff0), "RSD PTR ", 8); /* does not fit */
	init();
	assert_false(acpi.present);
	put_rsdp(0xf5550);
	init();
	assert_true(acpi.present);
}

static void does_not_follow_a_bad_ebda_pointer(void **state)
{
	(void)state;
	memcpy(fake_acpi_at(0x40e), (const u8[]){0xff, 0xff}, 2);
	init();
	assert_false(acpi.present);
	fake_acpi_put(0x10000, fake_acpi_at(EBDA), KIB(1));
	put_rsdp(0x10000);
	memcpy(fake_acpi_at(0x40e), (const u8[]){0x00, 0x10}, 2);
	init();
	assert_false(acpi.present);
	put_rsdp(0xf5550);
	init();
	assert_true(acpi.present);
}

static void goes_on_when_the_loaders_rsdp_is_bad(void **state)
{
	(void)state;
	boot.rsdp_length = ACPI_RSDP_V1_SIZE;
	put_rsdp(0xf5550);
	init();
	assert_true(acpi.present);
}

static void looks_nowhere_under_uefi(void **state)
{
	(void)state;
	put_rsdp(0xf5550);
	boot.efi = true;
	init();
	assert_false(acpi.present);
	assert_int_equal(acpi.cpu_count, 1);
	assert_int_equal(fake_log_warnings, 1);
	assert_int_equal(mapped_count, 0);
}

static void maps_registers_in_memory_space(void **state)
{
	struct acpi_fadt fadt = {
		.flags = ACPI_FADT_RESET_REG_SUP,
		.reset_reg = {ACPI_GAS_MEMORY, 8, 0, 1, 0xfed80006},
		.pm1a_cnt_blk = 0xb004,
		.x_pm_tmr_blk = {ACPI_GAS_MEMORY, 32, 0, 3, 0xfed80808},
		.x_pm1b_cnt_blk = {ACPI_GAS_MEMORY, 16, 0, 2, ~1UL}, /* beyond any CPU's reach */
	};

	(void)state;
	fake_acpi_put_table(0x8000000, "FACP", 6, &fadt, sizeof(fadt));
	((u32 *)fake_acpi_at(FAKE_RSDT + sizeof(struct acpi_header)))[1] = 0x8000000;
	fake_acpi_sum(FAKE_RSDT);
	put_rsdp(0xf5550);
	init();
	assert_int_equal(mapped_count, 3);
	assert_int_equal(mapped[0], 0xfed80808);
	assert_ptr_equal(acpi.pm_timer.mapped, &registers[0]);
	assert_int_equal(mapped[1], 0xfed80006);
	assert_ptr_equal(acpi.reset.mapped, &registers[1]);
	assert_int_equal(mapped[2], 0xfed00000);
	assert_ptr_equal(acpi.hpet_mapped, &registers[2]);
	assert_true(acpi_register_usable(&acpi.pm1a_control));
	assert_false(acpi_register_usable(&acpi.pm1b_control));
}

static void registers_keep_their_width(void **state)
{
	u32 cell = 0x11223344;
	struct acpi_register reg = {ACPI_REG_MEMORY, 0xfed80000, 8, &cell};

	(void)state;
	assert_int_equal(acpi_register_read(&reg), 0x44);
	acpi_register_write(&reg, 0xaabbccdd);
	assert_int_equal(cell, 0x112233dd);
	reg.width = 16;
	assert_int_equal(acpi_register_read(&reg), 0x33dd);
	acpi_register_write(&reg, 0xaabbccdd);
	assert_int_equal(cell, 0x1122ccdd);
	reg.width = 32;
	assert_int_equal(acpi_register_read(&reg), 0x1122ccdd);
	acpi_register_write(&reg, 0xaabbccdd);
	assert_int_equal(cell, 0xaabbccdd);
	reg.mapped = NULL;
	acpi_register_write(&reg, 0);
	assert_int_equal(acpi_register_read(&reg), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_the_loaders_rsdp, setup),
		cmocka_unit_test_setup(looks_in_the_ebda, setup),
		cmocka_unit_test_setup(looks_in_the_bios_area, setup),
		cmocka_unit_test_setup(passes_over_false_friends, setup),
		cmocka_unit_test_setup(does_not_follow_a_bad_ebda_pointer, setup),
		cmocka_unit_test_setup(goes_on_when_the_loaders_rsdp_is_bad, setup),
		cmocka_unit_test_setup(looks_nowhere_under_uefi, setup),
		cmocka_unit_test_setup(maps_registers_in_memory_space, setup),
		cmocka_unit_test_setup(registers_keep_their_width, setup),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
