/* SPDX-License-Identifier: MIT */
/* The machine's clock and the guest's TSC, which count together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/time.h"
#include "machine/clock.h"
#include "machine/tsc.h"
#include "tests/sim/vmx.h"

#define SLACK 1000000000000UL /* ticks this test surely ends in */

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks / 4;
}

static void test_clock(void **state)
{
	struct clock clock;
	u64 first, second;

	(void)state;
	clock_start(&clock);
	first = clock_now(&clock);
	second = clock_now(&clock);
	assert_true(first < SLACK);
	assert_true(second >= first);
	clock.start_tsc -= 4000000;
	assert_in_range(clock_now(&clock), 1000000, SLACK);
}

/* It goes on where it stopped. */
static void test_pause(void **state)
{
	struct clock clock;
	u64 before, ticks;

	(void)state;
	clock_start(&clock);
	clock_pause(&clock);
	before = (clock.paused_tsc - clock.start_tsc) / 4;
	clock.paused_tsc -= SLACK; /* that long ago */
	clock.start_tsc -= SLACK;
	ticks = clock_resume(&clock);
	assert_in_range(ticks, SLACK, 2 * SLACK);
	assert_in_range(clock_now(&clock), before, before + SLACK / 8);
}

static void test_guest_tsc(void **state)
{
	struct vcpu v = { 0 };

	(void)state;
	sim_vmx_reset();
	sim_set(VMCS_TSC_OFFSET, 0);
	assert_in_range(tsc_guest(&v), time_tsc() - SLACK, time_tsc() + SLACK);
	tsc_set_guest(&v, 1000);
	assert_in_range(tsc_guest(&v), 1000, 1000 + SLACK);
	assert_in_range(sim_get(VMCS_TSC_OFFSET), 1000 - time_tsc(), 1000 - time_tsc() + SLACK);
	tsc_set_guest(&v, 1UL << 62);
	assert_in_range(tsc_guest(&v), 1UL << 62, (1UL << 62) + SLACK);
	sim_set(VMCS_TSC_OFFSET, 1000);
	tsc_skip(&v, 3000);
	assert_int_equal(sim_get(VMCS_TSC_OFFSET), -2000UL);
	tsc_move(&v, 5000);
	assert_int_equal(sim_get(VMCS_TSC_OFFSET), 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_guest_tsc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
