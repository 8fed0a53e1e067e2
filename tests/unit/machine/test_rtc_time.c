/* SPDX-License-Identifier: MIT */
/* Calendar time, against the C library's, and the RTC's ways to write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "machine/rtc_time.h"

static void test_against_libc(void **state)
{
	(void)state;
	/* Every day for 130 years, at a changing time of day. */
	for (u64 day = 0; day < 47500; day++) {
		u64 seconds = day * 86400 + day * 7919 % 86400;
		time_t t = (time_t)seconds;
		struct rtc_time r;
		struct tm tm;

		gmtime_r(&t, &tm);
		rtc_time_from_seconds(&r, seconds);
		assert_int_equal(r.year, tm.tm_year + 1900);
		assert_int_equal(r.month, tm.tm_mon + 1);
		assert_int_equal(r.day, tm.tm_mday);
		assert_int_equal(r.hours, tm.tm_hour);
		assert_int_equal(r.minutes, tm.tm_min);
		assert_int_equal(r.seconds, tm.tm_sec);
		assert_int_equal(rtc_time_to_seconds(&r), seconds);
	}
}

static void test_far_dates(void **state)
{
	const struct rtc_time last = { 2399, 12, 31, 23, 59, 59 };
	struct rtc_time r;

	(void)state;
	rtc_time_from_seconds(&r, rtc_time_to_seconds(&last));
	assert_memory_equal(&r, &last, sizeof(r));
	rtc_time_from_seconds(&r, rtc_time_to_seconds(&last) + 1);
	assert_int_equal(r.year, 2400);
	assert_int_equal(r.month, 1);
}

static void test_encodings(void **state)
{
	(void)state;
	assert_int_equal(rtc_time_encode(59, 0), 0x59);
	assert_int_equal(rtc_time_encode(59, RTC_B_BINARY), 59);
	for (unsigned b = 0; b < 8; b += 2) {
		for (unsigned n = 0; n < 100; n++)
			assert_int_equal(rtc_time_decode(rtc_time_encode(n, (u8)b), (u8)b), n);
		for (unsigned h = 0; h < 24; h++)
			assert_int_equal(
				rtc_time_decode_hours(rtc_time_encode_hours(h, (u8)b), (u8)b), h);
	}
}

static void test_twelve_hours(void **state)
{
	static const struct {
		unsigned hours;
		u8 bcd, binary;
	} clock[] = { { 0, 0x12, 12 },	    { 1, 0x01, 1 },	   { 11, 0x11, 11 },
		      { 12, 0x92, 0x8c },   { 13, 0x81, 0x81 },	   { 23, 0x91, 0x8b } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(clock); i++) {
		assert_int_equal(rtc_time_encode_hours(clock[i].hours, 0), clock[i].bcd);
		assert_int_equal(rtc_time_encode_hours(clock[i].hours, RTC_B_BINARY),
				 clock[i].binary);
	}
}

static void test_registers(void **state)
{
	u8 r[RTC_CENTURY + 1] = { 0 };

	(void)state;
	rtc_time_store(r, 951782399, RTC_B_24H); /* 2000-02-28 23:59:59, a Monday */
	assert_int_equal(r[RTC_SECONDS], 0x59);
	assert_int_equal(r[RTC_MINUTES], 0x59);
	assert_int_equal(r[RTC_HOURS], 0x23);
	assert_int_equal(r[RTC_WEEKDAY], 2);
	assert_int_equal(r[RTC_DAY], 0x28);
	assert_int_equal(r[RTC_MONTH], 0x02);
	assert_int_equal(r[RTC_YEAR], 0x00);
	assert_int_equal(r[RTC_CENTURY], 0x20);
	assert_int_equal(rtc_time_load(r, RTC_B_24H), 951782399);
	rtc_time_store(r, 951782400, RTC_B_24H); /* a leap day */
	assert_int_equal(r[RTC_DAY], 0x29);
}

static void test_nonsense_does_no_harm(void **state)
{
	u8 r[RTC_CENTURY + 1];
	struct rtc_time t;

	(void)state;
	for (unsigned fill = 0; fill < 256; fill++) {
		memset(r, (int)fill, sizeof(r));
		rtc_time_from_seconds(&t, rtc_time_load(r, (u8)(fill & 6)) % (1UL << 36));
		assert_in_range(t.month, 1, 12);
		assert_in_range(t.day, 1, 31);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_far_dates),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_twelve_hours),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_nonsense_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
