/* SPDX-License-Identifier: MIT */
#include "machine/pit_channel.h"

#include "lib/bits.h"
#include "lib/string.h"

/* Modes, by the data sheet's names. */
enum { TERMINAL_COUNT, ONE_SHOT, RATE, SQUARE, SOFTWARE_STROBE, HARDWARE_STROBE };

enum { ACCESS_LOW = 1, ACCESS_HIGH, ACCESS_BOTH };

#define STATUS_OUTPUT BIT(7)
#define STATUS_NULL   BIT(6)

void pit_channel_reset(struct pit_channel *c, bool gate)
{
	memset(c, 0, sizeof(*c));
	c->access = ACCESS_BOTH;
	c->gate = gate;
	c->stopped_at = PIT_NEVER;
	c->next_at = PIT_NEVER;
}

static bool periodic(const struct pit_channel *c)
{
	return c->mode == RATE || c->mode == SQUARE;
}

static bool needs_trigger(const struct pit_channel *c)
{
	return c->mode == ONE_SHOT || c->mode == HARDWARE_STROBE;
}

static u32 modulus(const struct pit_channel *c)
{
	return c->bcd ? 10000 : 65536;
}

/* Does it count now? In modes 1 and 5 it may go on long after its pulse. */
static bool running(const struct pit_channel *c)
{
	if (!c->loaded)
		return false;
	if (periodic(c))
		return c->gate;
	return !needs_trigger(c) || c->triggered;
}

/* Has the tick come at which the count is loaded: one pulse after the write? */
static bool begun(const struct pit_channel *c, u64 now)
{
	/* `start` may lie before tick 0: see settle(). */
	return (s64)(now - c->start) >= 0;
}

/* Clock pulses since the count was loaded. */
static u64 elapsed(const struct pit_channel *c, u64 now)
{
	u64 until = MIN(now, c->stopped_at);

	return begun(c, until) ? until - c->start : 0;
}

/* Pulses of a square wave's high half: one more than the low half of an odd count. */
static u32 high_half(u32 count)
{
	return (count + 1) / 2;
}

/*
 * Let a new count of a periodic mode take over when its time has come: at
 * the end of the period, or of the half period of a square wave.
 */
static void settle(struct pit_channel *c, u64 now)
{
	u64 into;

	if (now < c->next_at)
		return;
	into = (c->next_at - c->start) % c->count;
	c->start = c->next_at;
	c->count = c->next_count;
	/* In the middle of a square wave: its low half begins. */
	if (c->mode == SQUARE && into)
		c->start -= high_half(c->count);
	c->next_at = PIT_NEVER;
}

/* When the period, or half period, that goes on now ends. */
static u64 boundary(const struct pit_channel *c, u64 now)
{
	u64 gone = elapsed(c, now);
	u64 into = gone % c->count;
	u64 period = now - into;

	/* A period that has not begun is taken for one that begins now. */
	if (!begun(c, now))
		period = c->start;
	if (c->mode == SQUARE && into < high_half(c->count) && c->count > 1)
		return period + high_half(c->count);
	return period + c->count;
}

/* The counting element. */
static u32 value(struct pit_channel *c, u64 now)
{
	u64 gone, into;
	u32 high;

	settle(c, now);
	if (!running(c))
		return c->loaded ? c->count % modulus(c) : 0;
	gone = elapsed(c, now);
	if (!periodic(c))
		return (u32)((c->count + modulus(c) - gone % modulus(c)) % modulus(c));
	into = gone % c->count;
	if (c->mode == RATE)
		return (u32)(c->count - into) % modulus(c);
	/* A square wave counts down by two in each half, from an even number. */
	high = high_half(c->count);
	return ((c->count & ~1U) - 2 * (u32)(into < high ? into : into - high)) % modulus(c);
}

bool pit_channel_output(struct pit_channel *c, u64 now)
{
	u64 gone;

	settle(c, now);
	if (!running(c))
		return c->mode != TERMINAL_COUNT;
	gone = elapsed(c, now);
	switch (c->mode) {
	case TERMINAL_COUNT:
		return gone >= c->count;
	case ONE_SHOT:
		return gone >= c->count;
	case RATE:
		return gone % c->count != c->count - 1;
	case SQUARE:
		return gone % c->count < high_half(c->count);
	default: /* a strobe: low for one pulse */
		return gone != c->count;
	}
}

u64 pit_channel_next_rise(struct pit_channel *c, u64 now)
{
	u64 rise;

	settle(c, now);
	if (!running(c) || c->stopped_at != PIT_NEVER)
		return PIT_NEVER;
	if (!periodic(c)) {
		rise = c->start + c->count + (c->mode >= SOFTWARE_STROBE);
		return rise > now ? rise : PIT_NEVER;
	}
	if (!begun(c, now))
		return c->start + c->count;
	rise = now + (c->count - elapsed(c, now) % c->count);
	if (c->next_at >= rise)
		return rise;
	/* Only in a square wave can the new count take over before: for the low half. */
	return c->next_at + c->next_count / 2;
}

/* Load the counting element; its first pulse is the next one. */
static void load(struct pit_channel *c, u32 count, u64 now)
{
	c->count = count;
	c->start = now + 1;
	c->loaded = true;
	c->next_at = PIT_NEVER;
	c->stopped_at = !c->gate && (c->mode == TERMINAL_COUNT || c->mode == SOFTWARE_STROBE)
				? now
				: PIT_NEVER;
}

void pit_channel_control(struct pit_channel *c, u8 word)
{
	u8 mode = (u8)bits_get(word, 3, 1);

	c->mode = mode > HARDWARE_STROBE ? mode - 4 : mode; /* 6 and 7 are 2 and 3 */
	c->access = (u8)bits_get(word, 5, 4);
	c->bcd = word & 1;
	c->loaded = c->triggered = false;
	c->high_next = c->read_high_next = false;
	c->latched = 0;
	c->status_latched = false;
	c->next_at = c->stopped_at = PIT_NEVER;
}

static u32 from_bcd(u16 value)
{
	return (value >> 12) * 1000U + (value >> 8 & 15) * 100U + (value >> 4 & 15) * 10U +
	       (value & 15);
}

static u16 to_bcd(u32 value)
{
	return (u16)(value / 1000 % 10 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 |
		     value % 10);
}

static void write_count(struct pit_channel *c, u16 written, u64 now)
{
	u32 count = c->bcd ? from_bcd(written) : written;

	settle(c, now);
	if (!count)
		count = modulus(c);
	if (periodic(c) && running(c)) {
		c->next_count = count;
		c->next_at = boundary(c, now);
	} else if (needs_trigger(c) && c->triggered) {
		c->next_count = count; /* for the next trigger; this pulse is not disturbed */
		c->next_at = PIT_NEVER;
	} else {
		load(c, count, now);
		c->next_count = count;
	}
}

void pit_channel_write(struct pit_channel *c, u8 byte, u64 now)
{
	switch (c->access) {
	case ACCESS_LOW:
		write_count(c, byte, now);
		break;
	case ACCESS_HIGH:
		write_count(c, (u16)(byte << 8), now);
		break;
	case ACCESS_BOTH:
		c->high_next = !c->high_next;
		if (!c->high_next) {
			write_count(c, (u16)(byte << 8 | c->low), now);
			break;
		}
		c->low = byte;
		/* Mode 0: "writing the first byte disables counting, OUT is set low". */
		if (c->mode == TERMINAL_COUNT)
			c->loaded = false;
		break;
	}
}

static u16 shown(struct pit_channel *c, u64 now)
{
	u32 count = value(c, now);

	return c->bcd ? to_bcd(count) : (u16)count;
}

void pit_channel_latch_count(struct pit_channel *c, u64 now)
{
	if (c->latched)
		return; /* the first latch holds until it is read */
	c->latch = shown(c, now);
	c->latched = c->access == ACCESS_BOTH ? 2 : 1;
}

void pit_channel_latch_status(struct pit_channel *c, u64 now)
{
	bool null;

	if (c->status_latched)
		return;
	settle(c, now);
	null = !c->loaded || !begun(c, now) || c->next_at != PIT_NEVER ||
	       (needs_trigger(c) && (!c->triggered || c->next_count != c->count));
	c->status = (pit_channel_output(c, now) ? STATUS_OUTPUT : 0) | (null ? STATUS_NULL : 0) |
		    (u8)(c->access << 4) | (u8)(c->mode << 1) | c->bcd;
	c->status_latched = true;
}

static u8 pick(struct pit_channel *c, u16 count)
{
	bool high = c->access == ACCESS_HIGH;

	if (c->access == ACCESS_BOTH) {
		high = c->read_high_next;
		c->read_high_next = !high;
	}
	return (u8)(high ? count >> 8 : count);
}

u8 pit_channel_read(struct pit_channel *c, u64 now)
{
	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latched) {
		c->latched--;
		return pick(c, c->latch);
	}
	return pick(c, shown(c, now));
}

void pit_channel_set_gate(struct pit_channel *c, bool gate, u64 now)
{
	bool rises = gate && !c->gate;

	if (gate == c->gate)
		return;
	settle(c, now);
	c->gate = gate;
	if (!c->loaded)
		return;
	if (c->mode == TERMINAL_COUNT || c->mode == SOFTWARE_STROBE) {
		if (!rises) {
			c->stopped_at = begun(c, now) ? now : c->start;
		} else if (c->stopped_at != PIT_NEVER) {
			c->start += now - MIN(now, c->stopped_at);
			c->stopped_at = PIT_NEVER;
		}
	} else if (rises) {
		c->triggered = true;
		load(c, c->next_count, now);
	}
}
