/* SPDX-License-Identifier: MIT */
/* Ranges given to the allocator: odd, touching, refused, huge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_range_edges, close_pool),
		cmocka_unit_test_teardown(test_range_errors, close_pool),
		cmocka_unit_test_teardown(test_ranges_join, close_pool),
		cmocka_unit_test_teardown(test_start_up_cost, close_pool),
		cmocka_unit_test_teardown(test_terabytes, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
