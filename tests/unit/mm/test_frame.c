/* SPDX-License-Identifier: MIT */
/* Ranges in, blocks out and back: what the allocator promises, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"

static struct frame_stats stats(void)
{
	struct frame_stats s;
	u64 sum = 0;

	frame_get_stats(&s);
	for (unsigned owner = 0; owner < FRAME_OWNERS; owner++)
		sum += s.bytes[owner];
	assert_int_equal(sum, s.total_bytes);
	return s;
}

static int close_pool(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void test_sixteen_frames(void **state)
{
	hpa_t start = SIZE_2M + 3 * PAGE_SIZE, block[16];
	unsigned count = 0;

	(void)state;
	pool_open_frames(start, 16);
	assert_int_equal(stats().total_bytes, 16 * PAGE_SIZE);
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 2 * PAGE_SIZE);
	while ((block[count] = frame_alloc(0, FRAME_TEST)) != FRAME_NONE) {
		assert_in_range(block[count], start, start + 15 * PAGE_SIZE);
		for (unsigned i = 0; i < count; i++)
			assert_int_not_equal(block[i], block[count]);
		assert_int_equal(frame_owner_of(block[count]), FRAME_TEST);
		memset(phys_to_virt(block[count]), 0xff, PAGE_SIZE);
		count++;
	}
	assert_int_equal(count, 14);
	assert_int_equal(stats().bytes[FRAME_TEST], 14 * PAGE_SIZE);
	assert_int_equal(stats().bytes[FRAME_FREE], 0);
	assert_int_equal(stats().largest_free_order, -1);
	assert_null(frame_alloc_zeroed(0, FRAME_TEST));

	/* After exhaustion a frame that comes back can be had again. */
	frame_free(block[5], 0, FRAME_TEST);
	assert_int_equal(frame_owner_of(block[5]), FRAME_FREE);
	assert_int_equal(frame_alloc(0, FRAME_EPT), block[5]);
	assert_int_equal(stats().bytes[FRAME_EPT], PAGE_SIZE);
	assert_int_equal(stats().peak[FRAME_TEST], 14 * PAGE_SIZE);
}

static void test_every_order(void **state)
{
	(void)state;
	pool_open_frames(GIB(1), 3 * GIB(1) / PAGE_SIZE);
	for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++) {
		hpa_t block = frame_alloc(order, FRAME_TEST);
		u64 size = PAGE_SIZE << order;

		assert_int_not_equal(block, FRAME_NONE);
		assert_true(IS_ALIGNED(block, size));
		assert_in_range(block, GIB(1), GIB(4) - size);
		assert_int_equal(frame_owner_of(block), FRAME_TEST);
		assert_int_equal(frame_owner_of(block + size - 1), FRAME_TEST);
		assert_int_equal(stats().bytes[FRAME_TEST], size);
		frame_free(block, order, FRAME_TEST);
		assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 0);
		assert_int_equal(stats().largest_free_order, FRAME_ORDER_1G);
	}
}

static void test_zeroed(void **state)
{
	static const u8 zero[PAGE_SIZE << 3];
	hpa_t block;
	u8 *clean;

	(void)state;
	pool_open_frames(SIZE_2M, 32);
	block = frame_alloc(3, FRAME_TEST);
	memset(phys_to_virt(block), 0xa5, sizeof(zero));
	frame_free(block, 3, FRAME_TEST);
	clean = frame_alloc_zeroed(3, FRAME_TEST);
	assert_int_equal(virt_to_phys(clean), block);
	assert_memory_equal(clean, zero, sizeof(zero));
}

/* All of 1G in pieces of 4K, freed in an order that keeps apart what is neighbors. */
static void test_coalescing_to_1g(void **state)
{
	const unsigned frames = GIB(1) / PAGE_SIZE, step = 100003; /* coprime */
	unsigned count = 0;

	(void)state;
	pool_open_frames(GIB(7), frames);
	while (frame_alloc(0, FRAME_TEST) != FRAME_NONE)
		count++;
	/* One node for the 1G and one for each 2M. */
	assert_int_equal(count, frames - 513);
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 513 * PAGE_SIZE);
	for (unsigned i = 0, frame = 0; i < frames; i++, frame = (frame + step) % frames) {
		hpa_t block = GIB(7) + frame * PAGE_SIZE;

		if (frame_owner_of(block) == FRAME_TEST)
			frame_free(block, 0, FRAME_TEST);
	}
	assert_int_equal(stats().bytes[FRAME_FREE], GIB(1));
	assert_int_equal(stats().largest_free_order, FRAME_ORDER_1G);
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(7));
}

static void test_coalescing_to_2m(void **state)
{
	hpa_t pinned, block[510];

	(void)state;
	pool_open_frames(GIB(1), GIB(1) / PAGE_SIZE);
	pinned = frame_alloc(0, FRAME_TEST);
	assert_int_equal(stats().largest_free_order, FRAME_ORDER_1G - 1);
	/* Fill up the 2M block of the nodes, so that the next frame splits another. */
	for (unsigned i = 0; i < 509; i++)
		block[i] = frame_alloc(0, FRAME_TEST);
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 2 * PAGE_SIZE);
	block[509] = frame_alloc(0, FRAME_TEST);
	assert_int_equal(block[509], GIB(1) + SIZE_2M + PAGE_SIZE);
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 3 * PAGE_SIZE);
	for (unsigned i = 0; i < 510; i++)
		frame_free(block[i], 0, FRAME_TEST);
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 2 * PAGE_SIZE);
	frame_free(pinned, 0, FRAME_TEST);
	assert_int_equal(stats().largest_free_order, FRAME_ORDER_1G);
}

/* Small blocks come from what is broken already; whole blocks stay whole. */
static void test_placement(void **state)
{
	hpa_t small;

	(void)state;
	pool_open_frames(GIB(1), 2 * GIB(1) / PAGE_SIZE);
	small = frame_alloc(0, FRAME_TEST);
	assert_int_equal(ALIGN_DOWN(small, GIB(1)), GIB(1));
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(2));
	frame_free(GIB(2), FRAME_ORDER_1G, FRAME_TEST);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(ALIGN_DOWN(frame_alloc(4, FRAME_TEST), GIB(1)), GIB(1));
		assert_int_equal(ALIGN_DOWN(frame_alloc(11, FRAME_TEST), GIB(1)), GIB(1));
	}
	assert_int_equal(frame_owner_of(GIB(2)), FRAME_FREE);
}

/* In a 2M block whose first two frames are nodes. */
static void test_best_fit(void **state)
{
	static const struct {
		unsigned order, frame;
	} expected[] = {
		{0, 2},	 {0, 3},   {0, 4},  {1, 6},  {0, 5},  {3, 8},
		{2, 16}, {8, 256}, {2, 20}, {6, 64}, {3, 24}, {7, 128},
	};

	(void)state;
	pool_open_frames(SIZE_2M, 512);
	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(frame_alloc(expected[i].order, FRAME_TEST),
				 SIZE_2M + expected[i].frame * PAGE_SIZE);
	assert_int_equal(stats().largest_free_order, 5);
	assert_int_equal(frame_alloc(6, FRAME_TEST), FRAME_NONE);
	/* The hole of just that size wins over the larger one before it. */
	frame_free(SIZE_2M + 128 * PAGE_SIZE, 7, FRAME_TEST);
	frame_free(SIZE_2M + 6 * PAGE_SIZE, 1, FRAME_TEST);
	assert_int_equal(frame_alloc(0, FRAME_TEST), SIZE_2M + 6 * PAGE_SIZE);
	assert_int_equal(frame_alloc(4, FRAME_TEST), SIZE_2M + 32 * PAGE_SIZE);
}

static void test_range_edges(void **state)
{
	(void)state;
	pool_open(0, MIB(8));
	/* Bytes at the ends and page 0 stay out. */
	assert_int_equal(frame_add_range(1, MIB(1) - 2), 0);
	assert_int_equal(stats().total_bytes, MIB(1) - 2 * PAGE_SIZE);
	assert_int_equal(frame_owner_of(0), -ERR_NOENT);
	assert_int_equal(frame_owner_of(MIB(1) - 1), -ERR_NOENT);
	assert_int_equal(frame_owner_of(PAGE_SIZE), FRAME_ALLOCATOR);
	/* A lone frame behind a 2M border would be all node. */
	assert_int_equal(frame_add_range(MIB(3), MIB(1) + PAGE_SIZE), 0);
	assert_int_equal(stats().total_bytes, MIB(2) - 2 * PAGE_SIZE);
	assert_int_equal(frame_owner_of(MIB(4)), -ERR_NOENT);
	assert_int_equal(frame_add_range(MIB(4), PAGE_SIZE), -ERR_NOMEM);
	/* But into a 2M block that has a node it may go. */
	assert_int_equal(frame_add_range(MIB(1) + 17 * PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(frame_owner_of(MIB(1) + 17 * PAGE_SIZE), FRAME_FREE);
	assert_int_equal(frame_owner_of(MIB(1) + 16 * PAGE_SIZE), -ERR_NOENT);
}

static void test_range_errors(void **state)
{
	struct frame_stats before, after;

	(void)state;
	pool_open(0, MIB(8));
	assert_int_equal(frame_add_range(MIB(1), MIB(4)), 0);
	assert_int_not_equal(frame_alloc(0, FRAME_TEST), FRAME_NONE);
	before = stats();
	assert_int_equal(frame_add_range(MIB(1), MIB(4)), -ERR_EXIST);
	assert_int_equal(frame_add_range(MIB(5) - PAGE_SIZE, MIB(1)), -ERR_EXIST); /* free */
	assert_int_equal(frame_add_range(MIB(1), PAGE_SIZE), -ERR_EXIST);	   /* a node */
	assert_int_equal(frame_add_range(MIB(2), SIZE_2M), -ERR_EXIST);
	assert_int_equal(frame_add_range(0, MIB(8)), -ERR_EXIST);
	assert_int_equal(frame_add_range(MIB(6), 0), -ERR_NOMEM);
	assert_int_equal(frame_add_range(MIB(6) + 1, 2 * PAGE_SIZE - 2), -ERR_NOMEM);
	assert_int_equal(frame_add_range(0, PAGE_SIZE), -ERR_NOMEM);
	assert_int_equal(frame_add_range(MIB(6), ~0UL), -ERR_RANGE);
	assert_int_equal(frame_add_range(FRAME_REACH, MIB(1)), -ERR_RANGE);
	assert_int_equal(frame_add_range(FRAME_REACH - MIB(1), MIB(1) + 1), -ERR_RANGE);
	assert_int_equal(frame_add_range(~0UL - 5, 3), -ERR_RANGE);
	after = stats();
	assert_memory_equal(after.bytes, before.bytes, sizeof(after.bytes));
	assert_int_equal(frame_owner_of(FRAME_REACH), -ERR_NOENT);
	assert_int_equal(frame_owner_of(MIB(6)), -ERR_NOENT);
}

/* What comes in three odd pieces, not in order, is one block in the end. */
static void test_ranges_join(void **state)
{
	(void)state;
	pool_open(GIB(3), GIB(2));
	assert_int_equal(frame_add_range(GIB(3) + MIB(700) + KIB(12), MIB(324) - KIB(12)), 0);
	assert_int_equal(frame_add_range(GIB(3), MIB(3) + KIB(4)), 0);
	assert_int_equal(frame_add_range(GIB(4), GIB(1)), 0);
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(4));
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), FRAME_NONE);
	assert_int_equal(frame_add_range(GIB(3) + MIB(3) + KIB(4), MIB(697) + KIB(8)), 0);
	assert_int_equal(stats().total_bytes, GIB(2));
	assert_int_equal(stats().bytes[FRAME_ALLOCATOR], 0);
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(3));
}

/* Start-up costs by ranges: an odd one of 512 GiB touches no more than one of 1 GiB. */
static void test_start_up_cost(void **state)
{
	u64 touched[2], nodes[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		hpa_t start = MIB(1) + KIB(20);
		u64 length = GIB(i == 0 ? 1 : 512) + KIB(64);

		pool_open(start, length);
		assert_int_equal(frame_add_range(start, length), 0);
		touched[i] = pool_touched();
		nodes[i] = stats().bytes[FRAME_ALLOCATOR];
		assert_int_equal(stats().total_bytes, length);
		if (i == 0)
			pool_close();
	}
	/* Two nodes at each end. */
	assert_int_equal(nodes[0], 4 * PAGE_SIZE);
	assert_int_equal(nodes[1], nodes[0]);
	assert_int_equal(touched[0], nodes[0]);
	assert_int_equal(touched[1], nodes[0]);
}

static void test_terabytes(void **state)
{
	u64 count = 0;

	(void)state;
	pool_open(GIB(3), FRAME_REACH - GIB(3));
	assert_int_equal(frame_add_range(GIB(3), FRAME_REACH - GIB(3)), 0);
	while (frame_alloc(FRAME_ORDER_1G, FRAME_GUEST) != FRAME_NONE)
		count++;
	assert_int_equal(count, FRAME_REACH / GIB(1) - 3);
	assert_int_equal(stats().bytes[FRAME_FREE], 0);
	frame_free(FRAME_REACH - GIB(1), FRAME_ORDER_1G, FRAME_GUEST);
	assert_int_equal(ALIGN_DOWN(frame_alloc(0, FRAME_TEST), GIB(1)), FRAME_REACH - GIB(1));
}

static void test_names(void **state)
{
	(void)state;
	pool_open_frames(SIZE_2M, 16);
	for (unsigned owner = 0; owner < FRAME_OWNERS; owner++)
		for (unsigned other = 0; other < owner; other++)
			assert_string_not_equal(frame_owner_name(owner), frame_owner_name(other));
	assert_string_equal(frame_owner_name(FRAME_GUEST), "guest");
	assert_string_equal(frame_owner_name(FRAME_OWNERS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_sixteen_frames, close_pool),
		cmocka_unit_test_teardown(test_every_order, close_pool),
		cmocka_unit_test_teardown(test_zeroed, close_pool),
		cmocka_unit_test_teardown(test_coalescing_to_1g, close_pool),
		cmocka_unit_test_teardown(test_coalescing_to_2m, close_pool),
		cmocka_unit_test_teardown(test_placement, close_pool),
		cmocka_unit_test_teardown(test_best_fit, close_pool),
		cmocka_unit_test_teardown(test_range_edges, close_pool),
		cmocka_unit_test_teardown(test_range_errors, close_pool),
		cmocka_unit_test_teardown(test_ranges_join, close_pool),
		cmocka_unit_test_teardown(test_start_up_cost, close_pool),
		cmocka_unit_test_teardown(test_terabytes, close_pool),
		cmocka_unit_test_teardown(test_names, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
