/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of time.c, and which clock it measures with. The clocks
 * and the measurement are fakes.
 */
#include "kernel/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/time_sources.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "tests/unit/kernel/fake_log.h"

typedef unsigned __int128 u128;

u64 boot_entry_tsc;

static u64 measured_hz[3]; /* by PM timer, HPET, PIT; 0 = dead, ~0 = not there */
static unsigned opened, closed, now_open;

static void close_clock(void)
{
	closed++;
}

static bool open_clock(struct time_source *source, unsigned number, const char *name)
{
	if (measured_hz[number] == ~0UL)
		return false;
	*source = (struct time_source){.name = name, .close = close_clock};
	opened++;
	now_open = number;
	return true;
}

bool time_sources_open_pm_timer(struct time_source *source)
{
	return open_clock(source, 0, "PM timer");
}

bool time_sources_open_hpet(struct time_source *source)
{
	return open_clock(source, 1, "HPET");
}

bool time_sources_open_pit(struct time_source *source)
{
	return open_clock(source, 2, "PIT");
}

int time_calibrate(const struct time_source *source, struct time_measurement *m)
{
	(void)source;
	*m = (struct time_measurement){.hz = measured_hz[now_open]};
	return m->hz ? 0 : -ERR_TIMEOUT;
}

/* Frequencies that no CPUID claims, whatever this test runs on. */
static void init(u64 pm_timer, u64 hpet, u64 pit)
{
	measured_hz[0] = pm_timer;
	measured_hz[1] = hpet;
	measured_hz[2] = pit;
	opened = closed = 0;
	fake_log_reset();
	time_init();
}

static void knows_nothing_before_init(void **state)
{
	(void)state;
	assert_int_equal(time_tsc_hz(), 0);
	assert_int_equal(time_tsc_to_ns(12345), 0);
	assert_int_equal(time_ns_to_tsc(12345), 0);
	assert_int_equal(time_since_boot_ns(), 0);
	time_delay_ns(1000); /* must end */
}

static void the_first_clock_that_runs_is_taken(void **state)
{
	(void)state;
	init(111111111, 122222222, 133333333);
	assert_int_equal(time_tsc_hz(), 111111111);
	assert_int_equal(opened, 1);
	assert_int_equal(fake_log_warnings, 0);
	init(~0UL, 122222222, 133333333);
	assert_int_equal(time_tsc_hz(), 122222222);
	init(0, ~0UL, 133333333);
	assert_int_equal(time_tsc_hz(), 133333333);
	assert_int_equal(opened, 2);
	assert_int_equal(closed, 2);
	assert_int_equal(fake_log_warnings, 1);
}

static void without_a_clock_there_is_some_frequency(void **state)
{
	(void)state;
	init(0, 0, 0);
	assert_true(time_tsc_hz() >= 1000000);
	assert_int_equal(opened, 3);
	assert_int_equal(closed, 3);
	assert_int_equal(fake_log_warnings, 4);
	assert_non_null(strstr(fake_log_last, "no clock to measure the TSC with"));
}

static u64 exact(u64 count, u64 to, u64 from)
{
	u128 result = (u128)count * to / from;

	return result > ~0UL ? ~0UL : (u64)result;
}

static void conversions_are_exact(void **state)
{
	static const u64 hz[] = {100000, 999998, 20000000, 111111111, 2596148736, 16000000000};
	static const u64 counts[] = {
		0,
		1,
		999,
		999999999,
		1000000000,
		1000000001,
		0xffffffff,
		0x100000000,
		86400000000000,
		0x7fffffffffffffff,
		1844674407399999,
		0xfffffffffffffffe,
		0xffffffffffffffff,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(hz); i++) {
		u64 random = 12345;

		init(hz[i], ~0UL, ~0UL);
		if (time_tsc_hz() != hz[i])
			continue; /* this very computer's frequency */
		for (unsigned j = 0; j < ARRAY_SIZE(counts); j++) {
			assert_int_equal(time_tsc_to_ns(counts[j]),
					 exact(counts[j], 1000000000, hz[i]));
			assert_int_equal(time_ns_to_tsc(counts[j]),
					 exact(counts[j], hz[i], 1000000000));
		}
		for (unsigned j = 0; j < 10000; j++) {
			u64 count = random >> j % 64;

			assert_int_equal(time_tsc_to_ns(count), exact(count, 1000000000, hz[i]));
			assert_int_equal(time_ns_to_tsc(count), exact(count, hz[i], 1000000000));
			random = random * 6364136223846793005UL + 1442695040888963407UL;
		}
	}
}

static void time_counts_from_image_entry(void **state)
{
	u64 before, ns, after;

	(void)state;
	init(111111111, ~0UL, ~0UL);
	boot_entry_tsc = time_tsc() - 1111111110; /* ten seconds ago, at that frequency */
	before = time_tsc();
	ns = time_since_boot_ns();
	after = time_tsc();
	assert_in_range(ns, time_tsc_to_ns(before - boot_entry_tsc),
			time_tsc_to_ns(after - boot_entry_tsc));
	assert_true(ns >= 10000000000);
	boot_entry_tsc = time_tsc() + BIT(62); /* a TSC that was reset */
	assert_int_equal(time_since_boot_ns(), 0);
	boot_entry_tsc = 0;
}

static void a_delay_is_never_too_short(void **state)
{
	u64 start;

	(void)state;
	init(111111111, ~0UL, ~0UL);
	start = time_tsc();
	time_delay_ns(1000000);
	assert_true(time_tsc() - start >= 111111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_nothing_before_init), /* must be the first */
		cmocka_unit_test(the_first_clock_that_runs_is_taken),
		cmocka_unit_test(without_a_clock_there_is_some_frequency),
		cmocka_unit_test(conversions_are_exact),
		cmocka_unit_test(time_counts_from_image_entry),
		cmocka_unit_test(a_delay_is_never_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
