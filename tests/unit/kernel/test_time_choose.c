/* SPDX-License-Identifier: MIT */
#include "kernel/time_choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool claimed;

static u64 choose(u64 measured, struct time_cpuid claims)
{
	claimed = !claimed; /* must be set either way */
	return time_choose_hz(measured, &claims, &claimed);
}

static void an_exact_claim_that_agrees_is_taken(void **state)
{
	/* 24 MHz * 334 / 2 */
	const struct time_cpuid claims = {2, 334, 24000000, 4000};

	(void)state;
	assert_int_equal(choose(4008000123, claims), 4008000000);
	assert_true(claimed);
	assert_int_equal(choose(3970000000, claims), 4008000000); /* just within 1 % */
	assert_true(claimed);
	assert_int_equal(choose(3966000000, claims), 3966000000);
	assert_false(claimed);
}

static void a_missing_crystal_is_found_by_the_measurement(void **state)
{
	(void)state;
	assert_int_equal(choose(4008300000, (struct time_cpuid){2, 334, 0, 4000}), 4008000000);
	assert_true(claimed);
	assert_int_equal(choose(2100100000, (struct time_cpuid){2, 168, 0, 2100}), 2100000000);
	assert_true(claimed);
	/* A crystal that is told is not guessed again. */
	assert_int_equal(choose(4008300000, (struct time_cpuid){2, 334, 30000000, 0}), 4008300000);
	assert_false(claimed);
}

/* Bochs: the TSC counts at `ips`, whatever the model's CPUID says. */
static void claims_that_disagree_are_not_believed(void **state)
{
	static const struct time_cpuid models[] = {
		{2, 292, 0, 3500},
		{2, 184, 24000000, 2200},
		{2, 78, 38400000, 1500},
		{2, 126, 38400000, 2400},
	};
	static const u64 ips[] = {1000000, 4000017, 20001184, 50003736, 199990750};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
		for (unsigned j = 0; j < ARRAY_SIZE(ips); j++) {
			assert_int_equal(choose(ips[j], models[i]), ips[j]);
			assert_false(claimed);
		}
	}
}

static void the_frequency_on_the_box_is_no_match_for_a_measurement(void **state)
{
	(void)state;
	assert_int_equal(choose(2594000000, (struct time_cpuid){0, 0, 0, 2600}), 2594000000);
	assert_false(claimed);
}

static void without_a_measurement_any_claim_will_do(void **state)
{
	(void)state;
	assert_int_equal(choose(0, (struct time_cpuid){2, 184, 24000000, 9999}), 2208000000);
	assert_true(claimed);
	assert_int_equal(choose(0, (struct time_cpuid){2, 292, 0, 3500}), 3500000000);
	assert_true(claimed);
	assert_int_equal(choose(0, (struct time_cpuid){0, 292, 24000000, 3500}), 3500000000);
	assert_true(claimed);
	assert_int_equal(choose(0, (struct time_cpuid){2, 292, 0, 0}), 0);
	assert_false(claimed);
}

static void nothing_overflows(void **state)
{
	const struct time_cpuid most = {1, ~0U, ~0U, ~0U};

	(void)state;
	assert_int_equal(time_claimed_hz(&most), 0xfffffffeUL * 0x100000000UL + 1);
	assert_int_equal(choose(~0UL, (struct time_cpuid){0, 0, 0, 0}), ~0UL);
	assert_false(claimed);
	assert_int_equal(choose(50, (struct time_cpuid){1, 1, 51, 0}),
			 50); /* 1 % of 50 is nothing */
	assert_false(claimed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exact_claim_that_agrees_is_taken),
		cmocka_unit_test(a_missing_crystal_is_found_by_the_measurement),
		cmocka_unit_test(claims_that_disagree_are_not_believed),
		cmocka_unit_test(the_frequency_on_the_box_is_no_match_for_a_measurement),
		cmocka_unit_test(without_a_measurement_any_claim_will_do),
		cmocka_unit_test(nothing_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
