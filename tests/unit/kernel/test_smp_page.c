/* SPDX-License-Identifier: MIT */
/*
 * Where the AP trampoline goes, on memory maps as firmware gives them.
 */
#include "kernel/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct boot_info boot;

static int setup(void **state)
{
	(void)state;
	memset(&boot, 0, sizeof(boot));
	return 0;
}

static void range(hpa_t start, u64 length, enum boot_memory type)
{
	boot.ranges[boot.range_count++] = (struct boot_range){start, length, type};
}

static void module(hpa_t start, u64 length)
{
	boot.modules[boot.module_count].start = start;
	boot.modules[boot.module_count++].length = length;
}

static void a_bios_map_has_room_above_64k(void **state)
{
	(void)state;
	range(0, 0x9f000, BOOT_MEMORY_USABLE);
	range(0x9f000, 0x1000, BOOT_MEMORY_RESERVED);
	range(MIB(1), MIB(255), BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0x10000);
}

static void what_is_in_use_is_left_alone(void **state)
{
	(void)state;
	range(0, 0x9f000, BOOT_MEMORY_USABLE);
	boot.mbi_start = 0x10800;
	boot.mbi_length = 0x1000; /* two pages */
	module(0x12fff, 1);
	module(0x13000, 0x2001);
	assert_int_equal(smp_find_page(&boot), 0x16000);
}

static void a_reserved_range_wins_over_a_usable_one(void **state)
{
	(void)state;
	range(0, 0x9f000, BOOT_MEMORY_USABLE);
	range(0x10fff, 1, BOOT_MEMORY_RESERVED);
	range(0x11000, 0x10, BOOT_MEMORY_NVS);
	assert_int_equal(smp_find_page(&boot), 0x12000);
}

static void whole_pages_only(void **state)
{
	(void)state;
	range(0x20001, 0x1fff, BOOT_MEMORY_USABLE); /* 21000 is whole */
	assert_int_equal(smp_find_page(&boot), 0x21000);
	boot.range_count = 0;
	range(0x20001, 0x1ffe, BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0);
	boot.range_count = 0;
	range(0x20000, 0xfff, BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0);
}

static void below_64k_if_need_be_but_never_page_0(void **state)
{
	(void)state;
	range(0, 0x3000, BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0x1000);
	boot.range_count = 0;
	range(0, 0x1000, BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0);
}

static void the_last_page_below_video_memory_will_do(void **state)
{
	(void)state;
	range(0x9f000, MIB(1), BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0x9f000);
	boot.range_count = 0;
	range(0xa0000, MIB(1), BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0);
}

static void a_range_to_the_end_of_the_world_does_not_overflow(void **state)
{
	(void)state;
	range(0x30000, ~0UL - 0x30000, BOOT_MEMORY_USABLE);
	assert_int_equal(smp_find_page(&boot), 0x30000);
	range(0x40000, ~0UL, BOOT_MEMORY_RESERVED); /* wraps: firmware's nonsense */
	assert_int_equal(smp_find_page(&boot), 0x30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_bios_map_has_room_above_64k, setup),
		cmocka_unit_test_setup(what_is_in_use_is_left_alone, setup),
		cmocka_unit_test_setup(a_reserved_range_wins_over_a_usable_one, setup),
		cmocka_unit_test_setup(whole_pages_only, setup),
		cmocka_unit_test_setup(below_64k_if_need_be_but_never_page_0, setup),
		cmocka_unit_test_setup(the_last_page_below_video_memory_will_do, setup),
		cmocka_unit_test_setup(a_range_to_the_end_of_the_world_does_not_overflow, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
