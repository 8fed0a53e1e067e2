/* SPDX-License-Identifier: MIT */
/*
 * The measurement, on a computer whose time is a variable: reading the
 * clock and the TSC take the time that a test says, and a test may stop
 * the program for a while, as SMIs and hypervisors do.
 */
#include "kernel/time_calibrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"

#define PS_PER_S 1000000000000UL

static struct computer {
	u64 now_ps;
	u64 clock_hz, tsc_hz;
	u64 clock_cost_ps, tsc_cost_ps; /* of one read */
	u64 clock_step_ps;		/* the clock shows the time of the last multiple */
	u64 dies_at_ps;			/* the clock stands still from here */
	u64 stop_every, stop_ps;	/* every so many reads the program is stopped so long */
	unsigned reads;
} computer;

static u64 count(u64 ps, u64 hz)
{
	return (u64)((unsigned __int128)ps * hz / PS_PER_S);
}

static u64 read_clock(void)
{
	u64 ps;

	computer.reads++;
	computer.now_ps += computer.clock_cost_ps;
	if (computer.stop_every && computer.reads % computer.stop_every == 0)
		computer.now_ps += computer.stop_ps;
	ps = MIN(computer.now_ps, computer.dies_at_ps);
	if (computer.clock_step_ps)
		ps -= ps % computer.clock_step_ps;
	return 0xfffff000 + count(ps, computer.clock_hz); /* wraps early */
}

static u64 read_tsc(void)
{
	computer.now_ps += computer.tsc_cost_ps;
	return count(computer.now_ps, computer.tsc_hz);
}

static struct time_source source;
static struct time_measurement m;

/* A PM timer on a board of 2.6 GHz. */
static int setup(void **state)
{
	(void)state;
	computer = (struct computer){
		.now_ps = 123456789,
		.clock_hz = 3579545,
		.tsc_hz = 2600000000,
		.clock_cost_ps = 900000,
		.tsc_cost_ps = 10000,
		.dies_at_ps = ~0UL,
	};
	source = (struct time_source){
		.name = "test",
		.hz = 3579545,
		.mask = BITS(23, 0),
		.read = read_clock,
		.tsc = read_tsc,
	};
	m = (struct time_measurement){0};
	return 0;
}

static u64 error_ppm(void)
{
	u64 error = m.hz > computer.tsc_hz ? m.hz - computer.tsc_hz : computer.tsc_hz - m.hz;

	return error * 1000000 / computer.tsc_hz;
}

static void measures_a_quiet_board(void **state)
{
	u64 start = computer.now_ps;

	(void)state;
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 200);
	assert_int_equal(m.spread_ppm, 0);
	assert_in_range(computer.now_ps - start, PS_PER_S / 1000 * 4, PS_PER_S / 1000 * 5);
}

static void measures_with_each_clock(void **state)
{
	(void)state;
	source.hz = computer.clock_hz = 1193182; /* PIT: 16 bits, three port accesses */
	source.mask = BITS(15, 0);
	computer.clock_cost_ps = 3000000;
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 300);
	source.hz = computer.clock_hz = 14318180; /* HPET */
	source.mask = BITS(31, 0);
	computer.clock_cost_ps = 500000;
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 100);
}

/* Bochs: one tick an instruction, and a clock that moves each microsecond. */
static void measures_slow_emulators(void **state)
{
	static const u64 ips[] = {1000000, 4000000, 20000000, 50000000};

	(void)state;
	computer.clock_step_ps = 1000000;
	for (unsigned i = 0; i < ARRAY_SIZE(ips); i++) {
		u64 start = computer.now_ps;

		computer.tsc_hz = ips[i];
		computer.clock_cost_ps = 12 * PS_PER_S / ips[i];
		computer.tsc_cost_ps = 5 * PS_PER_S / ips[i];
		assert_int_equal(time_calibrate(&source, &m), 0);
		assert_in_range(error_ppm(), 0, 200);
		assert_in_range(count(computer.now_ps - start, ips[i]), 0, 250000);
	}
}

/* In a nested virtual machine one access takes longer than a whole window. */
static void waits_longer_where_reading_takes_long(void **state)
{
	(void)state;
	computer.clock_cost_ps = PS_PER_S / 100000; /* 10 us */
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 300);
	assert_in_range(m.uncertainty_ppm, 0, 2000);
	computer.clock_cost_ps = PS_PER_S / 500; /* 2 ms */
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 1000);
	assert_in_range(m.uncertainty_ppm, 0, 60000);
	source.hz = computer.clock_hz = 1193182; /* the PIT goes round in 55 ms */
	source.mask = BITS(15, 0);
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 1000);
}

static void a_stop_within_a_window_does_not_matter(void **state)
{
	(void)state;
	/* Both go on meanwhile: only a stop between reading the two hurts, and edges avoid it. */
	computer.stop_ps = PS_PER_S / 2000;
	for (computer.stop_every = 5; computer.stop_every < 15; computer.stop_every++) {
		assert_int_equal(time_calibrate(&source, &m), 0);
		assert_in_range(error_ppm(), 0, 200);
	}
}

/* A clock that loses ticks is noticed; the median is still near. */
static u64 read_lossy_clock(void)
{
	static u64 lost;

	if (computer.reads % 3000 == 2999)
		lost += 200;
	return read_clock() - lost;
}

static void disagreement_is_told(void **state)
{
	(void)state;
	source.read = read_lossy_clock;
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_true(m.spread_ppm > TIME_SPREAD_MAX_PPM);
	assert_in_range(error_ppm(), 0, 100000);
}

static unsigned jumps;

static u64 read_tsc_that_jumps_once(void)
{
	if (jumps && computer.reads > 2000) {
		jumps = 0;
		computer.tsc_hz += 50000000; /* which also shifts the count */
	}
	return read_tsc();
}

static void a_single_disturbance_is_measured_again(void **state)
{
	(void)state;
	jumps = 1;
	source.tsc = read_tsc_that_jumps_once;
	assert_int_equal(time_calibrate(&source, &m), 0);
	assert_in_range(error_ppm(), 0, 200);
	assert_int_equal(m.spread_ppm, 0);
	assert_int_equal(jumps, 0);
}

static u64 read_absent(void)
{
	computer.reads++;
	computer.now_ps += 1000000;
	return ~0UL;
}

static u64 read_oscillating(void)
{
	return read_absent() + (computer.reads & 1);
}

static void dead_clocks_end(void **state)
{
	(void)state;
	source.read = read_absent;
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
	assert_in_range(computer.reads, 1, 20000);
	assert_int_equal(m.hz, 0);

	computer.reads = 0;
	source.read = read_oscillating;
	source.mask = BITS(31, 0);
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
	assert_in_range(computer.reads, 1, 10000000);

	computer.reads = 0;
	source.read = read_clock;
	computer.dies_at_ps = computer.now_ps + PS_PER_S / 500;
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
	assert_in_range(computer.reads, 1, 40000);
}

static u64 read_dead_tsc(void)
{
	return 42;
}

static void impossible_frequencies_are_refused(void **state)
{
	(void)state;
	source.tsc = read_dead_tsc;
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
	source.tsc = read_tsc;
	computer.tsc_hz = 20000000000;
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
	computer.tsc_hz = 50000;
	assert_int_equal(time_calibrate(&source, &m), -ERR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(measures_a_quiet_board, setup),
		cmocka_unit_test_setup(measures_with_each_clock, setup),
		cmocka_unit_test_setup(measures_slow_emulators, setup),
		cmocka_unit_test_setup(waits_longer_where_reading_takes_long, setup),
		cmocka_unit_test_setup(a_stop_within_a_window_does_not_matter, setup),
		cmocka_unit_test_setup(disagreement_is_told, setup),
		cmocka_unit_test_setup(a_single_disturbance_is_measured_again, setup),
		cmocka_unit_test_setup(dead_clocks_end, setup),
		cmocka_unit_test_setup(impossible_frequencies_are_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
