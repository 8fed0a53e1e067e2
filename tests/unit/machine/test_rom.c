/* SPDX-License-Identifier: MIT */
/* A firmware's ROM: where the guest sees it, that it is read-only, that it comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/rom.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/panic.h"
#include "tests/sim/pool.h"
#include "tests/sim/vmx.h"
#include "vmx/caps.h"
#include "vmx/vmx.h"

#define ALL_CAPS (EPTCAP_WALK_4 | EPTCAP_WB | EPTCAP_2M | EPTCAP_INVEPT | EPTCAP_INVEPT_SINGLE)
#define SIZE	 0x30000UL
#define START	 (GIB(4) - SIZE)

struct vmx_host vmx_host;

static struct ept ept;
static struct rom rom;
static u8 data[SIZE];

static u64 used(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[FRAME_GUEST];
}

static int setup(void **state)
{
	(void)state;
	sim_vmx_reset();
	vmx_host.caps.ept_vpid = ALL_CAPS;
	pool_open(GIB(1), MIB(4));
	assert_int_equal(frame_add_range(GIB(1), MIB(4)), 0);
	assert_int_equal(ept_create(&ept, ALL_CAPS), 0);
	for (unsigned i = 0; i < SIZE; i++)
		data[i] = (u8)(i * 3 + i / 256);
	rom = (struct rom){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ept_destroy(&ept);
	rom_destroy(&rom);
	assert_int_equal(used(), 0);
	pool_close();
	return 0;
}

static u64 flags_at(gpa_t gpa)
{
	struct table_walk walk;

	ept_walk(&ept, gpa, &walk);
	return walk.leaf_size ? walk.flags : 0;
}

static void test_shown_below_4g(void **state)
{
	(void)state;
	assert_int_equal(rom_create(&rom, &ept, data, SIZE), 0);
	for (u64 at = 0; at < SIZE; at += PAGE_SIZE) {
		assert_int_equal(flags_at(START + at) & EPT_RWX, EPT_READ | EPT_EXECUTE);
		assert_memory_equal(rom_pointer(&rom, START + at), data + at, PAGE_SIZE);
	}
	assert_int_equal(flags_at(START - 1), 0);
	assert_int_equal(flags_at(GIB(4)), 0);
	assert_null(rom_pointer(&rom, START - 1));
	assert_null(rom_pointer(&rom, GIB(4)));
}

static void test_none(void **state)
{
	(void)state;
	assert_null(rom_pointer(&rom, 0));
	assert_null(rom_pointer(&rom, GIB(4) - 16));
}

static void test_opened_page(void **state)
{
	(void)state;
	assert_int_equal(rom_create(&rom, &ept, data, SIZE), 0);
	rom_open(&rom, &ept, START + 0x5123);
	assert_int_equal(flags_at(START + 0x5000) & EPT_RWX, EPT_RWX);
	assert_int_equal(flags_at(START + 0x4000) & EPT_RWX, EPT_READ | EPT_EXECUTE);
	assert_int_equal(flags_at(START + 0x6000) & EPT_RWX, EPT_READ | EPT_EXECUTE);
	SIM_PANICS(rom_open(&rom, &ept, START - 1));
}

/* 2M pages would do, but then 2M would be opened. */
static void test_opened_page_of_a_large_rom(void **state)
{
	static u8 large[MIB(2)];
	gpa_t start = GIB(4) - sizeof(large);

	(void)state;
	assert_int_equal(rom_create(&rom, &ept, large, sizeof(large)), 0);
	rom_open(&rom, &ept, start + 0x5123);
	assert_int_equal(flags_at(start + 0x5000) & EPT_RWX, EPT_RWX);
	assert_int_equal(flags_at(start + 0x4000) & EPT_RWX, EPT_READ | EPT_EXECUTE);
	assert_int_equal(flags_at(GIB(4) - 1) & EPT_RWX, EPT_READ | EPT_EXECUTE);
}

/* The ROM fits, but no table any more. */
static void test_out_of_memory_for_tables(void **state)
{
	u64 *frames = NULL, *frame;

	(void)state;
	while ((frame = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VM)) != NULL) {
		*frame = (u64)frames;
		frames = frame;
	}
	for (unsigned n = 0; n < 3; n++) {
		frame = frames;
		frames = (u64 *)*frame;
		frame_free(virt_to_phys(frame), FRAME_ORDER_4K, FRAME_VM);
	}
	/* A page and two of the three tables that lead to it. */
	assert_int_equal(rom_create(&rom, &ept, data, PAGE_SIZE), -ERR_NOMEM);
	assert_int_equal(flags_at(GIB(4) - 1), 0);
	assert_int_equal(used(), 0);
	while (frames) {
		frame = frames;
		frames = (u64 *)*frame;
		frame_free(virt_to_phys(frame), FRAME_ORDER_4K, FRAME_VM);
	}
}

static void test_out_of_memory(void **state)
{
	static u8 large[MIB(8)];

	(void)state;
	assert_int_equal(rom_create(&rom, &ept, large, sizeof(large)), -ERR_NOMEM);
	assert_int_equal(rom.length, 0);
	assert_int_equal(used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shown_below_4g, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opened_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opened_page_of_a_large_rom, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory_for_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
