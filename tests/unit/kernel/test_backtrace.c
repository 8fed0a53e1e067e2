/* SPDX-License-Identifier: MIT */
/*
 * Frame chains on stacks in memory: whole ones, and every way to be broken
 * that would make a careless walker fault or loop.
 */
#include "kernel/backtrace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WORDS	  32
#define FOUND_MAX 8

static u64 first[WORDS], second[WORDS];
static const struct cpu_stack stacks[2] = {
	{(u64)first, (u64)(first + WORDS)},
	{(u64)second, (u64)(second + WORDS)},
};
static u64 found[FOUND_MAX];

static int setup(void **state)
{
	(void)state;
	memset(first, 0, sizeof(first));
	memset(second, 0, sizeof(second));
	memset(found, 0, sizeof(found));
	return 0;
}

static void frame(u64 *at, const void *caller, u64 return_address)
{
	at[0] = (u64)caller;
	at[1] = return_address;
}

static unsigned walk(const void *from)
{
	return backtrace_walk((u64)from, stacks, ARRAY_SIZE(stacks), found, FOUND_MAX);
}

static void a_chain_is_followed_to_its_end(void **state)
{
	(void)state;
	frame(first + 2, first + 8, 0x11);
	frame(first + 8, first + 30, 0x22);
	frame(first + 30, NULL, 0x33);
	assert_int_equal(walk(first + 2), 3);
	assert_int_equal(found[0], 0x11);
	assert_int_equal(found[1], 0x22);
	assert_int_equal(found[2], 0x33);
}

static void no_more_than_asked_for(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 15; i++)
		frame(first + 2 * i, first + 2 * i + 2, 0x100 + i);
	assert_int_equal(walk(first), FOUND_MAX);
	assert_int_equal(found[FOUND_MAX - 1], 0x100 + FOUND_MAX - 1);
}

static void a_zero_return_address_ends_it(void **state)
{
	(void)state;
	frame(first, first + 4, 0x11);
	frame(first + 4, first + 8, 0);
	frame(first + 8, NULL, 0x33);
	assert_int_equal(walk(first), 1);
}

static void frames_outside_of_all_stacks_are_not_read(void **state)
{
	static const u64 bad[] = {0, 8, 0x8000000000000000, ~0UL, ~0UL - 15, ~0UL - 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(walk((const void *)bad[i]), 0);
	assert_int_equal(walk((const void *)(stacks[0].base - 8)), 0);
	assert_int_equal(walk(first + WORDS), 0);
	/* The return address would be beyond the top. */
	assert_int_equal(walk(first + WORDS - 1), 0);
	assert_int_equal(walk((const char *)first + 4), 0);
}

static void a_chain_that_turns_back_ends(void **state)
{
	(void)state;
	frame(first + 4, first + 4, 0x11); /* itself */
	assert_int_equal(walk(first + 4), 1);
	frame(first + 4, first + 8, 0x11);
	frame(first + 8, first + 4, 0x22);
	assert_int_equal(walk(first + 4), 2);
}

static void an_exception_stack_leads_to_the_one_before(void **state)
{
	(void)state;
	frame(second + 6, first + 2, 0x11);
	frame(first + 2, NULL, 0x22);
	assert_int_equal(walk(second + 6), 2);
	assert_int_equal(found[1], 0x22);
}

static void stacks_that_lead_to_each_other_end(void **state)
{
	(void)state;
	frame(second, first, 0x11);
	frame(first, second, 0x22);
	assert_int_equal(walk(second), 2);
}

static void single_words_are_read_from_stacks_only(void **state)
{
	(void)state;
	first[WORDS - 1] = 0x55;
	assert_int_equal(backtrace_read((u64)(first + WORDS - 1), stacks, 2), 0x55);
	assert_int_equal(backtrace_read((u64)(first + WORDS), stacks, 2), 0);
	assert_int_equal(backtrace_read((u64)first + 1, stacks, 2), 0);
	assert_int_equal(backtrace_read(0, stacks, 2), 0);
	assert_int_equal(backtrace_read((u64)first, stacks, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_chain_is_followed_to_its_end, setup),
		cmocka_unit_test_setup(no_more_than_asked_for, setup),
		cmocka_unit_test_setup(a_zero_return_address_ends_it, setup),
		cmocka_unit_test_setup(frames_outside_of_all_stacks_are_not_read, setup),
		cmocka_unit_test_setup(a_chain_that_turns_back_ends, setup),
		cmocka_unit_test_setup(an_exception_stack_leads_to_the_one_before, setup),
		cmocka_unit_test_setup(stacks_that_lead_to_each_other_end, setup),
		cmocka_unit_test_setup(single_words_are_read_from_stacks_only, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
