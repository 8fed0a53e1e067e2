/* SPDX-License-Identifier: MIT */
#include "machine/rtc_host.h"

#include "kernel/asm.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "machine/memory_map.h"
#include "machine/rtc.h"

#define UPDATING     BIT(7)
#define WAIT_ROUNDS  20000 /* reads of a port take a microsecond or less; an update 2 ms */
#define READ_ROUNDS  5
#define YEAR_2000    946684800UL

static u8 read_register(u8 index)
{
	outb(PORT_RTC, index);
	return inb(PORT_RTC + 1);
}

static void read_time(u8 *registers)
{
	static const u8 wanted[] = { RTC_SECONDS, RTC_MINUTES, RTC_HOURS,
				     RTC_DAY,	  RTC_MONTH,   RTC_YEAR };

	for (unsigned i = 0; i < WAIT_ROUNDS && read_register(RTC_A) & UPDATING; i++)
		cpu_pause();
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		registers[wanted[i]] = read_register(wanted[i]);
}

u64 rtc_host_seconds(void)
{
	u8 registers[RTC_CENTURY + 1] = { 0 }, again[RTC_CENTURY + 1] = { 0 };
	u8 b = read_register(RTC_B);
	u64 seconds;

	/* An update may come between two registers: believe what is read twice. */
	read_time(registers);
	for (unsigned i = 0; i < READ_ROUNDS; i++) {
		read_time(again);
		if (!memcmp(registers, again, sizeof(registers)))
			break;
		memcpy(registers, again, sizeof(registers));
	}
	/* Where the century is kept differs; we write after 2000. */
	registers[RTC_CENTURY] = rtc_time_encode(20, b);
	seconds = rtc_time_load(registers, b);
	/* A time that reads differently when written down again is none. */
	rtc_time_store(again, seconds, b);
	again[RTC_WEEKDAY] = 0;
	return memcmp(registers, again, sizeof(registers)) ? YEAR_2000 : seconds;
}
