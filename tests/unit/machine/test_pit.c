/* SPDX-License-Identifier: MIT */
/* The PC's timer: interrupt 0 in time, the control port, port 61H. */
#include "tests/unit/machine/device.h"

#include "machine/pit.h"

static struct pit pit;
static bool untaken; /* the last edge waits for the guest */

static bool waits(const void *machine, unsigned line)
{
	(void)machine;
	assert_int_equal(line, 0);
	return untaken;
}

#define TICK_NS(n) (((u64)(n) * PIT_NS + PIT_TICKS - 1) / PIT_TICKS)

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(&pit, 0xee, sizeof(pit));
	untaken = false;
	pit.irq = test_irq();
	pit.waits = waits;
	pit.clock = &test_clock;
	timer_add(&timers, &pit.timer, pit_due, &pit);
	pit_reset(&pit);
	return 0;
}

static void out(u16 port, u8 value)
{
	port_out(&pit_ports, &pit, port, value);
}

static u8 in(u16 port)
{
	return port_in(&pit_ports, &pit, port);
}

static void program(unsigned channel, u8 mode, u16 count)
{
	out(3, (u8)(channel << 6 | 0x30 | mode << 1));
	out((u16)channel, (u8)count);
	out((u16)channel, (u8)(count >> 8));
}

static u16 read_count(unsigned channel)
{
	u8 low;

	out(3, (u8)(channel << 6));
	low = in((u16)channel);
	return (u16)(low | in((u16)channel) << 8);
}

static void test_tick_conversion(void **state)
{
	(void)state;
	assert_int_equal(pit_ticks(0), 0);
	assert_int_equal(pit_ticks(1000000000), 1193181);
	assert_int_equal(pit_ticks(88000UL * 1000000007UL), 105UL * 1000000007UL);
	for (u64 t = 0; t < 100000; t += 7) {
		assert_int_equal(pit_ticks(pit_ns(t)), t);
		if (t)
			assert_int_equal(pit_ticks(pit_ns(t) - 1), t - 1);
	}
}

static void test_nothing_by_itself(void **state)
{
	(void)state;
	advance(10000000000);
	assert_int_equal(line_rises, 0);
	assert_false(timer_pending(&pit.timer));
}

static void test_periodic_without_drift(void **state)
{
	(void)state;
	program(0, 2, 1193); /* 1 kHz, nearly */
	line_rises = 0;
	for (unsigned i = 1; i <= 20000; i++) {
		advance(TICK_NS(1 + 1193UL * i) - fake_now - 1);
		assert_int_equal(line_rises, i - 1);
		advance(1);
		assert_int_equal(line_rises, i);
	}
}

static void test_late_polls_do_not_shift(void **state)
{
	(void)state;
	program(0, 2, 11932); /* 100 Hz */
	line_rises = 0;
	fake_now = TICK_NS(1 + 11932) + 3000000; /* 3 ms late */
	timers_run(&timers, GIB(1));
	assert_int_equal(line_rises, 1);
	assert_int_equal(pit.timer.deadline, TICK_NS(1 + 2 * 11932));
}

/* The long-term count of ticks is right, however late we look. */
static void test_late_ticks_are_told_later(void **state)
{
	u64 n;

	(void)state;
	program(0, 2, 11932);
	line_rises = 0;
	for (unsigned round = 1; round <= 50; round++) {
		fake_now += 100000000 + round * 1234567;
		timers_run(&timers, GIB(1));
		n = (pit_ticks(fake_now) - 1) / 11932;
		assert_in_range(line_rises, 1, n - 9); /* one at a time */
		advance(4000000);
		assert_true(line_rises < n);
		advance(200000000);
		n = (pit_ticks(fake_now) - 1) / 11932;
		assert_int_equal(line_rises, n);
	}
	assert_int_equal(pit.timer.deadline, TICK_NS(1 + 11932 * (n + 1)));
}

static void test_owed_ticks_wait_for_the_guest(void **state)
{
	(void)state;
	program(0, 2, 11932);
	line_rises = 0;
	fake_now = TICK_NS(1 + 5 * 11932);
	timers_run(&timers, GIB(1));
	assert_int_equal(line_rises, 1);
	untaken = true;
	advance(100000000); /* ten more ticks, all looked at in time: they are owed as well */
	assert_int_equal(line_rises, 1);
	untaken = false;
	advance(60000000);
	assert_in_range(line_rises, 16, 21);
	advance(40000000);
	assert_int_equal(line_rises, (pit_ticks(fake_now) - 1) / 11932);
}

/* Who looked in time owes nothing: the 8259 remembers one edge. */
static void test_guest_loses_what_hardware_loses(void **state)
{
	(void)state;
	program(0, 2, 11932);
	line_rises = 0;
	untaken = true;
	advance(100500000);
	assert_int_equal(line_rises, 10); /* that the 8259 takes for one */
	untaken = false;
	advance(100000000);
	assert_int_equal(line_rises, 20);
}

static void test_new_count_forgets_owed_ticks(void **state)
{
	(void)state;
	program(0, 2, 11932);
	fake_now = TICK_NS(1 + 50 * 11932);
	timers_run(&timers, GIB(1));
	program(0, 0, 0);
	line_rises = 0;
	advance(50000000);
	assert_int_equal(line_rises, 0);
}

static void test_square_wave_interrupts_once_a_period(void **state)
{
	(void)state;
	program(0, 3, 0); /* 18.2 Hz, as a BIOS leaves it */
	line_rises = 0;
	advance(1000000000);
	assert_int_equal(line_rises, 18);
}

static void test_one_shot(void **state)
{
	(void)state;
	program(0, 0, 1000);
	assert_false(line_high);
	advance(TICK_NS(1001) - 1);
	assert_false(line_high);
	advance(1);
	assert_true(line_high);
	advance(1000000000);
	assert_int_equal(line_rises, 1);
	assert_false(timer_pending(&pit.timer));
	program(0, 0, 1000); /* takes the line down again */
	assert_false(line_high);
	advance(TICK_NS(1002));
	assert_int_equal(line_rises, 2);
}

static void test_mode_sets_the_line(void **state)
{
	(void)state;
	out(3, 0x30);
	assert_false(line_high);
	out(3, 0x34); /* rate generator: OUT is high */
	assert_true(line_high);
	assert_int_equal(line_rises, 1);
	out(3, 0x00); /* latching is no change */
	out(3, 0x70); /* nor is another channel */
	assert_true(line_high);
}

static void test_due_edge_comes_before_a_write(void **state)
{
	(void)state;
	program(0, 2, 1000);
	line_rises = 0;
	fake_now = TICK_NS(1001); /* nobody has polled yet */
	program(0, 2, 2000);
	assert_true(line_rises >= 1);
}

static void test_fastest(void **state)
{
	(void)state;
	program(0, 2, 1);
	line_rises = 0;
	advance(1000000);
	/* Not 1193: the guest must have time to run. */
	assert_in_range(line_rises, 10, 21);
	program(0, 2, 60); /* 19886 Hz: nearly as fast, but exact */
	line_rises = 0;
	advance(100000000);
	assert_in_range(line_rises, 1987, 1989);
}

static void test_read_back(void **state)
{
	(void)state;
	program(0, 2, 0x1000);
	program(2, 3, 0x2000);
	fake_now = TICK_NS(11);
	out(3, 0xc0 | 0x0a); /* count and status of channels 0 and 2 */
	fake_now = TICK_NS(5000);
	assert_int_equal(in(0), 0x80 | 0x30 | 2 << 1);
	assert_int_equal(in(0), 0xf6);
	assert_int_equal(in(0), 0x0f);
	assert_int_equal(in(2), 0x80 | 0x30 | 3 << 1); /* its gate is low: loaded, OUT high */
	out(3, 0xc0 | 0x20 | 0x02); /* status only */
	assert_int_equal(in(0), 0x80 | 0x30 | 2 << 1);
	assert_int_equal(in(0), (u8)(0x1000 - (4999 - 0x1000)));
	assert_int_equal(in(3), 0xff); /* write-only */
}

static void test_counts_with_time(void **state)
{
	(void)state;
	program(0, 2, 0);
	fake_now = TICK_NS(1 + 1000);
	assert_int_equal(read_count(0), 65536 - 1000);
	fake_now = TICK_NS(1 + 65536 + 5);
	assert_int_equal(read_count(0), 65536 - 5);
}

static void test_speaker_port(void **state)
{
	u8 before;

	(void)state;
	assert_int_equal(port_in(&speaker_ports, &pit, 0) & 0xcf, 0);
	port_out(&speaker_ports, &pit, 0, 0xff);
	assert_int_equal(port_in(&speaker_ports, &pit, 0) & 0xcf, 0x0f); /* the writable bits */
	port_out(&speaker_ports, &pit, 0, 0x04);
	assert_int_equal(port_in(&speaker_ports, &pit, 0) & 0xcf, 0x04);
	before = port_in(&speaker_ports, &pit, 0) & 0x10;
	advance(15085);
	assert_int_not_equal(port_in(&speaker_ports, &pit, 0) & 0x10, before);
	advance(15085);
	assert_int_equal(port_in(&speaker_ports, &pit, 0) & 0x10, before);
}

/* How Linux measures the TSC: channel 2 in mode 0, gated by port 61H. */
static void test_calibration_by_channel_2(void **state)
{
	(void)state;
	port_out(&speaker_ports, &pit, 0, 0x01);
	program(2, 0, 0x2000);
	advance(TICK_NS(1 + 0x2000) - 1);
	assert_false(port_in(&speaker_ports, &pit, 0) & 0x20);
	advance(1);
	assert_true(port_in(&speaker_ports, &pit, 0) & 0x20);
	port_out(&speaker_ports, &pit, 0, 0);
	program(2, 0, 0x2000);
	advance(1000000000);
	assert_false(port_in(&speaker_ports, &pit, 0) & 0x20); /* the gate is low */
	assert_int_equal(line_rises, 0); /* and it never interrupts */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tick_conversion, setup),
		cmocka_unit_test_setup(test_nothing_by_itself, setup),
		cmocka_unit_test_setup(test_periodic_without_drift, setup),
		cmocka_unit_test_setup(test_late_polls_do_not_shift, setup),
		cmocka_unit_test_setup(test_late_ticks_are_told_later, setup),
		cmocka_unit_test_setup(test_owed_ticks_wait_for_the_guest, setup),
		cmocka_unit_test_setup(test_guest_loses_what_hardware_loses, setup),
		cmocka_unit_test_setup(test_new_count_forgets_owed_ticks, setup),
		cmocka_unit_test_setup(test_square_wave_interrupts_once_a_period, setup),
		cmocka_unit_test_setup(test_one_shot, setup),
		cmocka_unit_test_setup(test_mode_sets_the_line, setup),
		cmocka_unit_test_setup(test_due_edge_comes_before_a_write, setup),
		cmocka_unit_test_setup(test_fastest, setup),
		cmocka_unit_test_setup(test_read_back, setup),
		cmocka_unit_test_setup(test_counts_with_time, setup),
		cmocka_unit_test_setup(test_speaker_port, setup),
		cmocka_unit_test_setup(test_calibration_by_channel_2, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
