/* SPDX-License-Identifier: MIT */
/* Guest RAM: what is reserved, when it is cleared, that all comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "machine/ram.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/sim/vmx.h"
#include "vmx/caps.h"
#include "vmx/vmx.h"

#define ALL_CAPS                                                                                   \
	(EPTCAP_WALK_4 | EPTCAP_WB | EPTCAP_2M | EPTCAP_1G | EPTCAP_INVEPT | EPTCAP_INVEPT_SINGLE)

struct vmx_host vmx_host;

static struct ept ept;
static struct ram ram;

static u64 used(enum frame_owner owner)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[owner];
}

static void open_pool(hpa_t start, u64 length)
{
	sim_vmx_reset();
	vmx_host.caps.ept_vpid = ALL_CAPS;
	pool_open(start, length);
	assert_int_equal(frame_add_range(start, length), 0);
}

static void make_ept(void)
{
	assert_int_equal(ept_create(&ept, ALL_CAPS), 0);
	ept.table.max_leaf_level = 2;
}

static void create(u64 size)
{
	open_pool(GIB(1), GIB(8));
	make_ept();
	assert_int_equal(ram_create(&ram, &ept, size), 0);
}

static int destroy(void **state)
{
	(void)state;
	ram_destroy(&ram);
	ept_destroy(&ept);
	assert_int_equal(used(FRAME_GUEST), 0);
	assert_int_equal(used(FRAME_EPT), 0);
	assert_int_equal(used(FRAME_VM), 0);
	pool_close();
	return 0;
}

static u64 leaf(gpa_t gpa, u64 *size)
{
	u64 *entry = table_leaf(&ept.table, gpa, size);

	return entry ? *entry : 0;
}

static void test_map(void **state)
{
	(void)state;
	create(MIB(256));
	assert_int_equal(ram.range_count, 2);
	assert_true(ram_contains(&ram, 0, 0xa0000));
	assert_false(ram_contains(&ram, 0, 0xa0001));
	assert_false(ram_contains(&ram, 0xa0000, 1));
	assert_false(ram_contains(&ram, 0xbffff, 1));
	assert_false(ram_contains(&ram, 0xbffff, 2));
	assert_true(ram_contains(&ram, 0xc0000, MIB(256) - 0xc0000));
	assert_true(ram_contains(&ram, MIB(256) - 1, 1));
	assert_false(ram_contains(&ram, MIB(256) - 1, 2));
	assert_false(ram_contains(&ram, MIB(256), 1));
	assert_true(ram_contains(&ram, 0x1000, 0));
	assert_false(ram_contains(&ram, 0x1000, ~0UL));
	assert_false(ram_contains(&ram, ~0UL, 1));
	assert_int_equal(used(FRAME_GUEST), MIB(256));
}

static void test_above_4g(void **state)
{
	(void)state;
	create(GIB(5));
	assert_int_equal(ram.range_count, 3);
	assert_true(ram_contains(&ram, GIB(3) - 1, 1));
	assert_false(ram_contains(&ram, GIB(3), 1));
	assert_false(ram_contains(&ram, GIB(4) - 1, 1));
	assert_true(ram_contains(&ram, GIB(4), GIB(2)));
	assert_false(ram_contains(&ram, GIB(6), 1));
	assert_true(ram_touch(&ram, GIB(6) - 1));
	assert_false(ram_touch(&ram, GIB(3)));
}

static void test_nothing_is_cleared_before(void **state)
{
	(void)state;
	create(GIB(4));
	/* The pool is sparse: what is touched are tables and lists, not RAM. */
	assert_true(pool_touched() < MIB(1));
	assert_int_equal(ram.cleared, 0);
}

static void test_first_access_clears(void **state)
{
	const gpa_t gpa = MIB(6) + 0x1234;
	hpa_t block;
	u64 size, entry;
	u8 *chunk;

	(void)state;
	create(MIB(64));
	entry = leaf(gpa, &size);
	assert_int_equal(size, SIZE_2M);
	assert_int_equal(entry & EPT_RWX, 0);
	assert_true(entry & EPT_RESERVED);
	block = entry & BITS(51, 21);
	chunk = phys_to_virt(block);
	memset(chunk, 0xaa, SIZE_2M); /* what somebody else left there */

	assert_true(ram_touch(&ram, gpa));
	for (u64 i = 0; i < SIZE_2M; i++)
		if (chunk[i])
			fail_msg("byte %#lx is not cleared", i);
	entry = leaf(gpa, &size);
	assert_int_equal(entry & EPT_RWX, EPT_RWX);
	assert_int_equal(entry & EPT_RESERVED, 0);
	assert_int_equal(entry >> EPT_TYPE_SHIFT & 7, MEMORY_WB);
	assert_int_equal(entry & BITS(51, 21), block); /* the same frames */
	assert_int_equal(ram.cleared, SIZE_2M);

	chunk[5] = 1; /* the guest writes */
	assert_true(ram_touch(&ram, gpa));
	assert_int_equal(chunk[5], 1); /* and it is not cleared twice */
	assert_int_equal(ram.cleared, SIZE_2M);
	assert_int_equal(leaf(gpa + SIZE_2M, &size) & EPT_RWX, 0);
}

static void test_first_mebibytes_go_by_4k(void **state)
{
	u64 size;

	(void)state;
	create(MIB(64));
	assert_true(ram_touch(&ram, 0x7c00));
	assert_int_equal(ram.cleared, PAGE_SIZE);
	assert_true(leaf(0x9f000, &size) & EPT_RESERVED);
	assert_int_equal(leaf(0xa0000, &size), 0); /* the hole is nothing at all */
	assert_false(ram_touch(&ram, 0xb8000));
	leaf(0x7c00, &size);
	assert_int_equal(size, PAGE_SIZE);
}

static void test_pointer(void **state)
{
	u8 *p;

	(void)state;
	create(MIB(64));
	p = ram_pointer(&ram, 0x7c00, 16);
	assert_non_null(p);
	memcpy(p, "hello", 5);
	assert_ptr_equal(ram_pointer(&ram, 0x7c04, 1), p + 4);
	assert_non_null(ram_pointer(&ram, 0x7ff0, 16));
	assert_null(ram_pointer(&ram, 0x7ff0, 17)); /* leaves its page */
	assert_non_null(ram_pointer(&ram, 0x7fff, 1));
	assert_null(ram_pointer(&ram, 0x7fff, 2));
	assert_non_null(ram_pointer(&ram, MIB(4), PAGE_SIZE));
	assert_null(ram_pointer(&ram, 0xa0000, 1));
	assert_null(ram_pointer(&ram, MIB(64), 1));
}

static void test_copy(void **state)
{
	static u8 from[3 * MIB(1)], to[3 * MIB(1)];
	u8 byte = 0x77;

	(void)state;
	create(MIB(64));
	for (u64 i = 0; i < sizeof(from); i++)
		from[i] = (u8)(i * 31 >> 3);
	assert_int_equal(ram_write(&ram, MIB(1) + 5, from, sizeof(from)), 0);
	assert_int_equal(ram_read(&ram, MIB(1) + 5, to, sizeof(to)), 0);
	assert_memory_equal(from, to, sizeof(to));
	assert_int_equal(ram_write(&ram, 0x9fff0, from, 16), 0);
	assert_int_equal(ram_write(&ram, 0x9fff0, &byte, 0), 0);
	assert_int_equal(ram_write(&ram, 0x9fff0, to, 17), -ERR_FAULT);
	assert_int_equal(ram_read(&ram, 0x9fff0, to, 16), 0);
	assert_memory_equal(from, to, 16); /* nothing was copied by the failed one */
	assert_int_equal(ram_read(&ram, MIB(64) - 1, to, 2), -ERR_FAULT);
}

static void test_bad_sizes(void **state)
{
	(void)state;
	create(MIB(2));
	assert_int_equal(ram_create(&ram, &ept, MIB(1) - PAGE_SIZE), -ERR_INVAL);
	assert_int_equal(ram_create(&ram, &ept, MIB(1) + 1), -ERR_INVAL);
	assert_int_equal(ram_create(&ram, &ept, MAP_RAM_MAX + PAGE_SIZE), -ERR_INVAL);
	assert_int_equal(ram_create(&ram, &ept, ~0UL << PAGE_SHIFT), -ERR_INVAL);
	assert_int_equal(used(FRAME_GUEST), MIB(2));
}

static void test_odd_size(void **state)
{
	u64 size;

	(void)state;
	create(MIB(5) + 3 * PAGE_SIZE);
	assert_int_equal(used(FRAME_GUEST), MIB(5) + 3 * PAGE_SIZE);
	assert_true(ram_touch(&ram, MIB(5) + 3 * PAGE_SIZE - 1));
	assert_false(ram_touch(&ram, MIB(5) + 3 * PAGE_SIZE));
	leaf(MIB(2), &size);
	assert_int_equal(size, SIZE_2M);
	leaf(MIB(5), &size);
	assert_int_equal(size, PAGE_SIZE);
}

static void test_smallest(void **state)
{
	(void)state;
	create(MIB(1));
	assert_true(ram_touch(&ram, MIB(1) - 1));
	assert_false(ram_touch(&ram, MIB(1)));
}

/* Memory in pieces: every other frame is taken. The guest gets the rest, 4K by 4K. */
static void test_fragmented_host(void **state)
{
	static hpa_t frames[2048];
	u64 size;

	(void)state;
	open_pool(GIB(1), MIB(8));
	make_ept();
	for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = frame_alloc(FRAME_ORDER_4K, FRAME_TEST);
	for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
		if (frames[i] != FRAME_NONE && frames[i] & PAGE_SIZE) {
			frame_free(frames[i], FRAME_ORDER_4K, FRAME_TEST);
			frames[i] = FRAME_NONE;
		}
	assert_int_equal(ram_create(&ram, &ept, MIB(3)), 0);
	leaf(MIB(2), &size);
	assert_int_equal(size, PAGE_SIZE);
	for (gpa_t gpa = MIB(1); gpa < MIB(3); gpa += PAGE_SIZE)
		assert_int_equal(ram_write(&ram, gpa, &gpa, sizeof(gpa)), 0);
	for (gpa_t gpa = MIB(1), back; gpa < MIB(3); gpa += PAGE_SIZE) {
		assert_int_equal(ram_read(&ram, gpa, &back, sizeof(back)), 0);
		assert_int_equal(back, gpa); /* no two share a frame */
	}
	for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
		if (frames[i] != FRAME_NONE)
			frame_free(frames[i], FRAME_ORDER_4K, FRAME_TEST);
}

/* For every amount of memory that is too little: refused, and nothing is lost. */
static void test_exhaustion(void **state)
{
	(void)state;
	for (u64 frames = 16; frames < 600; frames += 3) {
		int error;

		open_pool(GIB(1), frames * PAGE_SIZE);
		make_ept();
		error = ram_create(&ram, &ept, MIB(2));
		assert_true(error == 0 || error == -ERR_NOMEM);
		if (error == 0)
			break;
		assert_int_equal(used(FRAME_GUEST), 0);
		assert_int_equal(used(FRAME_VM), 0);
		ept_destroy(&ept);
		assert_int_equal(used(FRAME_EPT), 0);
		pool_close();
		assert_true(frames < 560); /* 512 frames and a few tables must be enough */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_map, destroy),
		cmocka_unit_test_teardown(test_above_4g, destroy),
		cmocka_unit_test_teardown(test_nothing_is_cleared_before, destroy),
		cmocka_unit_test_teardown(test_first_access_clears, destroy),
		cmocka_unit_test_teardown(test_first_mebibytes_go_by_4k, destroy),
		cmocka_unit_test_teardown(test_pointer, destroy),
		cmocka_unit_test_teardown(test_copy, destroy),
		cmocka_unit_test_teardown(test_bad_sizes, destroy),
		cmocka_unit_test_teardown(test_odd_size, destroy),
		cmocka_unit_test_teardown(test_smallest, destroy),
		cmocka_unit_test_teardown(test_fragmented_host, destroy),
		cmocka_unit_test_teardown(test_exhaustion, destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
