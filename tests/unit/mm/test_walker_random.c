/* SPDX-License-Identifier: MIT */
/*
 * Random map, unmap and protect against a flat array, one word a page, with
 * memory that runs out now and then.
 */
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

/* The window goes over the border between two entries of the root table. */
#define WINDOW_START (GIB(512) - GIB(1) - SIZE_2M)
#define WINDOW_PAGES ((2 * GIB(1) + 2 * SIZE_2M) / PAGE_SIZE)

static u64 model[WINDOW_PAGES]; /* address and flags; 0 = a hole */
static struct table table;

static u64 pick(u64 count)
{
	return (u64)random() % count;
}

static u64 used_bytes(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[FRAME_EPT];
}

static void compare_page(u64 page)
{
	u64 from = WINDOW_START + page * PAGE_SIZE, size;
	const u64 *leaf = table_leaf(&table, from, &size);
	u64 offset;

	if (!model[page]) {
		assert_null(leaf);
		return;
	}
	assert_non_null(leaf);
	offset = from & (size - 1);
	assert_int_equal((*leaf & ~(size > PAGE_SIZE ? BIT(7) : 0)) + offset, model[page]);
}

/* The tables that hang together, and no table without an entry but the root. */
static u64 count_tables(hpa_t at, unsigned level)
{
	const u64 *entries = phys_to_virt(at);
	u64 count = 1, used = 0;

	assert_int_equal(frame_owner_of(at), FRAME_EPT);
	for (unsigned i = 0; i < 512; i++) {
		if (!(entries[i] & (EPT_RWX | EPT_KEPT)))
			continue;
		used++;
		if (level > 1 && !(entries[i] & BIT(7)))
			count += count_tables(entries[i] & ept_format.address, level - 1);
	}
	assert_true(used > 0 || level == 4);
	return count;
}

static void compare_all(void)
{
	for (u64 page = 0; page < WINDOW_PAGES; page++)
		compare_page(page);
	table_reap(&table);
	assert_int_equal(used_bytes(), count_tables(table.root, 4) * PAGE_SIZE);
}

/* A range that likes round borders. */
static void pick_range(u64 *page, u64 *pages)
{
	static const u64 round[] = {1, 1, 8, 512, 512, 512 * 512};
	u64 grain = round[pick(ARRAY_SIZE(round))];
	u64 longest = pick(3) ? 2000 : WINDOW_PAGES;
	u64 first = WINDOW_START / PAGE_SIZE;

	*page = ALIGN_UP(first + pick(WINDOW_PAGES), grain) - first;
	if (*page >= WINDOW_PAGES)
		*page = 0;
	*pages = ALIGN_UP(1 + pick(longest), grain);
	*pages = MIN(*pages, WINDOW_PAGES - *page);
}

static u64 pick_flags(void)
{
	return pick(4) ? 1 + pick(7) : EPT_KEPT | pick(8);
}

static u64 count_used(u64 page, u64 pages)
{
	u64 used = 0;

	for (u64 i = page; i < page + pages; i++)
		used += model[i] != 0;
	return used;
}

static int step_map(u64 page, u64 pages)
{
	u64 grain = PAGE_SIZE << pick(20), flags = pick_flags();
	hpa_t to = ALIGN_DOWN(pick(GIB(64)), grain);
	int error =
		table_map(&table, WINDOW_START + page * PAGE_SIZE, to, pages * PAGE_SIZE, flags);

	if (error != -ERR_NOMEM)
		assert_int_equal(error, count_used(page, pages) ? -ERR_EXIST : 0);
	for (u64 i = 0; i < pages && !error; i++)
		model[page + i] = (to + i * PAGE_SIZE) | flags;
	return error;
}

static int step_unmap(u64 page, u64 pages)
{
	int error = table_unmap(&table, WINDOW_START + page * PAGE_SIZE, pages * PAGE_SIZE);

	if (!error)
		memset(&model[page], 0, pages * sizeof(model[0]));
	else
		assert_int_equal(error, -ERR_NOMEM);
	return error;
}

static int step_protect(u64 page, u64 pages)
{
	u64 flags = pick_flags();
	int error =
		table_protect(&table, WINDOW_START + page * PAGE_SIZE, pages * PAGE_SIZE, flags);

	if (error != -ERR_NOMEM)
		assert_int_equal(error, count_used(page, pages) < pages ? -ERR_FAULT : 0);
	for (u64 i = page; i < page + pages && !error; i++)
		model[i] = (model[i] & ept_format.address) | flags;
	return error;
}

static unsigned play(unsigned seed, u64 frames, u8 max_leaf_level, unsigned steps)
{
	unsigned refused = 0;
	u64 page, pages;

	srandom(seed);
	memset(model, 0, sizeof(model));
	pool_open_frames(SIZE_2M, frames);
	assert_int_equal(table_init(&table, &ept_format, FRAME_EPT, max_leaf_level), 0);
	for (unsigned step = 0; step < steps; step++) {
		int error;

		pick_range(&page, &pages);
		if (pick(2))
			error = step_map(page, pages);
		else if (pick(2))
			error = step_unmap(page, pages);
		else
			error = step_protect(page, pages);
		if (error == -ERR_NOMEM)
			refused++;
		if (pick(2))
			table_reap(&table);
		/* The ends are where things go wrong; now and then everything. */
		for (u64 i = 0; i < 4; i++) {
			compare_page((page + WINDOW_PAGES - 2 + i) % WINDOW_PAGES);
			compare_page((page + pages + WINDOW_PAGES - 2 + i) % WINDOW_PAGES);
		}
		if (step % (steps / 10) == 0)
			compare_all();
	}
	compare_all();
	table_destroy(&table);
	assert_int_equal(used_bytes(), 0);
	pool_close();
	return refused;
}

static void test_enough_memory(void **state)
{
	(void)state;
	assert_int_equal(play(1, 3000, 3, 3000), 0);
	assert_int_equal(play(2, 3000, 2, 1500), 0);
	assert_int_equal(play(3, 3000, 1, 1000), 0);
}

static void test_scarce_memory(void **state)
{
	(void)state;
	for (unsigned seed = 10; seed < 14; seed++)
		assert_true(play(seed, 16, 3, 1000) > 20);
	assert_true(play(20, 60, 2, 1000) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enough_memory),
		cmocka_unit_test(test_scarce_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
