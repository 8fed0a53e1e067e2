/* SPDX-License-Identifier: MIT */
/*
 * Thousands of random blocks against a list of what is taken. Every block
 * is filled with its own number, so that one that overlaps another or a
 * node shows, and a frame that cannot be had must really not be there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"

#define TAKEN_MAX 4096

struct taken {
	hpa_t block;
	unsigned order;
	enum frame_owner owner;
	u64 stamp;
};

static struct taken taken[TAKEN_MAX];
static unsigned taken_count, refused_count;
static hpa_t pool_start, pool_end;

static u64 pick(u64 count)
{
	return (u64)random() % count;
}

/* Where stamps go: the ends of each frame, but of a few frames only in a large block. */
static u64 stamp_stride(unsigned order)
{
	return order <= 4 ? PAGE_SIZE : PAGE_SIZE << (order - 4);
}

static void stamp(const struct taken *t)
{
	for (u64 at = 0; at < PAGE_SIZE << t->order; at += stamp_stride(t->order)) {
		u64 *frame = phys_to_virt(t->block + at);

		frame[0] = t->stamp;
		frame[PAGE_SIZE / 8 - 1] = ~t->stamp;
	}
}

static void check_stamp(const struct taken *t)
{
	for (u64 at = 0; at < PAGE_SIZE << t->order; at += stamp_stride(t->order)) {
		const u64 *frame = phys_to_virt(t->block + at);

		assert_int_equal(frame[0], t->stamp);
		assert_int_equal(frame[PAGE_SIZE / 8 - 1], ~t->stamp);
	}
}

/* The largest order of which an aligned block is free, frame by frame; or -1. */
static int largest_free_order(void)
{
	int largest = -1;

	for (int order = 0; order <= FRAME_ORDER_MAX && largest == order - 1; order++) {
		u64 size = PAGE_SIZE << order;

		for (hpa_t b = ALIGN_UP(pool_start, size); b + size <= pool_end; b += size) {
			hpa_t at = b;

			while (at < b + size && frame_owner_of(at) == FRAME_FREE)
				at += PAGE_SIZE;
			if (at == b + size) {
				largest = order;
				break;
			}
		}
	}
	return largest;
}

static void check_all(void)
{
	u64 bytes[FRAME_OWNERS] = {0}, seen[FRAME_OWNERS] = {0}, known = 0;
	struct frame_stats stats;

	frame_get_stats(&stats);
	for (unsigned i = 0; i < taken_count; i++) {
		bytes[taken[i].owner] += PAGE_SIZE << taken[i].order;
		check_stamp(&taken[i]);
	}
	for (hpa_t at = pool_start; at < pool_end; at += PAGE_SIZE) {
		int owner = frame_owner_of(at);

		if (owner >= 0) {
			seen[owner] += PAGE_SIZE;
			known += PAGE_SIZE;
		}
	}
	assert_int_equal(stats.total_bytes, known);
	/* At most two frames an end have been left out. */
	assert_in_range(known, pool_end - pool_start - 4 * PAGE_SIZE, pool_end - pool_start);
	for (unsigned owner = 0; owner < FRAME_OWNERS; owner++) {
		assert_int_equal(stats.bytes[owner], seen[owner]);
		if (owner > FRAME_ALLOCATOR)
			assert_int_equal(stats.bytes[owner], bytes[owner]);
	}
	assert_int_equal(stats.largest_free_order, largest_free_order());
}

static void take(unsigned order)
{
	struct taken *t = &taken[taken_count];
	enum frame_owner owner = FRAME_ALLOCATOR + 1 + pick(FRAME_OWNERS - FRAME_ALLOCATOR - 1);
	hpa_t block = frame_alloc(order, owner);
	static u64 serial;

	if (block == FRAME_NONE) {
		struct frame_stats stats;

		/* check_all() proves this number. */
		frame_get_stats(&stats);
		assert_true(stats.largest_free_order < (int)order);
		refused_count++;
		return;
	}
	assert_true(IS_ALIGNED(block, PAGE_SIZE << order));
	assert_in_range(block, pool_start, pool_end - (PAGE_SIZE << order));
	*t = (struct taken){block, order, owner, ++serial};
	stamp(t);
	taken_count++;
}

static void give(unsigned i)
{
	check_stamp(&taken[i]);
	frame_free(taken[i].block, taken[i].order, taken[i].owner);
	taken[i] = taken[--taken_count];
}

/* Small orders are more likely; `bias` is how strongly. */
static unsigned random_order(unsigned bias)
{
	unsigned order = (unsigned)pick(FRAME_ORDER_MAX + 1);

	while (bias-- > 0)
		order = (unsigned)pick(order + 1);
	return order;
}

static void play(unsigned seed, hpa_t start, u64 length, unsigned steps, unsigned bias)
{
	struct frame_stats first, last;

	srandom(seed);
	pool_start = start;
	pool_end = start + length;
	pool_open_frames(start, length / PAGE_SIZE);
	frame_get_stats(&first);
	for (unsigned step = 0; step < steps; step++) {
		/* Swing between nearly all free and all taken. */
		bool more = pick(100) < (step / 4000 % 2 ? 40 : 60);

		if (more && taken_count < TAKEN_MAX)
			take(random_order(bias));
		else if (taken_count)
			give((unsigned)pick(taken_count));
		if (step % (steps / 8) == 0)
			check_all();
	}
	check_all();
	while (taken_count)
		give((unsigned)pick(taken_count));
	check_all();
	/* All nodes that were made since have gone. */
	frame_get_stats(&last);
	assert_memory_equal(first.bytes, last.bytes, sizeof(first.bytes));
	assert_int_equal(first.largest_free_order, last.largest_free_order);
	pool_close();
}

static void test_one_gib(void **state)
{
	(void)state;
	play(1, GIB(5), GIB(1), 40000, 2);
	play(2, GIB(5), GIB(1), 40000, 1);
}

static void test_odd_edges(void **state)
{
	(void)state;
	play(3, MIB(1) + KIB(4), GIB(1) + MIB(5) + KIB(12), 40000, 2);
	play(4, GIB(511) + MIB(300) - KIB(4), GIB(1) + KIB(20), 40000, 3);
}

static void test_small_pools(void **state)
{
	(void)state;
	for (unsigned seed = 10; seed < 40; seed++) {
		hpa_t start = GIB(1) + pick(1024) * PAGE_SIZE;

		play(seed, start, (8 + pick(1500)) * PAGE_SIZE, 4000, 4);
	}
	assert_true(refused_count > 1000); /* exhaustion was part of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_gib),
		cmocka_unit_test(test_odd_edges),
		cmocka_unit_test(test_small_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
