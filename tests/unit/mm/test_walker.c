/* SPDX-License-Identifier: MIT */
/* What the walker promises, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"
#include "mm/layout.h"
#include "mm/walker.h"
#include "tests/sim/pool.h"
#include "tests/unit/mm/table_formats.h"

static struct table ept;

static u64 tables(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[FRAME_EPT] / PAGE_SIZE;
}

static int open_ept(void **state)
{
	(void)state;
	pool_open_frames(GIB(1), 600);
	return table_init(&ept, &ept_format, FRAME_EPT, 3);
}

/* Every test ends with the proof that destroying leaves no frame behind. */
static int close_ept(void **state)
{
	u64 left;

	(void)state;
	table_destroy(&ept);
	left = tables();
	pool_close();
	return left != 0;
}

static void expect(u64 from, hpa_t to, u64 size, u64 flags)
{
	struct table_walk walk;
	u64 leaf_size = 0, *leaf = table_leaf(&ept, from, &leaf_size);

	table_walk(&ept, from, &walk);
	assert_int_equal(walk.mapped, (flags & EPT_RWX) != 0);
	assert_int_equal(walk.leaf_size, size);
	assert_int_equal(walk.address, to);
	assert_int_equal(walk.flags, flags);
	assert_int_equal(walk.steps[0].level, 4);
	assert_int_equal(leaf_size, size);
	assert_non_null(leaf);
	assert_int_equal(virt_to_phys(leaf), walk.steps[walk.step_count - 1].entry_address);
	assert_int_equal(*leaf, walk.steps[walk.step_count - 1].entry);
	assert_int_equal(*leaf & BIT(7), size == PAGE_SIZE ? 0 : BIT(7));
}

static void expect_hole(u64 from, unsigned steps)
{
	struct table_walk walk;
	u64 size;

	table_walk(&ept, from, &walk);
	assert_false(walk.mapped);
	assert_int_equal(walk.flags, 0);
	assert_int_equal(walk.leaf_size, 0);
	assert_int_equal(walk.step_count, steps);
	assert_null(table_leaf(&ept, from, &size));
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(tables(), 1);
	expect_hole(0, 1);
	expect_hole(BIT(48) - 1, 1);
	expect_hole(BIT(48), 0);
	expect_hole(~0UL, 0);
	assert_int_equal(table_unmap(&ept, 0, BIT(48)), 0);
	assert_int_equal(table_map(&ept, 0, 0, 0, EPT_RWX), 0);
	assert_int_equal(table_unmap(&ept, 0, 0), 0);
	assert_int_equal(table_protect(&ept, 0, 0, EPT_RWX), 0);
	assert_int_equal(tables(), 1);
}

static void test_one_page(void **state)
{
	struct table_walk walk;

	(void)state;
	assert_int_equal(table_map(&ept, 0x123456789000, 0xabcdef000, PAGE_SIZE, EPT_READ), 0);
	assert_int_equal(tables(), 4);
	expect(0x123456789abc, 0xabcdefabc, PAGE_SIZE, EPT_READ);
	table_walk(&ept, 0x123456789abc, &walk);
	assert_int_equal(walk.step_count, 4);
	assert_int_equal(walk.steps[0].entry_address, ept.root + 8 * (0x123456789abc >> 39));
	for (unsigned i = 0; i < 3; i++) {
		hpa_t next = walk.steps[i + 1].entry_address;

		assert_int_equal(walk.steps[i].level, 4 - i);
		assert_int_equal(walk.steps[i].entry, ALIGN_DOWN(next, PAGE_SIZE) | EPT_RWX);
	}
	assert_int_equal(walk.steps[3].entry, 0xabcdef000 | EPT_READ);
	expect_hole(0x123456788fff, 4);
	expect_hole(0x12345678a000, 4);
	expect_hole(0x123456600000 - 1, 3);
	assert_int_equal(table_unmap(&ept, 0x123456789000, PAGE_SIZE), 0);
	expect_hole(0x123456789000, 1);
	table_reap(&ept);
	assert_int_equal(tables(), 1);
}

static void test_leaf_sizes(void **state)
{
	u64 start = GIB(2) - PAGE_SIZE, length = GIB(1) + SIZE_2M + 2 * PAGE_SIZE;

	(void)state;
	assert_int_equal(table_map(&ept, start, start + GIB(4), length, EPT_RWX), 0);
	expect(start, start + GIB(4), PAGE_SIZE, EPT_RWX);
	expect(GIB(2) + 5, GIB(6) + 5, SIZE_1G, EPT_RWX);
	expect(GIB(3) + 5, GIB(7) + 5, SIZE_2M, EPT_RWX);
	expect(GIB(3) + SIZE_2M, GIB(7) + SIZE_2M, PAGE_SIZE, EPT_RWX);
	expect_hole(GIB(3) + SIZE_2M + PAGE_SIZE, 4);
	expect_hole(start - 1, 4);
	assert_int_equal(tables(), 1 + 1 + 2 + 2);

	/* Where the target is less aligned than the source, smaller leaves. */
	assert_int_equal(table_map(&ept, GIB(8), SIZE_2M, GIB(1), EPT_READ), 0);
	expect(GIB(9) - 1, SIZE_2M + GIB(1) - 1, SIZE_2M, EPT_READ);
	assert_int_equal(table_map(&ept, GIB(9), PAGE_SIZE, SIZE_2M, EPT_READ), 0);
	expect(GIB(9), PAGE_SIZE, PAGE_SIZE, EPT_READ);
}

static void test_max_leaf_level(void **state)
{
	(void)state;
	ept.max_leaf_level = 2;
	assert_int_equal(table_map(&ept, 0, 0, GIB(1), EPT_RWX), 0);
	expect(GIB(1) - 1, GIB(1) - 1, SIZE_2M, EPT_RWX);
	ept.max_leaf_level = 1;
	assert_int_equal(table_map(&ept, GIB(1), GIB(1), SIZE_2M, EPT_RWX), 0);
	expect(GIB(1), GIB(1), PAGE_SIZE, EPT_RWX);
}

static void test_unmap_splits(void **state)
{
	(void)state;
	assert_int_equal(table_map(&ept, GIB(1), GIB(5), GIB(2), EPT_RWX), 0);
	assert_int_equal(tables(), 2);
	assert_int_equal(table_unmap(&ept, GIB(2) - PAGE_SIZE, SIZE_2M + PAGE_SIZE), 0);
	expect(GIB(1), GIB(5), SIZE_2M, EPT_RWX);
	expect(GIB(2) - SIZE_2M, GIB(6) - SIZE_2M, PAGE_SIZE, EPT_RWX);
	expect(GIB(2) - PAGE_SIZE - 1, GIB(6) - PAGE_SIZE - 1, PAGE_SIZE, EPT_RWX);
	expect_hole(GIB(2) - PAGE_SIZE, 4);
	expect_hole(GIB(2) + SIZE_2M - 1, 3);
	expect(GIB(2) + SIZE_2M, GIB(6) + SIZE_2M, SIZE_2M, EPT_RWX);
	assert_int_equal(tables(), 1 + 1 + 2 + 1);

	/* What is left goes, too, over the holes; then the tables. */
	assert_int_equal(table_unmap(&ept, 0, GIB(512)), 0);
	expect_hole(GIB(1), 1);
	assert_int_equal(tables(), 5);
	table_reap(&ept);
	assert_int_equal(tables(), 1);
	table_reap(&ept);
}

static void test_protect(void **state)
{
	(void)state;
	assert_int_equal(table_map(&ept, 0, GIB(4), GIB(1), EPT_RWX | BIT(5)), 0);
	assert_int_equal(table_protect(&ept, SIZE_2M, SIZE_2M + PAGE_SIZE, EPT_READ), 0);
	expect(0, GIB(4), SIZE_2M, EPT_RWX | BIT(5));
	expect(SIZE_2M + 1, GIB(4) + SIZE_2M + 1, SIZE_2M, EPT_READ);
	expect(2 * SIZE_2M, GIB(4) + 2 * SIZE_2M, PAGE_SIZE, EPT_READ);
	expect(2 * SIZE_2M + PAGE_SIZE, GIB(4) + 2 * SIZE_2M + PAGE_SIZE, PAGE_SIZE,
	       EPT_RWX | BIT(5));
	/* No holes, neither in front nor behind, and nothing changes. */
	assert_int_equal(table_protect(&ept, GIB(1) - PAGE_SIZE, 2 * PAGE_SIZE, EPT_READ),
			 -ERR_FAULT);
	expect(GIB(1) - 1, GIB(5) - 1, SIZE_2M, EPT_RWX | BIT(5));
	assert_int_equal(table_unmap(&ept, SIZE_2M, PAGE_SIZE), 0);
	assert_int_equal(table_protect(&ept, SIZE_2M, 2 * PAGE_SIZE, EPT_RWX), -ERR_FAULT);
	expect(SIZE_2M + PAGE_SIZE, GIB(4) + SIZE_2M + PAGE_SIZE, PAGE_SIZE, EPT_READ);
}

/* A leaf without rights: gone for the processor, not for us. */
static void test_kept(void **state)
{
	(void)state;
	assert_int_equal(table_map(&ept, 0, GIB(4), SIZE_2M, EPT_KEPT | EPT_RWX), 0);
	assert_int_equal(table_protect(&ept, 0, SIZE_2M, EPT_KEPT), 0);
	expect(17, GIB(4) + 17, SIZE_2M, EPT_KEPT);
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, EPT_RWX), -ERR_EXIST);
	assert_int_equal(table_protect(&ept, PAGE_SIZE, PAGE_SIZE, EPT_READ), 0);
	expect(0, GIB(4), PAGE_SIZE, EPT_KEPT);
	expect(PAGE_SIZE, GIB(4) + PAGE_SIZE, PAGE_SIZE, EPT_READ);
	assert_int_equal(table_unmap(&ept, 0, SIZE_2M), 0);
	expect_hole(0, 1);
}

static void test_overlap(void **state)
{
	u64 before;

	(void)state;
	assert_int_equal(table_map(&ept, GIB(1) + SIZE_2M, 0, PAGE_SIZE, EPT_RWX), 0);
	before = tables();
	assert_int_equal(table_map(&ept, 0, 0, GIB(4), EPT_RWX), -ERR_EXIST);
	assert_int_equal(table_map(&ept, GIB(1), 0, SIZE_2M + PAGE_SIZE, EPT_RWX), -ERR_EXIST);
	assert_int_equal(table_map(&ept, GIB(1) + SIZE_2M, 0, PAGE_SIZE, EPT_RWX), -ERR_EXIST);
	expect_hole(0, 2);
	expect_hole(GIB(1), 3);
	expect_hole(GIB(3), 2);
	assert_int_equal(tables(), before);
	assert_int_equal(table_map(&ept, GIB(1), 0, SIZE_2M, EPT_RWX), 0);
	assert_int_equal(table_map(&ept, GIB(1) + PAGE_SIZE, 0, PAGE_SIZE, EPT_RWX), -ERR_EXIST);
	assert_int_equal(tables(), before);
}

/* What has been taken out stays empty to a processor that still looks at it. */
static void test_retired_tables_are_empty(void **state)
{
	struct table_walk walk;
	const u64 *last;

	(void)state;
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, EPT_RWX), 0);
	assert_int_equal(table_map(&ept, GIB(1), 0, PAGE_SIZE, EPT_RWX), 0);
	table_walk(&ept, 0, &walk);
	last = phys_to_virt(ALIGN_DOWN(walk.steps[3].entry_address, PAGE_SIZE));
	assert_int_equal(table_unmap(&ept, 0, GIB(2)), 0);
	assert_int_equal(frame_owner_of(virt_to_phys(last)), FRAME_EPT);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(last[i] & (EPT_RWX | EPT_KEPT), 0);
	table_reap(&ept);
	assert_int_equal(frame_owner_of(virt_to_phys(last)), FRAME_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_one_page, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_leaf_sizes, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_max_leaf_level, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_unmap_splits, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_protect, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_kept, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_overlap, open_ept, close_ept),
		cmocka_unit_test_setup_teardown(test_retired_tables_are_empty, open_ept, close_ept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
