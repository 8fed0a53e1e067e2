/* SPDX-License-Identifier: MIT */
#include "machine/rtc_time.h"

#define DAY_SECONDS 86400UL
#define PM	    0x80

/* Days before the 1st of March of a year, counted so that a leap day is the last of its year. */
static u64 days_to_march(u64 year)
{
	return 365 * year + year / 4 - year / 100 + year / 400;
}

/* Days from 0000-03-01 to 1970-01-01. */
#define EPOCH 719468UL

u64 rtc_time_to_seconds(const struct rtc_time *t)
{
	u64 month = (t->month + 9UL) % 12; /* March is 0 */
	u64 year = t->year - (month >= 10);
	u64 days = days_to_march(year) + (153 * month + 2) / 5 + t->day - 1 - EPOCH;

	return days * DAY_SECONDS + t->hours * 3600UL + t->minutes * 60UL + t->seconds;
}

void rtc_time_from_seconds(struct rtc_time *t, u64 seconds)
{
	u64 days = seconds / DAY_SECONDS + EPOCH;
	u64 rest = seconds % DAY_SECONDS;
	u64 year = days * 400 / 146097; /* never too many, one too few at times */
	u64 month;

	while (days_to_march(year + 1) <= days)
		year++;
	days -= days_to_march(year);
	month = (5 * days + 2) / 153;
	t->day = (unsigned)(days - (153 * month + 2) / 5 + 1);
	t->month = (unsigned)(month < 10 ? month + 3 : month - 9);
	t->year = (unsigned)(year + (month >= 10));
	t->hours = (unsigned)(rest / 3600);
	t->minutes = (unsigned)(rest / 60 % 60);
	t->seconds = (unsigned)(rest % 60);
}

unsigned rtc_time_decode(u8 byte, u8 b)
{
	return b & RTC_B_BINARY ? byte : (byte >> 4) * 10U + (byte & 15);
}

u8 rtc_time_encode(unsigned value, u8 b)
{
	return (u8)(b & RTC_B_BINARY ? value : value / 10 << 4 | value % 10);
}

unsigned rtc_time_decode_hours(u8 byte, u8 b)
{
	if (b & RTC_B_24H)
		return rtc_time_decode(byte, b);
	return rtc_time_decode(byte & ~PM, b) % 12 + (byte & PM ? 12 : 0);
}

u8 rtc_time_encode_hours(unsigned hours, u8 b)
{
	if (b & RTC_B_24H)
		return rtc_time_encode(hours, b);
	return rtc_time_encode((hours + 11) % 12 + 1, b) | (hours >= 12 ? PM : 0);
}

void rtc_time_store(u8 *registers, u64 seconds, u8 b)
{
	struct rtc_time t;

	rtc_time_from_seconds(&t, seconds);
	registers[RTC_SECONDS] = rtc_time_encode(t.seconds, b);
	registers[RTC_MINUTES] = rtc_time_encode(t.minutes, b);
	registers[RTC_HOURS] = rtc_time_encode_hours(t.hours, b);
	/* 1970-01-01 was a Thursday, day 5. */
	registers[RTC_WEEKDAY] = rtc_time_encode((seconds / DAY_SECONDS + 4) % 7 + 1, b);
	registers[RTC_DAY] = rtc_time_encode(t.day, b);
	registers[RTC_MONTH] = rtc_time_encode(t.month, b);
	registers[RTC_YEAR] = rtc_time_encode(t.year % 100, b);
	registers[RTC_CENTURY] = rtc_time_encode(t.year / 100, b);
}

u64 rtc_time_load(const u8 *registers, u8 b)
{
	const struct rtc_time t = {
		.year = rtc_time_decode(registers[RTC_CENTURY], b) * 100 +
			rtc_time_decode(registers[RTC_YEAR], b),
		.month = rtc_time_decode(registers[RTC_MONTH], b),
		.day = rtc_time_decode(registers[RTC_DAY], b),
		.hours = rtc_time_decode_hours(registers[RTC_HOURS], b),
		.minutes = rtc_time_decode(registers[RTC_MINUTES], b),
		.seconds = rtc_time_decode(registers[RTC_SECONDS], b),
	};

	return rtc_time_to_seconds(&t);
}

bool rtc_time_has(unsigned index)
{
	return (index <= RTC_YEAR && index != RTC_SECONDS_ALARM && index != RTC_MINUTES_ALARM &&
		index != RTC_HOURS_ALARM) ||
	       index == RTC_CENTURY;
}
