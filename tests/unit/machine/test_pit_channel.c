/* SPDX-License-Identifier: MIT */
/* One channel of the 8254 against its data sheet, tick by tick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine/pit_count.h"

static struct pit_channel c;

#define BOTH 0x30
#define LOW  0x10
#define HIGH 0x20
#define MODE(n) ((n) << 1)
#define BCD  1

#define T0 1000 /* when a test writes its count; it is loaded at T0 + 1 */

static int setup(void **state)
{
	(void)state;
	pit_channel_reset(&c, true);
	return 0;
}

static void start(u8 mode, u16 count)
{
	pit_channel_control(&c, BOTH | MODE(mode));
	pit_channel_write(&c, (u8)count, T0);
	pit_channel_write(&c, (u8)(count >> 8), T0);
}

static u16 latched(u64 now)
{
	u8 low;

	pit_channel_latch_count(&c, now);
	low = pit_channel_read(&c, now);
	return (u16)(low | pit_channel_read(&c, now) << 8);
}

static u8 status(u64 now)
{
	pit_channel_latch_status(&c, now);
	return pit_channel_read(&c, now);
}

static void expect_output(u64 from, u64 to, bool level)
{
	for (u64 t = from; t < to; t++)
		assert_int_equal(pit_count_output(&c, t), level);
}

static void test_mode0(void **state)
{
	(void)state;
	pit_channel_control(&c, BOTH | MODE(0));
	assert_false(pit_count_output(&c, 10)); /* the mode alone takes OUT down */
	assert_int_equal(pit_count_next_rise(&c, 10), PIT_NEVER);
	start(0, 100);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 101);
	expect_output(T0, T0 + 101, false); /* N + 1 pulses after the write */
	expect_output(T0 + 101, T0 + 500, true);
	assert_int_equal(pit_count_next_rise(&c, T0 + 101), PIT_NEVER);
	assert_int_equal(latched(T0 + 1), 100);
	assert_int_equal(latched(T0 + 51), 50);
	assert_int_equal(latched(T0 + 101), 0);
	assert_int_equal(latched(T0 + 102), 0xffff); /* it counts on */
	assert_int_equal(latched(T0 + 101 + 65536), 0);
}

static void test_mode0_new_count(void **state)
{
	(void)state;
	start(0, 100);
	pit_channel_write(&c, 50, T0 + 60); /* first byte: counting stops, OUT is low */
	expect_output(T0 + 60, T0 + 300, false);
	pit_channel_write(&c, 0, T0 + 300);
	assert_int_equal(pit_count_next_rise(&c, T0 + 300), T0 + 351);
}

static void test_mode0_gate(void **state)
{
	(void)state;
	start(0, 100);
	pit_channel_set_gate(&c, false, T0 + 41);
	assert_int_equal(latched(T0 + 41), 60);
	assert_int_equal(latched(T0 + 500), 60);
	assert_int_equal(pit_count_next_rise(&c, T0 + 500), PIT_NEVER);
	pit_channel_set_gate(&c, true, T0 + 500);
	assert_int_equal(latched(T0 + 510), 50);
	assert_int_equal(pit_count_next_rise(&c, T0 + 510), T0 + 560);
}

static void test_mode0_written_with_gate_low(void **state)
{
	(void)state;
	pit_channel_set_gate(&c, false, 0);
	start(0, 100);
	assert_int_equal(latched(T0 + 50), 100);
	pit_channel_set_gate(&c, true, T0 + 50);
	assert_int_equal(pit_count_next_rise(&c, T0 + 50), T0 + 151);
}

static void test_mode1(void **state)
{
	(void)state;
	pit_channel_set_gate(&c, false, 0);
	start(1, 20);
	expect_output(T0, T0 + 50, true);
	pit_channel_set_gate(&c, true, T0 + 50);
	expect_output(T0 + 51, T0 + 71, false);
	expect_output(T0 + 71, T0 + 200, true);
	/* A new count waits for the next trigger, which may come before the end. */
	pit_channel_set_gate(&c, false, T0 + 200);
	pit_channel_set_gate(&c, true, T0 + 201);
	pit_channel_write(&c, 5, T0 + 203);
	pit_channel_write(&c, 0, T0 + 203);
	expect_output(T0 + 202, T0 + 222, false);
	expect_output(T0 + 222, T0 + 230, true);
	pit_channel_set_gate(&c, false, T0 + 230);
	pit_channel_set_gate(&c, true, T0 + 231);
	expect_output(T0 + 232, T0 + 237, false);
	expect_output(T0 + 237, T0 + 250, true);
}

static void test_mode2(void **state)
{
	(void)state;
	pit_channel_control(&c, BOTH | MODE(2));
	expect_output(0, 10, true);
	start(2, 10);
	for (unsigned period = 0; period < 5; period++) {
		u64 begin = T0 + 1 + 10 * period;

		expect_output(begin, begin + 9, true);
		expect_output(begin + 9, begin + 10, false); /* one pulse */
		assert_int_equal(pit_count_next_rise(&c, begin), begin + 10);
		assert_int_equal(pit_count_next_rise(&c, begin + 9), begin + 10);
		assert_int_equal(latched(begin), 10);
		assert_int_equal(latched(begin + 9), 1);
	}
}

static void test_mode2_new_count(void **state)
{
	(void)state;
	start(2, 10);
	pit_channel_write(&c, 4, T0 + 5);
	pit_channel_write(&c, 0, T0 + 5);
	assert_int_equal(latched(T0 + 7), 4); /* the old count: 10 - 6 */
	assert_int_equal(pit_count_next_rise(&c, T0 + 7), T0 + 11);
	assert_int_equal(latched(T0 + 11), 4); /* the new one */
	assert_int_equal(pit_count_next_rise(&c, T0 + 11), T0 + 15);
	assert_int_equal(pit_count_next_rise(&c, T0 + 15), T0 + 19);
}

static void test_mode2_gate(void **state)
{
	(void)state;
	start(2, 10);
	pit_channel_set_gate(&c, false, T0 + 10);
	expect_output(T0 + 10, T0 + 100, true); /* even in its low pulse */
	assert_int_equal(pit_count_next_rise(&c, T0 + 50), PIT_NEVER);
	pit_channel_set_gate(&c, true, T0 + 100); /* starts anew */
	assert_int_equal(pit_count_next_rise(&c, T0 + 100), T0 + 111);
}

static void test_mode3_even(void **state)
{
	(void)state;
	start(3, 6);
	for (unsigned period = 0; period < 3; period++) {
		u64 begin = T0 + 1 + 6 * period;

		expect_output(begin, begin + 3, true);
		expect_output(begin + 3, begin + 6, false);
		assert_int_equal(latched(begin), 6); /* down by two */
		assert_int_equal(latched(begin + 1), 4);
		assert_int_equal(latched(begin + 2), 2);
		assert_int_equal(latched(begin + 3), 6);
		assert_int_equal(pit_count_next_rise(&c, begin + 4), begin + 6);
	}
}

static void test_mode3_odd(void **state)
{
	(void)state;
	start(3, 5);
	expect_output(T0 + 1, T0 + 4, true); /* one more than low */
	expect_output(T0 + 4, T0 + 6, false);
	assert_int_equal(latched(T0 + 1), 4);
	assert_int_equal(latched(T0 + 3), 0);
	assert_int_equal(latched(T0 + 4), 4);
}

static void test_mode3_new_count(void **state)
{
	(void)state;
	start(3, 10);
	pit_channel_write(&c, 4, T0 + 3); /* in the high half: the low half has the new count */
	pit_channel_write(&c, 0, T0 + 3);
	expect_output(T0 + 1, T0 + 6, true);
	assert_int_equal(pit_count_next_rise(&c, T0 + 3), T0 + 8);
	expect_output(T0 + 6, T0 + 8, false);
	expect_output(T0 + 8, T0 + 10, true);
	expect_output(T0 + 10, T0 + 12, false);

	start(3, 10);
	pit_channel_write(&c, 4, T0 + 8); /* in the low half: the next period */
	pit_channel_write(&c, 0, T0 + 8);
	expect_output(T0 + 6, T0 + 11, false);
	expect_output(T0 + 11, T0 + 13, true);
	assert_int_equal(pit_count_next_rise(&c, T0 + 12), T0 + 15);
}

static void test_mode3_long_new_count_early(void **state)
{
	/* At the very beginning of time: the period that the low half belongs to began before. */
	(void)state;
	pit_channel_control(&c, BOTH | MODE(3));
	pit_channel_write(&c, 10, 0);
	pit_channel_write(&c, 0, 0);
	pit_channel_write(&c, 0, 2);
	pit_channel_write(&c, 0, 2);
	expect_output(6, 6 + 32768, false);
	assert_int_equal(pit_count_next_rise(&c, 100), 6 + 32768);
	expect_output(6 + 32768, 6 + 32768 + 10, true);
}

static void test_mode4(void **state)
{
	(void)state;
	start(4, 30);
	expect_output(T0, T0 + 31, true);
	expect_output(T0 + 31, T0 + 32, false);
	expect_output(T0 + 32, T0 + 200000, true); /* once only, though it counts on */
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 32);
	assert_int_equal(pit_count_next_rise(&c, T0 + 32), PIT_NEVER);
}

static void test_mode5(void **state)
{
	(void)state;
	pit_channel_set_gate(&c, false, 0);
	start(5, 30);
	expect_output(T0, T0 + 100, true);
	pit_channel_set_gate(&c, true, T0 + 100);
	expect_output(T0 + 100, T0 + 131, true);
	expect_output(T0 + 131, T0 + 132, false);
	expect_output(T0 + 132, T0 + 200, true);
}

static void test_mode4_gate(void **state)
{
	(void)state;
	start(4, 30);
	pit_channel_set_gate(&c, false, T0 + 11);
	expect_output(T0 + 11, T0 + 100, true);
	pit_channel_set_gate(&c, true, T0 + 100);
	assert_int_equal(pit_count_next_rise(&c, T0 + 100), T0 + 100 + 20 + 1);
	pit_channel_set_gate(&c, false, T0 + 101);
	start(4, 7); /* a new count with the gate low waits for it */
	pit_channel_set_gate(&c, true, T0 + 500);
	assert_int_equal(pit_count_next_rise(&c, T0 + 500), T0 + 500 + 7 + 1 + 1);
}

/* A new mode forgets the old one's stopped count and its next count. */
static void test_control_starts_afresh(void **state)
{
	(void)state;
	start(0, 100);
	pit_channel_set_gate(&c, false, T0 + 10);
	start(2, 50);
	pit_channel_set_gate(&c, true, T0 + 20);
	assert_int_equal(pit_count_next_rise(&c, T0 + 20), T0 + 71);
	pit_channel_write(&c, 9, T0 + 30);
	pit_channel_write(&c, 0, T0 + 30);
	start(0, 1000);
	assert_int_equal(pit_count_next_rise(&c, T0 + 500), T0 + 1001);
	assert_int_equal(latched(T0 + 501), 500);
}

static void test_next_rise_takes_the_new_count(void **state)
{
	(void)state;
	start(2, 10);
	pit_channel_write(&c, 4, T0 + 5);
	pit_channel_write(&c, 0, T0 + 5);
	assert_int_equal(pit_count_next_rise(&c, T0 + 12), T0 + 15); /* nobody looked at T0 + 11 */
}

static void test_status_of_a_one_shot(void **state)
{
	(void)state;
	pit_channel_set_gate(&c, false, 0);
	start(1, 20);
	assert_int_equal(status(T0 + 5) & 0x40, 0x40); /* not in the counting element yet */
	pit_channel_set_gate(&c, true, T0 + 10);
	assert_int_equal(status(T0 + 15) & 0x40, 0);
	pit_channel_write(&c, 30, T0 + 16);
	pit_channel_write(&c, 0, T0 + 16);
	assert_int_equal(status(T0 + 17) & 0x40, 0x40);
}

static void test_modes_6_and_7(void **state)
{
	(void)state;
	start(6, 10);
	assert_int_equal(status(T0 + 5) & 0x0e, MODE(6)); /* as it was written */
	assert_int_equal(pit_count_value(&c, T0 + 5), 6);
	start(7, 10);
	assert_int_equal(status(T0 + 5) & 0x0e, MODE(7));
	assert_int_equal(pit_count_value(&c, T0 + 3), 6); /* by two */
}

static void test_count_zero_is_the_most(void **state)
{
	(void)state;
	start(2, 0);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 1 + 65536);
	assert_int_equal(latched(T0 + 1), 0);
	assert_int_equal(latched(T0 + 2), 65535);
	pit_channel_control(&c, BOTH | MODE(2) | BCD);
	pit_channel_write(&c, 0, T0);
	pit_channel_write(&c, 0, T0);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 1 + 10000);
	assert_int_equal(latched(T0 + 2), 0x9999);
}

static void test_bcd(void **state)
{
	(void)state;
	pit_channel_control(&c, BOTH | MODE(0) | BCD);
	pit_channel_write(&c, 0x34, T0);
	pit_channel_write(&c, 0x12, T0);
	assert_int_equal(latched(T0 + 1), 0x1234);
	assert_int_equal(latched(T0 + 36), 0x1199);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 1 + 1234);
	assert_int_equal(latched(T0 + 1 + 1235), 0x9999);
}

static void test_one_byte_access(void **state)
{
	(void)state;
	pit_channel_control(&c, LOW | MODE(2));
	pit_channel_write(&c, 0x80, T0);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 1 + 0x80);
	assert_int_equal(pit_channel_read(&c, T0 + 2), 0x7f);
	assert_int_equal(pit_channel_read(&c, T0 + 3), 0x7e); /* each read is a low byte */
	pit_channel_control(&c, HIGH | MODE(2));
	pit_channel_write(&c, 0x12, T0);
	assert_int_equal(pit_count_next_rise(&c, T0), T0 + 1 + 0x1200);
	assert_int_equal(pit_channel_read(&c, T0 + 2), 0x11);
}

static void test_unlatched_read_alternates(void **state)
{
	(void)state;
	start(2, 0x1234);
	assert_int_equal(pit_channel_read(&c, T0 + 1), 0x34);
	assert_int_equal(pit_channel_read(&c, T0 + 1), 0x12);
	assert_int_equal(pit_channel_read(&c, T0 + 2), 0x33);
}

static void test_latch_holds(void **state)
{
	(void)state;
	start(2, 0x1234);
	pit_channel_latch_count(&c, T0 + 1);
	pit_channel_latch_count(&c, T0 + 100); /* the second is ignored */
	assert_int_equal(pit_channel_read(&c, T0 + 200), 0x34);
	pit_channel_latch_count(&c, T0 + 300); /* still not all read */
	assert_int_equal(pit_channel_read(&c, T0 + 400), 0x12);
	assert_int_equal(pit_channel_read(&c, T0 + 0x1201), 0x34); /* live again */
}

static void test_status(void **state)
{
	(void)state;
	pit_channel_control(&c, BOTH | MODE(2));
	assert_int_equal(status(10), 0x80 | 0x40 | 0x30 | MODE(2)); /* OUT high, no count yet */
	start(2, 100);
	assert_int_equal(status(T0), 0x80 | 0x40 | 0x30 | MODE(2)); /* loaded with the next pulse */
	assert_int_equal(status(T0 + 1), 0x80 | 0x30 | MODE(2));
	pit_channel_write(&c, 50, T0 + 10);
	pit_channel_write(&c, 0, T0 + 10);
	assert_int_equal(status(T0 + 20) & 0x40, 0x40);
	assert_int_equal(status(T0 + 101) & 0x40, 0);
	pit_channel_control(&c, LOW | MODE(0) | BCD);
	assert_int_equal(status(T0), 0x40 | 0x10 | MODE(0) | BCD);
}

static void test_status_comes_before_count(void **state)
{
	(void)state;
	start(2, 0x1234);
	pit_channel_latch_count(&c, T0 + 1);
	pit_channel_latch_status(&c, T0 + 1);
	assert_int_equal(pit_channel_read(&c, T0 + 9), 0x80 | 0x30 | MODE(2));
	assert_int_equal(pit_channel_read(&c, T0 + 9), 0x34);
	assert_int_equal(pit_channel_read(&c, T0 + 9), 0x12);
}

static void test_control_forgets(void **state)
{
	(void)state;
	start(2, 0x1234);
	pit_channel_latch_count(&c, T0 + 1);
	pit_channel_read(&c, T0 + 1);
	pit_channel_write(&c, 1, T0 + 1); /* half a count */
	start(0, 0x4321);
	assert_int_equal(pit_channel_read(&c, T0 + 1), 0x21);
	assert_int_equal(pit_channel_read(&c, T0 + 1), 0x43);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_mode0),
		TEST(test_mode0_new_count),
		TEST(test_mode0_gate),
		TEST(test_mode0_written_with_gate_low),
		TEST(test_mode1),
		TEST(test_mode2),
		TEST(test_mode2_new_count),
		TEST(test_mode2_gate),
		TEST(test_mode3_even),
		TEST(test_mode3_odd),
		TEST(test_mode3_new_count),
		TEST(test_mode3_long_new_count_early),
		TEST(test_mode4),
		TEST(test_mode5),
		TEST(test_mode4_gate),
		TEST(test_control_starts_afresh),
		TEST(test_next_rise_takes_the_new_count),
		TEST(test_status_of_a_one_shot),
		TEST(test_modes_6_and_7),
		TEST(test_count_zero_is_the_most),
		TEST(test_bcd),
		TEST(test_one_byte_access),
		TEST(test_unlatched_read_alternates),
		TEST(test_latch_holds),
		TEST(test_status),
		TEST(test_status_comes_before_count),
		TEST(test_control_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
