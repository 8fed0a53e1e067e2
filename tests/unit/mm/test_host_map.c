/* SPDX-License-Identifier: MIT */
/*
 * The host's tables, read entry by entry as the processor would read them,
 * not by our own walker. The computer: a pool with the real layout of a PC.
 */
#include "mm/host_map.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/cpu.h"
#include "kernel/image.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/unit/kernel/fake_log.h"

#define WRITE	 BIT(1)
#define USER	 BIT(2)
#define CACHE	 (BIT(3) | BIT(4))
#define LEAF	 BIT(7)
#define NX	 BIT(63)
#define ADDRESS	 BITS(51, 12)

#define AT(phys) ((const u8 *)(KERNEL_BASE + (phys)))

/* 1 MiB: the boot part, which stays unmapped; then one page of hole below the stack. */
const struct image_part image_parts[IMAGE_PARTS] = {
	{"image text", AT(0x108000), AT(0x120000), IMAGE_EXECUTE},
	{"image rodata", AT(0x120000), AT(0x130000), IMAGE_READ},
	{"image data", AT(0x130000), AT(0x13f000), IMAGE_WRITE},
	{"boot stack", AT(0x140000), AT(0x144000), IMAGE_WRITE},
};
#define IMAGE_END 0x144000UL

struct cpu_features cpu_features;
static struct boot_info boot;
static u64 bytes_at_load; /* what the allocator had when the tables were switched */

static void note_load(u32 msr, u64 value)
{
	struct frame_stats stats;

	assert_int_equal(msr, 0x277);
	assert_int_equal(value, HOST_MAP_PAT);
	frame_get_stats(&stats);
	bytes_at_load = stats.total_bytes;
}

static void range(hpa_t start, hpa_t end, enum boot_memory type)
{
	boot.ranges[boot.range_count++] = (struct boot_range){start, end - start, type};
}

/* A PC with `end` bytes of memory, 1 GiB of the addresses below 4 GiB without. */
static void open_pc(hpa_t end)
{
	pool_open(0, end);
	memset(&boot, 0, sizeof(boot));
	if (end > GIB(4))
		range(GIB(4), end, BOOT_MEMORY_USABLE); /* unsorted, as may be */
	range(0, 0x9fc00, BOOT_MEMORY_USABLE);
	range(0x9fc00, 0xa0000, BOOT_MEMORY_RESERVED);
	range(0xf0000, 0x100000, BOOT_MEMORY_RESERVED);
	range(0x100000, MIN(end, GIB(3)), BOOT_MEMORY_USABLE);
	range(0x7000000, 0x7003000, BOOT_MEMORY_ACPI); /* inside of usable RAM */
	boot.modules[0] = (struct boot_module){.start = 0x400000, .length = 0x123456};
	boot.modules[1] = (struct boot_module){.start = 0x12000, .length = 5000};
	boot.module_count = 2;
	boot.mbi_start = 0x145008;
	boot.mbi_length = 0x9b0;
	cpu_features.physical_bits = 46;
	cpu_features.page_1g = true;
	bytes_at_load = 0;
	sim.cr3 = 0;
	sim.msr_write = note_load;
	fake_log_reset();
}

/* The entry that maps an address and its size, or 0. Checks what holds for each entry of the path. */
static u64 entry_of(u64 virt, u64 *size)
{
	hpa_t table = host_map_root();

	for (unsigned level = 4; level >= 1; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		u64 entry = ((const u64 *)phys_to_virt(table))[virt >> shift & 511];

		assert_true(table < GIB(4));
		assert_int_equal(entry & USER, 0);
		if (!(entry & 1))
			return 0;
		if (level == 1 || entry & LEAF) {
			*size = 1UL << shift;
			return entry;
		}
		table = entry & ADDRESS;
	}
	return 0;
}

static u64 flags_of(u64 virt)
{
	u64 size;

	return entry_of(virt, &size) & (WRITE | NX | CACHE | 1);
}

/* Count mapped bytes below a table, and complain about every W+X. */
static u64 mapped_bytes(hpa_t table, unsigned level)
{
	const u64 *entries = phys_to_virt(table);
	u64 sum = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (!(entries[i] & 1))
			continue;
		if (level > 1 && !(entries[i] & LEAF)) {
			sum += mapped_bytes(entries[i] & ADDRESS, level - 1);
			continue;
		}
		assert_true(!(entries[i] & WRITE) || entries[i] & NX);
		sum += 1UL << (12 + 9 * (level - 1));
	}
	return sum;
}

static void image_is_w_xor_x(void **state)
{
	(void)state;
	open_pc(GIB(1));
	assert_int_equal(host_map_init(&boot), 0);
	assert_int_equal(sim.cr3, host_map_root());
	for (u64 phys = 0x100000; phys < 0x148000; phys += PAGE_SIZE) {
		u64 size, want = 0, entry = entry_of(KERNEL_BASE + phys, &size);

		if (phys >= 0x108000 && phys < 0x120000)
			want = 1;
		else if (phys >= 0x120000 && phys < 0x130000)
			want = 1 | NX;
		else if (phys >= 0x130000 && phys < IMAGE_END && phys != 0x13f000)
			want = 1 | NX | WRITE;
		assert_int_equal(entry & (1 | NX | WRITE), want);
		if (want)
			assert_int_equal(entry & ADDRESS, phys);
	}
	pool_close();
}

static void direct_map_is_usable_ram(void **state)
{
	static const hpa_t present[] = {0, 0x12000, 0x9e000, IMAGE_END, 0x400000, 0x6fff000,
					0x7003000, GIB(3) - PAGE_SIZE, GIB(4), GIB(6) - PAGE_SIZE};
	static const hpa_t absent[] = {0x9f000, 0xa0000, 0xff000, 0x100000, 0x143000, 0x7000000,
				       0x7002000, GIB(3), GIB(4) - PAGE_SIZE, GIB(6)};
	u64 image = IMAGE_END - 0x108000 - PAGE_SIZE;
	u64 ram = 0x9f000 + (GIB(3) - IMAGE_END) - 0x3000 + GIB(2);
	u64 size;

	(void)state;
	open_pc(GIB(6));
	assert_int_equal(host_map_init(&boot), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(present); i++) {
		u64 entry = entry_of(DIRECT_BASE + present[i], &size);

		assert_int_equal(entry & (1 | WRITE | NX | CACHE), 1 | WRITE | NX);
		assert_int_equal((entry & ADDRESS) + (present[i] & (size - 1)), present[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++)
		assert_int_equal(flags_of(DIRECT_BASE + absent[i]), 0);
	/* and nothing else at all is mapped */
	assert_int_equal(mapped_bytes(host_map_root(), 4), image + ram);
	entry_of(DIRECT_BASE + GIB(1), &size);
	assert_int_equal(size, SIZE_1G);
	pool_close();
}

static void frames_are_what_is_not_in_use(void **state)
{
	u64 below = GIB(3) - 0x100000 - (IMAGE_END - 0x100000) - 0x3000 /* ACPI */ -
		    0x124000 /* module */ - 0x1000 /* loader's block */;
	struct frame_stats stats;
	hpa_t frame;

	(void)state;
	open_pc(GIB(6));
	assert_int_equal(host_map_init(&boot), 0);
	frame_get_stats(&stats);
	/* A few frames beside the holes may not be worth a node. */
	assert_in_range(bytes_at_load, below - 16 * PAGE_SIZE, below);
	assert_in_range(stats.total_bytes, bytes_at_load + GIB(2), bytes_at_load + GIB(2));
	assert_int_equal(frame_owner_of(0x12000), -ERR_NOENT);
	assert_int_equal(frame_owner_of(0x5000), -ERR_NOENT);
	assert_int_equal(frame_owner_of(0x145000), -ERR_NOENT);
	assert_int_equal(frame_owner_of(0x100000), -ERR_NOENT);
	assert_int_equal(frame_owner_of(0x523000), -ERR_NOENT);
	assert_true(frame_owner_of(0x524000) >= 0);
	assert_int_equal(frame_owner_of(0x7000000), -ERR_NOENT);
	assert_int_equal(frame_owner_of(host_map_root()), FRAME_HOST_TABLES);
	frame = frame_alloc(FRAME_ORDER_1G, FRAME_TEST);
	assert_true(frame != FRAME_NONE);
	frame_free(frame, FRAME_ORDER_1G, FRAME_TEST);
	pool_close();
}

/* One entry a GiB: a page of table for each 512 GiB. */
static void cost_does_not_grow_with_ram(void **state)
{
	struct frame_stats small, large;

	(void)state;
	open_pc(GIB(6));
	assert_int_equal(host_map_init(&boot), 0);
	frame_get_stats(&small);
	pool_close();
	open_pc(GIB(1030));
	assert_int_equal(host_map_init(&boot), 0);
	frame_get_stats(&large);
	pool_close();
	assert_int_equal(large.total_bytes - small.total_bytes, GIB(1024));
	assert_in_range(large.bytes[FRAME_HOST_TABLES] - small.bytes[FRAME_HOST_TABLES], 0,
			2 * PAGE_SIZE);
}

static void without_1g_pages(void **state)
{
	u64 size;

	(void)state;
	open_pc(GIB(6));
	cpu_features.page_1g = false;
	assert_int_equal(host_map_init(&boot), 0);
	assert_true(entry_of(DIRECT_BASE + GIB(1), &size));
	assert_int_equal(size, SIZE_2M);
	pool_close();
}

static void ram_beyond_the_cpu_is_ignored(void **state)
{
	(void)state;
	open_pc(GIB(6));
	cpu_features.physical_bits = 32;
	assert_int_equal(host_map_init(&boot), 0);
	assert_int_equal(flags_of(DIRECT_BASE + GIB(4)), 0);
	assert_int_equal(frame_owner_of(GIB(4)), -ERR_NOENT);
	pool_close();
}

static void too_little_memory(void **state)
{
	(void)state;
	open_pc(MIB(64));
	boot.range_count = 0;
	assert_int_equal(host_map_init(&boot), -ERR_NOMEM);
	range(0x100000, 0x150000, BOOT_MEMORY_USABLE);
	assert_int_equal(host_map_init(&boot), -ERR_NOMEM);
	assert_int_equal(sim.cr3, 0);
	pool_close();
}

static void lost_ranges_are_told(void **state)
{
	(void)state;
	open_pc(GIB(1));
	boot.ranges_dropped = 3;
	assert_int_equal(host_map_init(&boot), 0);
	assert_int_equal(fake_log_warnings, 1);
	assert_non_null(strstr(fake_log_last, "3"));
	pool_close();
}

static void devices(void **state)
{
	u64 apic, table, screen, size, entry;

	(void)state;
	open_pc(GIB(1));
	assert_int_equal(host_map_init(&boot), 0);

	apic = (u64)host_map_device(0xfee00020, 4, HOST_UNCACHED);
	assert_int_equal(apic & (PAGE_SIZE - 1), 0x20);
	entry = entry_of(apic, &size);
	assert_int_equal(entry & (WRITE | NX | CACHE), WRITE | NX | CACHE);
	assert_int_equal(entry & ADDRESS, 0xfee00000);
	assert_int_equal(flags_of(apic + PAGE_SIZE), 0);

	table = (u64)host_map_device(0xf5ff0, 0x20, HOST_CACHED); /* over the edge of a page */
	assert_int_equal(flags_of(table), 1 | NX);
	assert_int_equal(flags_of(table + 0x1f), 1 | NX);
	assert_int_equal(flags_of(ALIGN_DOWN(table, PAGE_SIZE) - 1), 0);

	screen = (u64)host_map_device(0xfd003000, MIB(8), HOST_WRITE_COMBINING);
	entry = entry_of(screen + MIB(4), &size);
	assert_int_equal(size, SIZE_2M);
	assert_int_equal(entry & (WRITE | NX | CACHE), WRITE | NX | BIT(3));
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
	open_pc(GIB(1));
	assert_int_equal(host_map_init(&boot), 0);
	first = (u64)host_map_stack();
	second = (u64)host_map_stack();
	assert_int_equal(second - first, STACK_SIZE + PAGE_SIZE);
	for (u64 top = first; top <= second; top += second - first) {
		for (u64 page = top - STACK_SIZE; page < top; page += PAGE_SIZE)
			assert_int_equal(flags_of(page), 1 | WRITE | NX);
		assert_int_equal(flags_of(top - STACK_SIZE - 1), 0);
		assert_int_equal(flags_of(top), 0);
		assert_string_equal(host_map_name(top - 1), "stack");
		assert_string_equal(host_map_name(top - STACK_SIZE - 1), "stack guard page");
	}
	pool_close();
}

static void out_of_memory_later(void **state)
{
	hpa_t frame;

	(void)state;
	open_pc(MIB(8));
	assert_int_equal(host_map_init(&boot), 0);
	while ((frame = frame_alloc(FRAME_ORDER_4K, FRAME_TEST)) != FRAME_NONE)
		;
	assert_null(host_map_stack());
	assert_null(host_map_device(0xfee00000, 4, HOST_UNCACHED));
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
		cmocka_unit_test(image_is_w_xor_x),
		cmocka_unit_test(direct_map_is_usable_ram),
		cmocka_unit_test(frames_are_what_is_not_in_use),
		cmocka_unit_test(cost_does_not_grow_with_ram),
		cmocka_unit_test(without_1g_pages),
		cmocka_unit_test(ram_beyond_the_cpu_is_ignored),
		cmocka_unit_test(too_little_memory),
		cmocka_unit_test(lost_ranges_are_told),
		cmocka_unit_test(devices),
		cmocka_unit_test(stacks_have_guard_pages),
		cmocka_unit_test(out_of_memory_later),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
