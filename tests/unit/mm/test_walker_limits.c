/* SPDX-License-Identifier: MIT */
/* How far each format reaches, and what the walker refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"
#include "mm/layout.h"
#include "mm/walker.h"
#include "tests/sim/pool.h"
#include "tests/unit/mm/table_formats.h"

static int open_pool(void **state)
{
	(void)state;
	pool_open_frames(GIB(1), 64);
	return 0;
}

static int close_pool(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void test_errors(void **state)
{
	struct table_walk walk;
	struct table ept;

	(void)state;
	assert_int_equal(table_init(&ept, &ept_format, FRAME_EPT, 3), 0);
	assert_int_equal(table_map(&ept, 1, 0, PAGE_SIZE, EPT_RWX), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 1, PAGE_SIZE, EPT_RWX), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 0, 1, EPT_RWX), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, 0), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, BIT(5)), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, EPT_RWX | BIT(7)), -ERR_INVAL);
	assert_int_equal(table_map(&ept, 0, 0, PAGE_SIZE, EPT_RWX | BIT(12)), -ERR_INVAL);
	assert_int_equal(table_map(&ept, BIT(48), 0, PAGE_SIZE, EPT_RWX), -ERR_RANGE);
	assert_int_equal(table_map(&ept, BIT(48) - PAGE_SIZE, 0, 2 * PAGE_SIZE, EPT_RWX),
			 -ERR_RANGE);
	assert_int_equal(table_map(&ept, PAGE_SIZE, 0, -PAGE_SIZE, EPT_RWX), -ERR_RANGE);
	assert_int_equal(table_map(&ept, PAGE_SIZE, 0, -2 * PAGE_SIZE, EPT_RWX), -ERR_RANGE);
	assert_int_equal(table_map(&ept, 0, BIT(52), PAGE_SIZE, EPT_RWX), -ERR_RANGE);
	assert_int_equal(table_map(&ept, 0, BIT(52) - PAGE_SIZE, 2 * PAGE_SIZE, EPT_RWX),
			 -ERR_RANGE);
	assert_int_equal(table_map(&ept, 0, -PAGE_SIZE, 2 * PAGE_SIZE, EPT_RWX), -ERR_RANGE);
	assert_int_equal(table_unmap(&ept, 1, PAGE_SIZE), -ERR_INVAL);
	assert_int_equal(table_unmap(&ept, BIT(48), PAGE_SIZE), -ERR_RANGE);
	assert_int_equal(table_unmap(&ept, 2 * PAGE_SIZE, -PAGE_SIZE), -ERR_RANGE); /* wraps */
	assert_int_equal(table_protect(&ept, 0, 5, EPT_RWX), -ERR_INVAL);
	assert_int_equal(table_protect(&ept, 0, PAGE_SIZE, 0), -ERR_INVAL);
	assert_int_equal(table_protect(&ept, 0, BIT(49), EPT_RWX), -ERR_RANGE);
	table_walk(&ept, 0, &walk);
	assert_int_equal(walk.flags, 0);
	assert_int_equal(table_map(&ept, BIT(48) - GIB(1), BIT(52) - GIB(1), GIB(1), EPT_RWX), 0);
	table_walk(&ept, BIT(48) - 1, &walk);
	assert_int_equal(walk.address, BIT(52) - 1);
	table_destroy(&ept);
}

/* IA-32e addresses are sign-extended: two halves with nothing between them. */
static void test_host_format(void **state)
{
	struct table_walk walk;
	struct table host;

	(void)state;
	assert_int_equal(table_init(&host, &host_format, FRAME_HOST_TABLES, 3), 0);
	assert_int_equal(table_map(&host, DIRECT_BASE, 0, GIB(2), HOST_WRITE), 0);
	assert_int_equal(table_map(&host, -SIZE_2M, SIZE_2M, SIZE_2M, HOST_READ), 0);
	assert_int_equal(table_map(&host, BIT(47), 0, PAGE_SIZE, HOST_READ), -ERR_RANGE);
	assert_int_equal(table_map(&host, BIT(47) - PAGE_SIZE, 0, 2 * PAGE_SIZE, HOST_READ),
			 -ERR_RANGE);
	assert_int_equal(table_unmap(&host, 0, -PAGE_SIZE), -ERR_RANGE); /* from half to half */
	assert_int_equal(table_unmap(&host, -PAGE_SIZE, 2 * PAGE_SIZE), -ERR_RANGE);
	assert_int_equal(table_map(&host, DIRECT_BASE - PAGE_SIZE, 0, PAGE_SIZE, HOST_READ),
			 -ERR_RANGE);
	table_walk(&host, DIRECT_BASE + GIB(1) + 5, &walk);
	assert_true(walk.mapped);
	assert_int_equal(walk.address, GIB(1) + 5);
	assert_int_equal(walk.leaf_size, SIZE_1G);
	assert_int_equal(walk.flags, HOST_WRITE);
	assert_int_equal(walk.steps[0].entry_address, host.root + 256 * 8);
	table_walk(&host, ~0UL, &walk);
	assert_int_equal(walk.address, 2 * SIZE_2M - 1);
	assert_int_equal(walk.flags, HOST_READ);
	table_walk(&host, BIT(47), &walk);
	assert_int_equal(walk.step_count, 0);
	table_walk(&host, DIRECT_BASE & (BIT(48) - 1), &walk);
	assert_int_equal(walk.step_count, 0);
	assert_int_equal(table_unmap(&host, DIRECT_BASE, BIT(47)), 0);
	table_walk(&host, DIRECT_BASE, &walk);
	assert_int_equal(walk.step_count, 1);
	assert_false(walk.mapped);
	table_destroy(&host);
	assert_int_equal(frame_owner_of(walk.steps[0].entry_address), FRAME_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_errors, open_pool, close_pool),
		cmocka_unit_test_setup_teardown(test_host_format, open_pool, close_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
