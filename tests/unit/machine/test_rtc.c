/* SPDX-License-Identifier: MIT */
/* The real-time clock against its data sheet. */
#include "tests/unit/machine/device.h"

#include "machine/rtc.h"

#define SECOND 1000000000UL
#define START  1700000000UL /* 2023-11-14 22:13:20, a Tuesday */

static struct rtc rtc;

static u8 get(u8 index)
{
	port_out(&rtc_ports, &rtc, 0, index);
	return port_in(&rtc_ports, &rtc, 1);
}

static void set(u8 index, u8 value)
{
	port_out(&rtc_ports, &rtc, 0, index);
	port_out(&rtc_ports, &rtc, 1, value);
}

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(&rtc, 0xee, sizeof(rtc));
	rtc.irq = test_irq();
	rtc.clock = &test_clock;
	timer_add(&timers, &rtc.timer, rtc_due, &rtc);
	rtc_reset(&rtc, START, MIB(256));
	return 0;
}

static void test_time_of_day(void **state)
{
	(void)state;
	assert_int_equal(get(RTC_HOURS), 0x22);
	assert_int_equal(get(RTC_MINUTES), 0x13);
	assert_int_equal(get(RTC_SECONDS), 0x20);
	assert_int_equal(get(RTC_WEEKDAY), 3);
	assert_int_equal(get(RTC_DAY), 0x14);
	assert_int_equal(get(RTC_MONTH), 0x11);
	assert_int_equal(get(RTC_YEAR), 0x23);
	assert_int_equal(get(RTC_CENTURY), 0x20);
	assert_int_equal(get(RTC_D), 0x80);
	assert_int_equal(port_in(&rtc_ports, &rtc, 0), 0xff);
	advance(41 * SECOND - 1);
	assert_int_equal(get(RTC_MINUTES), 0x14);
	assert_int_equal(get(RTC_SECONDS), 0x00);
	advance(1);
	assert_int_equal(get(0x80 | RTC_SECONDS), 0x01); /* bit 7 masks NMIs */
}

static void test_update_in_progress(void **state)
{
	(void)state;
	assert_int_equal(get(RTC_A), 0x26);
	advance(SECOND - 2228000 - 1);
	assert_int_equal(get(RTC_A), 0x26);
	advance(1);
	assert_int_equal(get(RTC_A), 0xa6);
	advance(2228000);
	assert_int_equal(get(RTC_A), 0x26);
	assert_int_equal(get(RTC_SECONDS), 0x21);
}

static void test_data_modes(void **state)
{
	(void)state;
	set(RTC_B, RTC_B_BINARY);
	assert_int_equal(get(RTC_HOURS), 10 | 0x80);
	assert_int_equal(get(RTC_SECONDS), 20);
	assert_int_equal(get(RTC_YEAR), 23);
	set(RTC_B, RTC_B_24H); /* the time goes on as it was */
	assert_int_equal(get(RTC_HOURS), 0x22);
}

static void test_set_time(void **state)
{
	(void)state;
	advance(SECOND / 4);
	set(RTC_B, RTC_B_24H | 0x80);
	advance(5 * SECOND);
	assert_int_equal(get(RTC_SECONDS), 0x20); /* stopped */
	assert_int_equal(get(RTC_A) & 0x80, 0);
	set(RTC_HOURS, 0x01);
	set(RTC_MINUTES, 0x02);
	set(RTC_SECONDS, 0x03);
	set(RTC_DAY, 0x31);
	set(RTC_MONTH, 0x12);
	set(RTC_YEAR, 0x99);
	set(RTC_CENTURY, 0x19);
	assert_int_equal(get(RTC_YEAR), 0x99);
	set(RTC_B, RTC_B_24H);
	assert_int_equal(get(RTC_SECONDS), 0x03);
	advance(SECOND);
	assert_int_equal(get(RTC_SECONDS), 0x04);
	assert_int_equal(get(RTC_YEAR), 0x99);
	assert_int_equal(get(RTC_WEEKDAY), 6); /* a Friday */
	advance(86400 * SECOND);
	assert_int_equal(get(RTC_CENTURY), 0x20);
	assert_int_equal(get(RTC_YEAR), 0x00);
}

/* As Linux sets it: held while the registers change, and half a second later the first update. */
static void test_divider(void **state)
{
	(void)state;
	advance(SECOND / 4);
	set(RTC_B, 0x82);
	set(RTC_A, 0x76);
	set(RTC_SECONDS, 0x30);
	set(RTC_B, 0x02); /* no longer set, but still held */
	get(RTC_C);
	advance(3 * SECOND);
	assert_int_equal(get(RTC_SECONDS), 0x30);
	assert_int_equal(get(RTC_A), 0x76); /* no update in progress */
	assert_int_equal(get(RTC_C), 0);
	set(RTC_A, 0x26);
	advance(SECOND / 2 - 1);
	assert_int_equal(get(RTC_SECONDS), 0x30);
	assert_int_equal(get(RTC_A), 0xa6);
	advance(1);
	assert_int_equal(get(RTC_SECONDS), 0x31);
	assert_int_equal(get(RTC_C), 0x50); /* periodic too: it counts again */
	set(RTC_A, 0x66);
	get(RTC_C);
	advance(SECOND);
	assert_int_equal(get(RTC_SECONDS), 0x31);
	assert_int_equal(get(RTC_C), 0);
}

static void test_set_one_register_while_running(void **state)
{
	(void)state;
	set(RTC_HOURS, 0x05);
	advance(SECOND);
	assert_int_equal(get(RTC_HOURS), 0x05);
	assert_int_equal(get(RTC_SECONDS), 0x21);
	assert_int_equal(get(RTC_DAY), 0x14);
}

static void test_cmos_memory(void **state)
{
	(void)state;
	set(0x7f, 0x5a);
	set(0x10, 0xa5);
	assert_int_equal(get(0x7f), 0x5a);
	assert_int_equal(get(0x10), 0xa5);
	set(RTC_C, 0xff);
	set(RTC_D, 0);
	assert_int_equal(get(RTC_C), 0);
	assert_int_equal(get(RTC_D), 0x80);
	set(RTC_A, 0xff);
	assert_int_equal(get(RTC_A), 0x7f);
}

static void test_memory_size(void **state)
{
	(void)state;
	assert_int_equal(get(0x15) | get(0x16) << 8, 640);
	assert_int_equal(get(0x17) | get(0x18) << 8, 0xfc00);
	assert_int_equal((get(0x34) | get(0x35) << 8) * 64, (256 - 16) * 1024);
	rtc_reset(&rtc, START, GIB(3) + GIB(2));
	assert_int_equal(get(0x5b) | get(0x5c) << 8 | get(0x5d) << 16, GIB(2) >> 16);
	rtc_reset(&rtc, START, GIB(3) + GIB(9));
	assert_int_equal(get(0x5b) | get(0x5c) << 8 | get(0x5d) << 16, GIB(9) >> 16);
	rtc_reset(&rtc, START, MIB(2));
	assert_int_equal(get(0x30) | get(0x31) << 8, 1024);
	assert_int_equal(get(0x34) | get(0x35) << 8, 0);
}

static void test_periodic_flag_without_interrupt(void **state)
{
	(void)state;
	assert_int_equal(get(RTC_C), 0);
	advance(SECOND / 1024 - 1000);
	assert_int_equal(get(RTC_C) & 0x40, 0);
	advance(2000);
	assert_int_equal(get(RTC_C), 0x40); /* no IRQF: it is not enabled */
	assert_int_equal(get(RTC_C), 0);
	assert_false(timer_pending(&rtc.timer));
}

static void test_periodic_interrupt(void **state)
{
	unsigned count = 0;

	(void)state;
	set(RTC_A, 0x26); /* 1024 Hz */
	set(RTC_B, RTC_B_24H | 0x40);
	for (u64 t = 0; t < SECOND; t += SECOND / 10000) {
		advance(SECOND / 10000);
		if (line_high) {
			assert_int_equal(get(RTC_C) & 0xc0, 0xc0);
			assert_false(line_high);
			count++;
		}
	}
	assert_int_equal(count, 1024);
	set(RTC_A, 0x20); /* rate 0: off */
	advance(SECOND);
	assert_false(line_high);
}

/* Read register C whenever the line is high, for so long. */
static unsigned serve(u64 ns)
{
	unsigned count = 0;

	for (u64 t = 0; t < ns; t += SECOND / 10000) {
		advance(SECOND / 10000);
		if (line_high) {
			assert_int_equal(get(RTC_C) & 0xc0, 0xc0);
			count++;
		}
	}
	return count;
}

static void test_late_periodic_interrupts(void **state)
{
	unsigned count;
	u64 start;

	(void)state;
	set(RTC_A, 0x26);
	set(RTC_B, RTC_B_24H | 0x40);
	start = fake_now;
	fake_now += SECOND / 100; /* the host is late: ten of them */
	timers_run(&timers, GIB(1));
	assert_true(line_high);
	assert_int_equal(get(RTC_C) & 0xc0, 0xc0);
	assert_false(line_high); /* one at a time */
	assert_int_equal(get(RTC_C), 0);
	count = 1 + serve(SECOND / 10);
	assert_int_equal(count, (fake_now - start) * 1024 / SECOND);
	advance(SECOND / 50); /* the guest is late: those are lost */
	assert_int_equal(serve(SECOND / 10), 1 + 102);
}

static void test_rates(void **state)
{
	(void)state;
	for (u8 rate = 3; rate < 16; rate++) {
		u64 period = SECOND / (32768 >> (rate - 1));

		get(RTC_C);
		set(RTC_A, 0x20 | rate);
		set(RTC_B, RTC_B_24H | 0x40);
		assert_in_range(rtc.timer.deadline, fake_now, fake_now + period + 1);
		set(RTC_B, RTC_B_24H);
	}
	set(RTC_A, 0x21); /* 256 Hz, as rate 8 */
	set(RTC_B, RTC_B_24H | 0x40);
	assert_in_range(rtc.timer.deadline, 3900000, 3910000);
}

static void test_unread_interrupt_keeps_quiet(void **state)
{
	(void)state;
	set(RTC_B, RTC_B_24H | 0x40);
	advance(SECOND);
	assert_int_equal(line_rises, 1); /* until C is read nothing more happens */
	assert_false(timer_pending(&rtc.timer));
	get(RTC_C);
	assert_true(timer_pending(&rtc.timer));
}

static void test_update_interrupt(void **state)
{
	(void)state;
	advance(SECOND / 2);
	set(RTC_B, RTC_B_24H | 0x10);
	advance(SECOND / 2 - 1);
	assert_false(line_high);
	advance(1);
	assert_true(line_high);
	assert_int_equal(get(RTC_C) & 0xb0, 0x90);
	advance(SECOND);
	assert_true(line_high);
	set(RTC_B, RTC_B_24H | 0x90); /* SET takes UIE away */
	assert_int_equal(get(RTC_B), RTC_B_24H | 0x80);
	get(RTC_C);
	advance(3 * SECOND);
	assert_int_equal(get(RTC_C) & 0x10, 0);
}

static void test_alarm(void **state)
{
	(void)state;
	set(RTC_HOURS_ALARM, 0x22);
	set(RTC_MINUTES_ALARM, 0x14);
	set(RTC_SECONDS_ALARM, 0x05);
	set(RTC_B, RTC_B_24H | 0x20);
	advance(45 * SECOND - 1);
	assert_false(line_high);
	advance(1);
	assert_true(line_high);
	assert_int_equal(get(RTC_C) & 0xa0, 0xa0);
	advance(86400 * SECOND - 1);
	assert_false(line_high);
	advance(1); /* once a day */
	assert_true(line_high);
}

static void test_alarm_any(void **state)
{
	(void)state;
	set(RTC_HOURS_ALARM, 0xff);
	set(RTC_MINUTES_ALARM, 0xc0);
	set(RTC_SECONDS_ALARM, 0x30);
	set(RTC_B, RTC_B_24H | 0x20);
	for (unsigned i = 0; i < 3; i++) {
		advance(i ? 60 * SECOND : 10 * SECOND);
		assert_int_equal(line_rises, i + 1);
		get(RTC_C);
	}
}

static void test_alarm_seen_late(void **state)
{
	(void)state;
	set(RTC_HOURS_ALARM, 0x23);
	set(RTC_MINUTES_ALARM, 0x00);
	set(RTC_SECONDS_ALARM, 0x00);
	advance(3600 * SECOND); /* nobody asked in between */
	assert_int_equal(get(RTC_C) & 0x20, 0x20);
	advance(3600 * SECOND);
	assert_int_equal(get(RTC_C) & 0x20, 0);
	set(RTC_SECONDS_ALARM, 0x77); /* no such second */
	set(RTC_B, RTC_B_24H | 0x20);
	assert_false(timer_pending(&rtc.timer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_time_of_day, setup),
		cmocka_unit_test_setup(test_update_in_progress, setup),
		cmocka_unit_test_setup(test_data_modes, setup),
		cmocka_unit_test_setup(test_set_time, setup),
		cmocka_unit_test_setup(test_divider, setup),
		cmocka_unit_test_setup(test_set_one_register_while_running, setup),
		cmocka_unit_test_setup(test_cmos_memory, setup),
		cmocka_unit_test_setup(test_memory_size, setup),
		cmocka_unit_test_setup(test_periodic_flag_without_interrupt, setup),
		cmocka_unit_test_setup(test_periodic_interrupt, setup),
		cmocka_unit_test_setup(test_late_periodic_interrupts, setup),
		cmocka_unit_test_setup(test_rates, setup),
		cmocka_unit_test_setup(test_unread_interrupt_keeps_quiet, setup),
		cmocka_unit_test_setup(test_update_interrupt, setup),
		cmocka_unit_test_setup(test_alarm, setup),
		cmocka_unit_test_setup(test_alarm_any, setup),
		cmocka_unit_test_setup(test_alarm_seen_late, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
