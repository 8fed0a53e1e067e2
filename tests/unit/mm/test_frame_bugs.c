/* SPDX-License-Identifier: MIT */
/* Bugs of callers: each is found, named, and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/frame.h"
#include "tests/sim/panic.h"
#include "tests/sim/pool.h"

#define START (GIB(2) + MIB(2))

static hpa_t small, run, large; /* taken: 4K, 16K, 2M */

static int open_pool(void **state)
{
	(void)state;
	pool_open_frames(START, MIB(16) / PAGE_SIZE);
	small = frame_alloc(0, FRAME_TEST);
	run = frame_alloc(2, FRAME_EPT);
	large = frame_alloc(FRAME_ORDER_2M, FRAME_GUEST);
	return large == FRAME_NONE;
}

static int close_pool(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void expect_bug(hpa_t block, unsigned order, enum frame_owner owner, const char *text)
{
	struct frame_stats before, after;

	frame_get_stats(&before);
	assert_true(SIM_PANICS(frame_free(block, order, owner)));
	if (!strstr(sim_panic_text, text))
		fail_msg("\"%s\" does not say \"%s\"", sim_panic_text, text);
	frame_get_stats(&after);
	assert_memory_equal(before.bytes, after.bytes, sizeof(before.bytes));
	assert_int_equal(before.largest_free_order, after.largest_free_order);
}

static void test_double_free(void **state)
{
	(void)state;
	frame_free(small, 0, FRAME_TEST);
	expect_bug(small, 0, FRAME_TEST, "free already");
	frame_free(run, 2, FRAME_EPT);
	expect_bug(run, 2, FRAME_EPT, "free already");
	frame_free(large, FRAME_ORDER_2M, FRAME_GUEST);
	expect_bug(large, FRAME_ORDER_2M, FRAME_GUEST, "free already");
	/* Also when it is now the inside of something larger. */
	expect_bug(large + PAGE_SIZE, 0, FRAME_TEST, "free already");
}

static void test_foreign(void **state)
{
	(void)state;
	expect_bug(START - PAGE_SIZE, 0, FRAME_TEST, "foreign");
	expect_bug(START + MIB(16), 0, FRAME_TEST, "foreign");
	expect_bug(0, FRAME_ORDER_1G, FRAME_TEST, "foreign");
	expect_bug(GIB(3), FRAME_ORDER_1G, FRAME_TEST, "foreign");
	expect_bug(FRAME_REACH, 0, FRAME_TEST, "foreign");
	expect_bug(FRAME_NONE & ~(PAGE_SIZE - 1), 0, FRAME_TEST, "foreign");
	expect_bug(FRAME_NONE, 0, FRAME_TEST, "not aligned");
	/* The allocator's own. */
	expect_bug(START, 0, FRAME_TEST, "of another owner");
}

static void test_wrong_order(void **state)
{
	(void)state;
	expect_bug(run, 0, FRAME_EPT, "of another order");
	expect_bug(run, 1, FRAME_EPT, "of another order");
	expect_bug(run + PAGE_SIZE, 0, FRAME_EPT, "of another order");
	expect_bug(run + PAGE_SIZE, 2, FRAME_EPT, "not aligned");
	expect_bug(large, 0, FRAME_GUEST, "of another order");
	expect_bug(large + PAGE_SIZE, 0, FRAME_GUEST, "of another order");
	expect_bug(large, 8, FRAME_GUEST, "of another order");
	expect_bug(small + 1, 0, FRAME_TEST, "not aligned");
	expect_bug(START, FRAME_ORDER_2M, FRAME_TEST, "of another order");
}

static void test_wrong_owner(void **state)
{
	(void)state;
	expect_bug(small, 0, FRAME_EPT, "of another owner");
	expect_bug(large, FRAME_ORDER_2M, FRAME_STACK, "of another owner");
	assert_non_null(strstr(sim_panic_text, "given back with order 9 by stack"));
	assert_non_null(strstr(sim_panic_text, "(known: order 9, guest)"));
}

static void test_nonsense(void **state)
{
	(void)state;
	expect_bug(small, 0, FRAME_FREE, "no block can");
	expect_bug(small, 0, FRAME_ALLOCATOR, "no block can");
	expect_bug(small, 0, FRAME_OWNERS, "no block can");
	expect_bug(small, FRAME_ORDER_MAX + 1, FRAME_TEST, "no block can");
	assert_true(SIM_PANICS((void)!frame_alloc(0, FRAME_FREE)));
	assert_true(SIM_PANICS((void)!frame_alloc(0, FRAME_ALLOCATOR)));
	assert_true(SIM_PANICS((void)!frame_alloc(FRAME_ORDER_MAX + 1, FRAME_TEST)));
	assert_true(SIM_PANICS((void)!frame_alloc_zeroed(0, FRAME_OWNERS)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_double_free, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(test_foreign, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(test_wrong_order, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(test_wrong_owner, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(test_nonsense, open_pool, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
