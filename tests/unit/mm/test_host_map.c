/* SPDX-License-Identifier: MIT */
/* What host_map_init() maps, and what it gives to the frame allocator. */
#include "mm/host_map.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/cpu.h"
#include "lib/error.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/unit/kernel/fake_log.h"
#include "tests/unit/mm/fake_pc.h"

/* Count mapped bytes below a table, and complain about every W+X. */
static u64 mapped_bytes(hpa_t table, unsigned level)
{
	const u64 *entries = phys_to_virt(table);
	u64 sum = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (!(entries[i] & 1))
			continue;
		if (level > 1 && !(entries[i] & PAGE_LEAF)) {
			sum += mapped_bytes(entries[i] & PAGE_ADDRESS, level - 1);
			continue;
		}
		assert_true(!(entries[i] & PAGE_WRITE) || entries[i] & PAGE_NX);
		sum += 1UL << (12 + 9 * (level - 1));
	}
	return sum;
}

static void image_is_w_xor_x(void **state)
{
	(void)state;
	fake_pc_open(GIB(1));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	assert_int_equal(sim.cr3, host_map_root());
	for (u64 phys = 0x100000; phys < 0x148000; phys += PAGE_SIZE) {
		u64 size, want = 0, entry = fake_pc_entry(KERNEL_BASE + phys, &size);

		if (phys >= 0x108000 && phys < 0x120000)
			want = 1;
		else if (phys >= 0x120000 && phys < 0x130000)
			want = 1 | PAGE_NX;
		else if (phys >= 0x130000 && phys < FAKE_PC_IMAGE_END && phys != 0x13f000)
			want = 1 | PAGE_NX | PAGE_WRITE;
		assert_int_equal(entry & (1 | PAGE_NX | PAGE_WRITE), want);
		if (want)
			assert_int_equal(entry & PAGE_ADDRESS, phys);
	}
	pool_close();
}

static void direct_map_is_usable_ram(void **state)
{
	static const hpa_t present[] = {0,	  0x12000,	     0x9e000,	FAKE_PC_IMAGE_END,
					0x400000, 0x6fff000,	     0x7003000, GIB(3) - PAGE_SIZE,
					GIB(4),	  GIB(6) - PAGE_SIZE};
	static const hpa_t absent[] = {0x9f000,	  0xa0000,   0xff000, 0x100000,		  0x143000,
				       0x7000000, 0x7002000, GIB(3),  GIB(4) - PAGE_SIZE, GIB(6)};
	u64 image = FAKE_PC_IMAGE_END - 0x108000 - PAGE_SIZE;
	u64 ram = 0x9f000 + (GIB(3) - FAKE_PC_IMAGE_END) - 0x3000 + GIB(2);
	u64 size;

	(void)state;
	fake_pc_open(GIB(6));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(present); i++) {
		u64 entry = fake_pc_entry(DIRECT_BASE + present[i], &size);

		assert_int_equal(entry & (1 | PAGE_WRITE | PAGE_NX | PAGE_CACHE),
				 1 | PAGE_WRITE | PAGE_NX);
		assert_int_equal((entry & PAGE_ADDRESS) + (present[i] & (size - 1)), present[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++)
		assert_int_equal(fake_pc_flags(DIRECT_BASE + absent[i]), 0);
	/* and nothing else at all is mapped */
	assert_int_equal(mapped_bytes(host_map_root(), 4), image + ram);
	fake_pc_entry(DIRECT_BASE + GIB(1), &size);
	assert_int_equal(size, SIZE_1G);
	pool_close();
}

static void frames_are_what_is_not_in_use(void **state)
{
	u64 below = GIB(3) - 0x100000 - (FAKE_PC_IMAGE_END - 0x100000) - 0x3000 /* ACPI */ -
		    0x124000 /* module */ - 0x1000 /* loader's block */;
	struct frame_stats stats;
	hpa_t frame;

	(void)state;
	fake_pc_open(GIB(6));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	frame_get_stats(&stats);
	/* A few frames beside the holes may not be worth a node. */
	assert_in_range(fake_pc_bytes_at_load, below - 16 * PAGE_SIZE, below);
	assert_in_range(stats.total_bytes, fake_pc_bytes_at_load + GIB(2),
			fake_pc_bytes_at_load + GIB(2));
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
	fake_pc_open(GIB(6));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	frame_get_stats(&small);
	pool_close();
	fake_pc_open(GIB(1030));
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
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
	fake_pc_open(GIB(6));
	cpu_features.page_1g = false;
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	assert_true(fake_pc_entry(DIRECT_BASE + GIB(1), &size));
	assert_int_equal(size, SIZE_2M);
	pool_close();
}

static void ram_beyond_the_cpu_is_ignored(void **state)
{
	(void)state;
	fake_pc_open(GIB(6));
	cpu_features.physical_bits = 32;
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	assert_int_equal(fake_pc_flags(DIRECT_BASE + GIB(4)), 0);
	assert_int_equal(frame_owner_of(GIB(4)), -ERR_NOENT);
	pool_close();
}

static void too_little_memory(void **state)
{
	(void)state;
	fake_pc_open(MIB(64));
	fake_pc_boot.range_count = 0;
	assert_int_equal(host_map_init(&fake_pc_boot), -ERR_NOMEM);
	fake_pc_range(0x100000, 0x148000, BOOT_MEMORY_USABLE);
	assert_int_equal(host_map_init(&fake_pc_boot), -ERR_NOMEM);
	assert_int_equal(sim.cr3, 0);
	pool_close();
}

static void lost_ranges_are_told(void **state)
{
	(void)state;
	fake_pc_open(GIB(1));
	fake_pc_boot.ranges_dropped = 3;
	assert_int_equal(host_map_init(&fake_pc_boot), 0);
	assert_int_equal(fake_log_warnings, 1);
	assert_non_null(strstr(fake_log_last, "3"));
	pool_close();
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
