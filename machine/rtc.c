/* SPDX-License-Identifier: MIT */
#include "machine/rtc.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "machine/rtc_cmos.h"

#define NS_PER_S 1000000000UL

#define A_UIP	BIT(7)
#define A_RATE	BITS(3, 0)
#define A_RESET_DIVIDER (BIT(6) | BIT(5)) /* both: the divider chain is held in reset */
#define A_RESET 0x26 /* 32768 Hz crystal, 1024 Hz periodic */
#define B_SET	BIT(7)
#define B_RESET RTC_B_24H
#define FLAG_PERIODIC BIT(6) /* in C; the bit in B enables its interrupt */
#define FLAG_ALARM    BIT(5)
#define FLAG_UPDATE   BIT(4)
#define FLAGS	      (FLAG_PERIODIC | FLAG_ALARM | FLAG_UPDATE)
#define C_INTERRUPT   BIT(7)
#define D_VALID	      BIT(7)
#define ALARM_ANY     0xc0 /* both bits set: every second, minute, hour */

/* "Update Cycle": UIP is set 244 us before the update, which takes 1984 us. */
#define UPDATE_NS (244000UL + 1984000UL)

#define INDEX_MASK (RTC_CMOS - 1) /* bit 7 of port 70H masks NMIs; there are none */

static bool divider_held(const struct rtc *rtc)
{
	return (rtc->cmos[RTC_A] & A_RESET_DIVIDER) == A_RESET_DIVIDER;
}

/* Setting the time stops it, and so does its divider: registers are as the guest left them. */
static bool stopped(const struct rtc *rtc)
{
	return rtc->cmos[RTC_B] & B_SET || divider_held(rtc);
}

static u64 wall_ns(const struct rtc *rtc, u64 now)
{
	return rtc->base_ns + now;
}

static u64 wall_seconds(const struct rtc *rtc, u64 now)
{
	return wall_ns(rtc, now) / NS_PER_S;
}

/* Ticks of the crystal's 32768 Hz between two periodic events; 0 = off. */
static u64 period_ticks(const struct rtc *rtc)
{
	unsigned rate = rtc->cmos[RTC_A] & A_RATE;

	if (!rate || divider_held(rtc))
		return 0;
	/* "Periodic Interrupt Rate": 1 and 2 are as 8 and 9. */
	return 1UL << (rate <= 2 ? rate + 6 : rate - 1);
}

static u64 ns_to_ticks(u64 ns)
{
	return ns / NS_PER_S * 32768 + ns % NS_PER_S * 32768 / NS_PER_S;
}

static u64 ticks_to_ns(u64 ticks)
{
	return ticks / 32768 * NS_PER_S + (ticks % 32768 * NS_PER_S + 32767) / 32768;
}

static bool alarm_matches(const struct rtc *rtc, unsigned index, unsigned value)
{
	u8 alarm = rtc->cmos[index], b = rtc->cmos[RTC_B];

	if (alarm >= ALARM_ANY)
		return true;
	return value == (index == RTC_HOURS_ALARM ? rtc_time_decode_hours(alarm, b)
						  : rtc_time_decode(alarm, b));
}

/* The first second after `from` that the alarm names, or CLOCK_NEVER. Some 200 steps at most. */
static u64 next_alarm(const struct rtc *rtc, u64 from)
{
	u64 t = from + 1, end = t + 2 * 86400;

	while (t < end) {
		if (!alarm_matches(rtc, RTC_HOURS_ALARM, t / 3600 % 24))
			t = (t / 3600 + 1) * 3600;
		else if (!alarm_matches(rtc, RTC_MINUTES_ALARM, t / 60 % 60))
			t = (t / 60 + 1) * 60;
		else if (!alarm_matches(rtc, RTC_SECONDS_ALARM, t % 60))
			t++;
		else
			return t;
	}
	return CLOCK_NEVER;
}

/* So many periods have ended: is the flag set (again)? */
static bool periodic(struct rtc *rtc, u64 ends, u64 now)
{
	bool waits = rtc->cmos[RTC_C] & FLAG_PERIODIC; /* it is not read until then */

	if (!(rtc->cmos[RTC_B] & FLAG_PERIODIC))
		return ends;
	if (ends)
		return tick_debt_due(&rtc->debt, waits && !rtc->debt.behind ? 0 : ends - 1, waits);
	return rtc->debt.behind && now >= rtc->pay_ns && tick_debt_pay(&rtc->debt, waits);
}

/* What has happened since we last looked. */
static void catch_up(struct rtc *rtc, u64 now)
{
	u64 period = period_ticks(rtc);
	u64 before = wall_seconds(rtc, rtc->seen_ns), second = wall_seconds(rtc, now);

	if (period &&
	    periodic(rtc, ns_to_ticks(now) / period - ns_to_ticks(rtc->seen_ns) / period, now))
		rtc->cmos[RTC_C] |= FLAG_PERIODIC;
	if (!stopped(rtc) && second != before) {
		rtc->cmos[RTC_C] |= FLAG_UPDATE;
		if (next_alarm(rtc, before) <= second)
			rtc->cmos[RTC_C] |= FLAG_ALARM;
	}
	rtc->seen_ns = now;
}

static u64 until_second(const struct rtc *rtc, u64 second)
{
	return second == CLOCK_NEVER ? CLOCK_NEVER : second * NS_PER_S - rtc->base_ns;
}

/* The line, and when it may change by itself: for what is enabled and not yet flagged. */
static void update(struct rtc *rtc)
{
	u8 waiting = rtc->cmos[RTC_B] & ~rtc->cmos[RTC_C] & FLAGS;
	u64 next = CLOCK_NEVER, now = rtc->seen_ns, period = period_ticks(rtc);

	irq_set(&rtc->irq, rtc->cmos[RTC_B] & rtc->cmos[RTC_C] & FLAGS);
	if (waiting & FLAG_PERIODIC && period) {
		next = ticks_to_ns((ns_to_ticks(now) / period + 1) * period);
		rtc->pay_ns = now + tick_debt_gap_ns(ticks_to_ns(period));
		if (rtc->debt.behind)
			next = MIN(next, rtc->pay_ns);
	}
	if (waiting & FLAG_UPDATE && !stopped(rtc))
		next = MIN(next, until_second(rtc, wall_seconds(rtc, now) + 1));
	if (waiting & FLAG_ALARM && !stopped(rtc))
		next = MIN(next, until_second(rtc, next_alarm(rtc, wall_seconds(rtc, now))));
	if (next != rtc->timer.deadline)
		timer_set(&rtc->timer, next);
}

void rtc_due(void *state, u64 now)
{
	struct rtc *rtc = state;

	catch_up(rtc, now);
	update(rtc);
}

static u8 read_c(struct rtc *rtc, u64 now)
{
	u8 flags;

	catch_up(rtc, now);
	flags = rtc->cmos[RTC_C];
	if (flags & rtc->cmos[RTC_B])
		flags |= C_INTERRUPT;
	rtc->cmos[RTC_C] = 0;
	update(rtc);
	return flags;
}

static bool updating(const struct rtc *rtc, u64 now)
{
	return !stopped(rtc) && wall_ns(rtc, now) % NS_PER_S >= NS_PER_S - UPDATE_NS;
}

u8 rtc_read(struct rtc *rtc, unsigned index, u64 now)
{
	if (rtc_time_has(index) && !stopped(rtc))
		rtc_time_store(rtc->cmos, wall_seconds(rtc, now), rtc->cmos[RTC_B]);
	switch (index) {
	case RTC_A:
		return rtc->cmos[RTC_A] | (updating(rtc, now) ? A_UIP : 0);
	case RTC_C:
		return read_c(rtc, now);
	case RTC_D:
		return D_VALID;
	default:
		return rtc->cmos[index];
	}
}

/* Take the registers as the time from now on; so much of the second has gone. */
static void set_time(struct rtc *rtc, u64 now, u64 part)
{
	rtc->base_ns = rtc_time_load(rtc->cmos, rtc->cmos[RTC_B]) * NS_PER_S + part - now;
}

/* The running second goes on. */
static void go_on(struct rtc *rtc, u64 now)
{
	set_time(rtc, now, wall_ns(rtc, now) % NS_PER_S);
}

static void keep_time(struct rtc *rtc, u64 now)
{
	if (!stopped(rtc))
		rtc_time_store(rtc->cmos, wall_seconds(rtc, now), rtc->cmos[RTC_B]);
}

/* "When the divider is changed from reset ... the first update is one-half second later." */
static void write_a(struct rtc *rtc, u8 value, u64 now)
{
	bool was_held = divider_held(rtc);

	keep_time(rtc, now);
	rtc->cmos[RTC_A] = value & ~A_UIP;
	if (was_held && !divider_held(rtc))
		set_time(rtc, now, NS_PER_S / 2);
}

static void write_b(struct rtc *rtc, u8 value, u64 now)
{
	bool was_stopped = stopped(rtc);

	keep_time(rtc, now);
	if (value & B_SET)
		value &= ~FLAG_UPDATE; /* "SET ... clears UIE" */
	rtc->cmos[RTC_B] = value;
	/* A running clock keeps its time when only the way of writing it down changes. */
	if (was_stopped && !stopped(rtc))
		go_on(rtc, now);
}

void rtc_write(struct rtc *rtc, unsigned index, u8 value, u64 now)
{
	catch_up(rtc, now);
	switch (index) {
	case RTC_A:
		rtc->debt = (struct tick_debt){ 0, false };
		write_a(rtc, value, now);
		break;
	case RTC_B:
		rtc->debt = (struct tick_debt){ 0, false };
		write_b(rtc, value, now);
		break;
	case RTC_C:
	case RTC_D:
		break;
	default:
		if (rtc_time_has(index) && !stopped(rtc)) {
			keep_time(rtc, now);
			rtc->cmos[index] = value;
			go_on(rtc, now);
		} else {
			rtc->cmos[index] = value;
		}
	}
	update(rtc);
}

void rtc_reset(struct rtc *rtc, u64 seconds, u64 ram_size)
{
	rtc->index = 0;
	memset(rtc->cmos, 0, sizeof(rtc->cmos));
	rtc->cmos[RTC_A] = A_RESET;
	rtc->cmos[RTC_B] = B_RESET;
	rtc->base_ns = seconds * NS_PER_S;
	rtc->seen_ns = 0;
	rtc_cmos_memory(rtc->cmos, ram_size);
	update(rtc);
}

static u32 rtc_in(void *state, u16 offset, unsigned size)
{
	struct rtc *rtc = state;

	(void)size;
	/* The index cannot be read back. */
	return offset ? rtc_read(rtc, rtc->index, clock_now(rtc->clock)) : 0xff;
}

static enum verdict rtc_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct rtc *rtc = state;

	(void)v;
	(void)size;
	if (offset)
		rtc_write(rtc, rtc->index, (u8)value, clock_now(rtc->clock));
	else
		rtc->index = value & INDEX_MASK;
	return NEXT;
}

const struct port_device rtc_ports = { "RTC and CMOS", 1, rtc_in, rtc_out };
