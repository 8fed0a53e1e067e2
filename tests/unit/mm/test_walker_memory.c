/* SPDX-License-Identifier: MIT */
/* Memory that runs out at every single allocation of a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/error.h"
#include "mm/walker.h"
#include "tests/sim/pool.h"
#include "tests/unit/mm/table_formats.h"

static struct table table;

static u64 used_bytes(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[FRAME_EPT];
}

/* A change that needs several tables, and what must hold after it failed. */
struct change {
	int (*make)(void);
	unsigned frames;
};

static int map_odd(void)
{
	return table_map(&table, GIB(512) - SIZE_2M - PAGE_SIZE, SIZE_2M - PAGE_SIZE,
			 2 * SIZE_2M + 2 * PAGE_SIZE, EPT_READ);
}

static int unmap_middle(void)
{
	return table_unmap(&table, GIB(1) - PAGE_SIZE, 2 * PAGE_SIZE);
}

static int protect_middle(void)
{
	return table_protect(&table, GIB(1) - PAGE_SIZE, 2 * PAGE_SIZE, EPT_READ);
}

static void expect_before(void)
{
	struct table_walk walk;

	for (u64 at = 0; at < GIB(2); at += SIZE_2M) {
		table_walk(&table, at, &walk);
		assert_int_equal(walk.address, GIB(4) + at);
		assert_int_equal(walk.flags, EPT_RWX);
	}
	for (u64 at = GIB(511); at < GIB(513); at += SIZE_2M - PAGE_SIZE) {
		table_walk(&table, at, &walk);
		assert_int_equal(walk.leaf_size, 0);
	}
}

/* With `frames` left the change fails if that is less than it needs, and changes nothing. */
static bool try_with(int (*make)(void), unsigned frames)
{
	hpa_t hoard[64], left[16];
	unsigned count = 0;
	int error;

	pool_open_frames(SIZE_2M, 32);
	assert_int_equal(table_init(&table, &ept_format, FRAME_EPT, 3), 0);
	assert_int_equal(table_map(&table, 0, GIB(4), GIB(2), EPT_RWX), 0);
	while ((hoard[count] = frame_alloc(0, FRAME_TEST)) != FRAME_NONE)
		count++;
	for (unsigned i = 0; i < frames; i++)
		frame_free(hoard[--count], 0, FRAME_TEST);
	error = make();
	if (error) {
		assert_int_equal(error, -ERR_NOMEM);
		expect_before();
		table_reap(&table);
		/* Map gives everything back; what was split may stay so. */
		if (make == map_odd) {
			for (unsigned i = 0; i < frames; i++)
				left[i] = frame_alloc(0, FRAME_TEST);
			for (unsigned i = 0; i < frames; i++) {
				assert_int_not_equal(left[i], FRAME_NONE);
				frame_free(left[i], 0, FRAME_TEST);
			}
		}
	}
	table_destroy(&table);
	assert_int_equal(used_bytes(), 0);
	pool_close();
	return !error;
}

static void test_out_of_memory_everywhere(void **state)
{
	static const struct change changes[] = {
		{map_odd, 5},	   /* two below one root entry, three below the next */
		{unmap_middle, 4}, /* 1G into 2M, 2M into 4K, at both sides of a border */
		{protect_middle, 4},
	};

	(void)state;
	for (unsigned c = 0; c < ARRAY_SIZE(changes); c++)
		for (unsigned frames = 0; frames <= changes[c].frames; frames++)
			assert_int_equal(try_with(changes[c].make, frames),
					 frames == changes[c].frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
