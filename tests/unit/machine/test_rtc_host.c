/* SPDX-License-Identifier: MIT */
/* Reading this computer's clock, in all the states one finds it in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/asm.h"
#include "machine/rtc_host.h"
#include "machine/rtc_time.h"

#define START	  1700000059UL /* 2023-11-14 22:14:19 */
#define YEAR_2000 946684800UL

static u8 cmos[128];
static u8 index_;
static unsigned busy;	   /* that many reads of register A see an update */
static unsigned tear_at;   /* at this read of a time register the second changes */
static unsigned time_reads;

static void port_out(u16 port, unsigned bytes, u32 value)
{
	assert_int_equal(port, 0x70);
	assert_int_equal(bytes, 1);
	index_ = value & 0x7f;
}

static u32 port_in(u16 port, unsigned bytes)
{
	assert_int_equal(port, 0x71);
	assert_int_equal(bytes, 1);
	if (index_ == RTC_A)
		return busy ? busy--, 0xa6 : 0x26;
	if (index_ <= RTC_YEAR && ++time_reads == tear_at)
		rtc_time_store(cmos, START + 1, cmos[RTC_B]);
	return cmos[index_];
}

static int setup(void **state)
{
	(void)state;
	memset(&sim, 0, sizeof(sim));
	sim.port_in = port_in;
	sim.port_out = port_out;
	memset(cmos, 0, sizeof(cmos));
	busy = tear_at = time_reads = 0;
	return 0;
}

static void test_all_data_modes(void **state)
{
	(void)state;
	for (u8 b = 0; b < 8; b += 2) {
		memset(cmos, 0, sizeof(cmos));
		cmos[RTC_B] = b;
		rtc_time_store(cmos, START, b);
		cmos[RTC_CENTURY] = 0x77; /* not everyone keeps it there */
		assert_int_equal(rtc_host_seconds(), START);
	}
}

static void test_waits_for_the_update(void **state)
{
	(void)state;
	cmos[RTC_B] = RTC_B_24H;
	rtc_time_store(cmos, START, RTC_B_24H);
	busy = 1000;
	assert_int_equal(rtc_host_seconds(), START);
	assert_int_equal(busy, 0);
}

/* An update between two registers must not give a time that never was. */
static void test_update_in_between(void **state)
{
	(void)state;
	for (tear_at = 1; tear_at < 20; tear_at++) {
		u64 seconds;

		cmos[RTC_B] = RTC_B_24H;
		rtc_time_store(cmos, START, RTC_B_24H);
		time_reads = 0;
		seconds = rtc_host_seconds();
		assert_true(seconds == START || seconds == START + 1);
	}
}

static void test_no_clock_there(void **state)
{
	(void)state;
	memset(&sim, 0, sizeof(sim)); /* all ones: always updating */
	assert_int_equal(rtc_host_seconds(), YEAR_2000);
}

static void test_nonsense(void **state)
{
	(void)state;
	cmos[RTC_B] = RTC_B_24H;
	cmos[RTC_MONTH] = 0x99;
	cmos[RTC_YEAR] = 0x99;
	assert_int_equal(rtc_host_seconds(), YEAR_2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_data_modes, setup),
		cmocka_unit_test_setup(test_waits_for_the_update, setup),
		cmocka_unit_test_setup(test_update_in_between, setup),
		cmocka_unit_test_setup(test_no_clock_there, setup),
		cmocka_unit_test_setup(test_nonsense, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
