/* SPDX-License-Identifier: MIT */
/* What is mapped after host_map_init(): devices and stacks; and the names of addresses. */
#include "mm/host_map.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/unit/mm/fake_pc.h"

static void devices(void **state)
{
	u64 apic, table, screen, size, entry;

	(void)state;
	fake_pc_open(GIB(1));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);

	apic = (u64)host_map_device(0xfee00020, 4, HOST_UNCACHED);
	assert_int_equal(apic & (PAGE_SIZE - 1), 0x20);
	entry = fake_pc_entry(apic, &size);
	assert_int_equal(entry & (PAGE_WRITE | PAGE_NX | PAGE_CACHE),
			 PAGE_WRITE | PAGE_NX | PAGE_CACHE);
	assert_int_equal(entry & PAGE_ADDRESS, 0xfee00000);
	assert_int_equal(fake_pc_flags(apic + PAGE_SIZE), 0);

	table = (u64)host_map_device(0xf5ff0, 0x20, HOST_CACHED); /* over the edge of a page */
	assert_int_equal(fake_pc_flags(table), 1 | PAGE_NX);
	assert_int_equal(fake_pc_flags(table + 0x1f), 1 | PAGE_NX);
	assert_int_equal(fake_pc_flags(ALIGN_DOWN(table, PAGE_SIZE) - 1), 0);

	screen = (u64)host_map_device(0xfd003000, MIB(8), HOST_WRITE_COMBINING);
	entry = fake_pc_entry(screen + MIB(4), &size);
	assert_int_equal(size, SIZE_2M);
	assert_int_equal(entry & (PAGE_WRITE | PAGE_NX | PAGE_CACHE),
			 PAGE_WRITE | PAGE_NX | BIT(3));
	assert_int_equal(HOST_MAP_PAT >> 8 & 0xff, 1); /* what that entry of the PAT means */
	assert_int_equal(HOST_MAP_PAT >> 24 & 0xff, 0);
	assert_int_equal(HOST_MAP_PAT & 0xff, 6);

	assert_null(host_map_device(0x1000, 0, HOST_CACHED));
	assert_null(host_map_device(1UL << 46, 1, HOST_CACHED));
	assert_null(host_map_device((1UL << 46) - 1, 2, HOST_CACHED));
	assert_null(host_map_device(~0xfffUL, 0x2000, HOST_CACHED));
	assert_non_null(host_map_device((1UL << 46) - 1, 1, HOST_CACHED));
	assert_string_equal(host_map_name(apic), "device");
	pool_close();
}

static void stacks_have_guard_pages(void **state)
{
	u64 first, second;

	(void)state;
	fake_pc_open(GIB(1));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	first = (u64)host_map_stack();
	second = (u64)host_map_stack();
	assert_int_equal(second - first, STACK_SIZE + PAGE_SIZE);
	for (u64 top = first; top <= second; top += second - first) {
		for (u64 page = top - STACK_SIZE; page < top; page += PAGE_SIZE)
			assert_int_equal(fake_pc_flags(page), 1 | PAGE_WRITE | PAGE_NX);
		assert_int_equal(fake_pc_flags(top - STACK_SIZE - 1), 0);
		assert_int_equal(fake_pc_flags(top), 0);
		assert_string_equal(host_map_name(top - 1), "stack");
		assert_string_equal(host_map_name(top - STACK_SIZE - 1), "stack guard page");
	}
	pool_close();
}

static void out_of_memory_later(void **state)
{
	hpa_t block, frame;

	(void)state;
	fake_pc_open(MIB(8));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	block = frame_alloc(2, FRAME_TEST);
	while ((frame = frame_alloc(FRAME_ORDER_4K, FRAME_TEST)) != FRAME_NONE)
		;
	assert_null(host_map_stack());
	assert_null(host_map_device(0xfee00000, 4, HOST_UNCACHED));
	/* enough for the stack, but not for the tables that map it */
	frame_free(block, 2, FRAME_TEST);
	assert_null(host_map_stack());
	assert_int_equal(frame_alloc(2, FRAME_STACK), block);
	pool_close();
}

static void names(void **state)
{
	static const struct {
		u64 address;
		const char *name;
	} cases[] = {
		{0, "null pointer"},
		{0x100000, "not mapped"},
		{DIRECT_BASE + 0x1234, "direct map"},
		{KERNEL_BASE + 0x100000, "not mapped"},
		{KERNEL_BASE + 0x108000, "image text"},
		{KERNEL_BASE + 0x12ffff, "image rodata"},
		{KERNEL_BASE + 0x130000, "image data"},
		{KERNEL_BASE + 0x13ffff, "stack guard page"},
		{KERNEL_BASE + 0x143fff, "boot stack"},
		{KERNEL_BASE + 0x144000, "not mapped"},
		{1UL << 63, "no canonical address"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(host_map_name(cases[i].address), cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(stacks_have_guard_pages),
		cmocka_unit_test(out_of_memory_later),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
