/* SPDX-License-Identifier: MIT */
/* Blocks out and back: what the allocator promises, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
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

/* Of two split blocks at START the one whose largest hole is the smallest that will do. */
static void take_smallest_hole(hpa_t start, u64 size, unsigned order)
{
	hpa_t hole;

	pool_open_frames(start, 2 * size / PAGE_SIZE);
	/* Half of each, then a quarter of each; the first block has its quarter back. */
	assert_int_equal(frame_alloc(order - 1, FRAME_TEST), start + size / 2);
	assert_int_equal(frame_alloc(order - 1, FRAME_TEST), start + size + size / 2);
	hole = frame_alloc(order - 2, FRAME_TEST);
	assert_int_equal(hole, start + size / 4);
	assert_int_equal(frame_alloc(order - 2, FRAME_TEST), start + size + size / 4);
	frame_free(hole, order - 2, FRAME_TEST);
	assert_int_equal(frame_alloc(order - 3, FRAME_TEST), start + size + size / 8);
	assert_int_equal(frame_alloc(order - 2, FRAME_TEST), hole);
}

static void test_smallest_hole_4k(void **state)
{
	(void)state;
	take_smallest_hole(GIB(1), SIZE_2M, FRAME_ORDER_2M);
}

static void test_smallest_hole_2m(void **state)
{
	(void)state;
	take_smallest_hole(GIB(1), SIZE_1G, FRAME_ORDER_1G);
}

/* The border between two top nodes, each with one block of 1G. */
static void test_two_top_nodes(void **state)
{
	(void)state;
	pool_open_frames(GIB(511), GIB(2) / PAGE_SIZE);
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(511));
	assert_int_equal(ALIGN_DOWN(frame_alloc(0, FRAME_TEST), GIB(1)), GIB(512));
	frame_free(GIB(511), FRAME_ORDER_1G, FRAME_TEST);
	assert_int_equal(ALIGN_DOWN(frame_alloc(0, FRAME_TEST), GIB(1)), GIB(512));
	assert_int_equal(frame_alloc(FRAME_ORDER_1G, FRAME_TEST), GIB(511));
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
		cmocka_unit_test_teardown(test_smallest_hole_4k, close_pool),
		cmocka_unit_test_teardown(test_smallest_hole_2m, close_pool),
		cmocka_unit_test_teardown(test_two_top_nodes, close_pool),
		cmocka_unit_test_teardown(test_best_fit, close_pool),
		cmocka_unit_test_teardown(test_names, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
