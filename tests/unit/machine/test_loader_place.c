/* SPDX-License-Identifier: MIT */
/* Which memory is taken, what is found free, and the complaints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/loader_place.h"
#include "machine/memory_map.h"
#include "tests/sim/panic.h"
#include "tests/unit/machine/fake_loader.h"

static struct load l;
static const struct loader_file file = { "module 9", NULL, 0, "" };

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(8));
	fake_request.kernel = file;
	load_begin(&l, &fake_vm, &fake_request, fake_why);
	return 0;
}

static void test_claims(void **state)
{
	(void)state;
	assert_true(load_try_claim(&l, 0x500, 0x9fc00 - 0x500));
	assert_false(load_try_claim(&l, 0x8000, 1));
	assert_true(load_try_claim(&l, MIB(1), MIB(7)));
	assert_false(load_try_claim(&l, MIB(8), 1));
	assert_true(load_try_claim(&l, MIB(2), 0)); /* nothing is always free */
	assert_false(load_try_claim(&l, ~0UL, 1));
	assert_false(load_try_claim(&l, ~0UL - 1, 4));
}

static void test_complaints(void **state)
{
	(void)state;
	assert_int_equal(load_claim(&l, &file, MIB(8) - 1, 2, "it"), -ERR_RANGE);
	fake_expect_why("module 9: it is not all RAM: give more with mem=, or link elsewhere");
	assert_int_equal(load_claim(&l, &file, ~0UL - 1, 4, "it"), -ERR_RANGE);
	fake_expect_why("is not all RAM");
	assert_int_equal(load_claim(&l, &file, 0x9fb00, 0x101, "it"), -ERR_RANGE);
	fake_expect_why("is over the firmware's memory");
	assert_int_equal(load_claim(&l, &file, 0xf0000, 16, "it"), -ERR_RANGE);
	fake_expect_why("is over the firmware's memory, 0x9fc00 to 0xfffff");
	assert_int_equal(load_claim(&l, &file, 0, 16, "it"), -ERR_RANGE);
	fake_expect_why("is over the firmware's memory, 0 to 0x4ff");
	assert_int_equal(load_claim(&l, &file, 0x500, 16, "it"), 0);
	assert_int_equal(load_claim(&l, &file, 0x4f0, 0x11, "field=%#x", 7), -ERR_RANGE);
	fake_expect_why("module 9: field=0x7 is over the firmware's memory, 0 to 0x4ff: link elsewhere");
	assert_int_equal(load_claim(&l, &file, 0x50f, 16, "it"), -ERR_RANGE);
	fake_expect_why("it is over memory that is taken already: link it elsewhere");
}

static void test_too_many_pieces(void **state)
{
	gpa_t at;

	(void)state;
	while (l.claim_count < LOAD_CLAIMS)
		assert_true(load_try_claim(&l, MIB(1) + 2UL * l.claim_count, 1));
	assert_int_equal(load_claim(&l, &file, MIB(2), 1, "it"), -ERR_RANGE);
	fake_expect_why("one piece more than there is room for");
	assert_false(load_find(&l, &(struct load_place){ 1, 1, 0, MIB(8), false }, &at));
}

static gpa_t find(u64 size, u64 align, gpa_t min, gpa_t max, bool high)
{
	gpa_t at = ~0UL;

	return load_find(&l, &(struct load_place){ size, align, min, max, high }, &at) ? at : ~0UL;
}

static void test_lowest(void **state)
{
	(void)state;
	assert_int_equal(find(0x1000, 0x1000, 0, ~0UL, false), 0x1000);
	assert_int_equal(find(0x1000, 0x1000, 0, ~0UL, false), 0x2000);
	assert_int_equal(find(0x9d000, 1, 0, ~0UL, false), MIB(1));
	assert_int_equal(find(0x9fc00 - 0x3000, 1, 0, ~0UL, false), 0x3000);
	assert_int_equal(find(1, 1, 0, MIB(1) - 1, false), 0x500); /* before the first page */
	assert_int_equal(find(MIB(2), MIB(2), 0, ~0UL, false), MIB(2));
	assert_int_equal(find(MIB(4), MIB(1), 0, ~0UL, false), MIB(4));
	assert_int_equal(find(MIB(4), MIB(1), 0, ~0UL, false), ~0UL);
}

static void test_highest(void **state)
{
	(void)state;
	assert_int_equal(find(0x1000, 0x1000, 0, ~0UL, true), MIB(8) - 0x1000);
	assert_int_equal(find(0x1800, 0x1000, 0, ~0UL, true), MIB(8) - 0x3000);
	assert_int_equal(find(16, 1, 0, ~0UL, true), MIB(8) - 0x1000 - 16);
	assert_int_equal(find(MIB(1), MIB(1), 0, MIB(5) + 5, true), MIB(4));
	assert_int_equal(find(MIB(4), 1, 0, ~0UL, true), ~0UL);
	assert_int_equal(find(0x9f000, 1, 0, MIB(2), true), MIB(2) + 1 - 0x9f000);
	assert_int_equal(find(0x100000, 1, 0, MIB(2), true), ~0UL);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(find(0x1000, 0x1000, MIB(1), MIB(1) + 0xffe, false), ~0UL);
	assert_int_equal(find(0x1000, 0x1000, MIB(1), MIB(1) + 0xfff, false), MIB(1));
	assert_int_equal(find(1, 1, 5, 4, false), ~0UL);
	assert_int_equal(find(~0UL, 1, 0, ~0UL, false), ~0UL);
	assert_int_equal(find(1, 1UL << 63, 1, ~0UL, false), ~0UL);
	assert_int_equal(find(1, 1UL << 63, 1, ~0UL, true), ~0UL);
}

static void place(u64 size, gpa_t min, const char *remedy)
{
	const struct load_place p = { size, 1, min, GIB(4) - 1, false };
	gpa_t at;

	load_begin(&l, &fake_vm, &fake_request, fake_why);
	assert_int_equal(load_place(&l, &file, &p, &at, "field=%d", 5), -ERR_RANGE);
	fake_expect_why(remedy);
}

/* More memory is no remedy where RAM never is, nor where it is already. */
static void test_remedies(void **state)
{
	(void)state;
	place(MIB(9), 0, "module 9: field=5: no room for 9216K: give more with mem=");
	place(GIB(2), GIB(1), "no room for 2097152K: give more with mem=");
	place(GIB(2), GIB(1) + 1, "no room for 2097152K: is it damaged?");
	place(1, GIB(3), "no room for 1K: is it damaged?");
	fake_vm.ram.size = GIB(5);
	place(GIB(3), 0, "no room for 3145728K: give a smaller one");
}

static void test_blocks(void **state)
{
	static const char text[] = "0123456789";
	struct load_block b;

	(void)state;
	assert_int_equal(load_block(&b, &l, 32), 0);
	assert_int_equal(b.start, LOAD_BLOCK_MIN);
	assert_int_equal(load_put_string(&b, "ab"), LOAD_BLOCK_MIN);
	assert_int_equal(load_put(&b, text, 10, 8), LOAD_BLOCK_MIN + 8);
	assert_memory_equal(fake_memory + LOAD_BLOCK_MIN, "ab\0\0\0\0\0\0" "0123456789\0", 19);
	assert_int_equal(load_put(&b, text, 0, 16), LOAD_BLOCK_MIN + 32);
	assert_true(SIM_PANICS(load_put(&b, text, 1, 1)));
	assert_int_equal(load_block(&b, &l, MIB(8)), -ERR_RANGE);
	fake_expect_why("boot information: no room for 8192K: give more with mem=");
}

static void test_modules(void **state)
{
	gpa_t at[LOADER_MODULES];

	(void)state;
	fake_add_module("first", 5, "");
	fake_add_module("", 0, "");
	fake_add_module("third", 5, "");
	assert_int_equal(load_modules(&l, MIB(3) + 1, at), 0);
	assert_int_equal(at[0], MIB(3) + 0x1000);
	assert_int_equal(at[1], MIB(3) + 0x2000);
	assert_int_equal(at[2], MIB(3) + 0x3000);
	assert_memory_equal(fake_memory + at[0], "first", 6);
	assert_memory_equal(fake_memory + at[2], "third", 6);
	/* Where nothing is free behind the kernel, before it. */
	fake_request.module_count = 1;
	assert_int_equal(load_modules(&l, MIB(8) - 1, at), 0);
	assert_int_equal(at[0], 0x1000);
	fake_request.modules[0].length = MIB(8);
	assert_int_equal(load_modules(&l, MIB(3), at), -ERR_RANGE);
	fake_expect_why("module 2: a module below 4G: no room for 8192K");
}

/* With RAM above 4 GiB, the hole below it is taken, too. */
static void test_hole(void **state)
{
	(void)state;
	fake_vm.ram.size = GIB(4);
	load_begin(&l, &fake_vm, &fake_request, fake_why);
	assert_false(load_try_claim(&l, GIB(3), 1));
	assert_false(load_try_claim(&l, GIB(4) - 1, 1));
	assert_true(load_try_claim(&l, GIB(3) - 1, 1));
	assert_true(load_try_claim(&l, GIB(4), GIB(1)));
	assert_false(load_try_claim(&l, GIB(5), 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_claims), TEST(test_complaints), TEST(test_too_many_pieces),
		TEST(test_lowest), TEST(test_highest),	  TEST(test_limits),
		TEST(test_remedies), TEST(test_blocks), TEST(test_modules),	  TEST(test_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
