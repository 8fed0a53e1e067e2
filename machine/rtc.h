/* SPDX-License-Identifier: MIT */
/*
 * A PC's real-time clock with its CMOS memory: time of day, update in
 * progress, periodic, alarm and update interrupts. MC146818A data sheet.
 */
#pragma once

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/rtc_time.h"
#include "machine/tick_debt.h"
#include "machine/timer.h"

#define RTC_CMOS 128

struct rtc {
	u8 index;
	u8 cmos[RTC_CMOS]; /* time registers: only what was last looked at */
	u64 base_ns;	   /* wall clock when the machine's clock was 0, since 1970 */
	u64 seen_ns;	   /* events until then are in register C; machine's clock */
	struct tick_debt debt; /* of the periodic interrupt */
	u64 pay_ns;	       /* when one that is owed may be told */
	struct irq irq;
	struct timer timer;
	const struct clock *clock;
};

extern const struct port_device rtc_ports; /* 2 */

/*
 * Switched on at clock 0, at `wall_seconds` since 1970, in a machine with
 * so much RAM (CMOS memory tells it). irq, timer and clock are set before.
 */
void rtc_reset(struct rtc *rtc, u64 wall_seconds, u64 ram_size);

u8 rtc_read(struct rtc *rtc, unsigned index, u64 now);
void rtc_write(struct rtc *rtc, unsigned index, u8 value, u64 now);

/* timer.due: an event that interrupts has come. */
void rtc_due(void *rtc, u64 now);
