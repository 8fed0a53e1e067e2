/* SPDX-License-Identifier: MIT */
/*
 * Calendar time and the RTC's way of writing it down. Pure.
 */
#pragma once

#include "lib/types.h"

/* Registers of a PC's RTC. MC146818A data sheet "Address Map". */
enum {
	RTC_SECONDS = 0x00,
	RTC_SECONDS_ALARM = 0x01,
	RTC_MINUTES = 0x02,
	RTC_MINUTES_ALARM = 0x03,
	RTC_HOURS = 0x04,
	RTC_HOURS_ALARM = 0x05,
	RTC_WEEKDAY = 0x06, /* 1 = Sunday */
	RTC_DAY = 0x07,
	RTC_MONTH = 0x08,
	RTC_YEAR = 0x09,
	RTC_A = 0x0a,
	RTC_B = 0x0b,
	RTC_C = 0x0c,
	RTC_D = 0x0d,
	RTC_CENTURY = 0x32, /* where a PC's BIOS keeps it */
};

#define RTC_B_24H    (1 << 1)
#define RTC_B_BINARY (1 << 2)

struct rtc_time {
	unsigned year, month, day, hours, minutes, seconds; /* year with its century */
};

/* Seconds since 1970-01-01 00:00:00, for 1970 to 2399. Fields beyond their range carry on. */
u64 rtc_time_to_seconds(const struct rtc_time *t);
void rtc_time_from_seconds(struct rtc_time *t, u64 seconds);

/* One field, as register B says: BCD or binary. */
unsigned rtc_time_decode(u8 byte, u8 b);
u8 rtc_time_encode(unsigned value, u8 b);

/* Hours also as 1 to 12 with bit 7 for the afternoon. */
unsigned rtc_time_decode_hours(u8 byte, u8 b);
u8 rtc_time_encode_hours(unsigned hours, u8 b);

/* All time registers at once; `registers` is the CMOS memory. */
void rtc_time_store(u8 *registers, u64 seconds, u8 b);
u64 rtc_time_load(const u8 *registers, u8 b);

/* Is this register part of the time of day? */
bool rtc_time_has(unsigned index);
