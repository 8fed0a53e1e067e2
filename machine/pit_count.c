/* SPDX-License-Identifier: MIT */
#include "machine/pit_count.h"

bool pit_count_running(const struct pit_channel *c)
{
	if (!c->loaded)
		return false;
	if (pit_count_periodic(c))
		return c->gate;
	return !pit_count_needs_trigger(c) || c->triggered;
}

bool pit_count_begun(const struct pit_channel *c, u64 now)
{
	/* `start` may lie before tick 0: see pit_count_settle(). */
	return (s64)(now - c->start) >= 0;
}

/* Clock pulses since the count was loaded. */
static u64 elapsed(const struct pit_channel *c, u64 now)
{
	u64 until = MIN(now, c->stopped_at);

	return pit_count_begun(c, until) ? until - c->start : 0;
}

/* Pulses of a square wave's high half: one more than the low half of an odd count. */
static u32 high_half(u32 count)
{
	return (count + 1) / 2;
}

void pit_count_settle(struct pit_channel *c, u64 now)
{
	u64 into;

	if (now < c->next_at)
		return;
	into = (c->next_at - c->start) % c->count;
	c->start = c->next_at;
	c->count = c->next_count;
	/* In the middle of a square wave: its low half begins. */
	if (c->mode == PIT_SQUARE && into)
		c->start -= high_half(c->count);
	c->next_at = PIT_NEVER;
}

u64 pit_count_boundary(const struct pit_channel *c, u64 now)
{
	u64 gone = elapsed(c, now);
	u64 into = gone % c->count;
	u64 period = now - into;

	/* A period that has not begun is taken for one that begins now. */
	if (!pit_count_begun(c, now))
		period = c->start;
	if (c->mode == PIT_SQUARE && into < high_half(c->count) && c->count > 1)
		return period + high_half(c->count);
	return period + c->count;
}

u32 pit_count_value(struct pit_channel *c, u64 now)
{
	u32 modulus = pit_count_modulus(c), high;
	u64 gone, into;

	pit_count_settle(c, now);
	if (!pit_count_running(c))
		return c->loaded ? c->count % modulus : 0;
	gone = elapsed(c, now);
	if (!pit_count_periodic(c))
		return (u32)(c->count + modulus - gone % modulus) % modulus;
	into = gone % c->count;
	if (c->mode == PIT_RATE)
		return (u32)(c->count - into) % modulus;
	/* A square wave counts down by two in each half, from an even number. */
	high = high_half(c->count);
	return ((c->count & ~1U) - 2 * (u32)(into < high ? into : into - high)) % modulus;
}

bool pit_count_output(struct pit_channel *c, u64 now)
{
	u64 gone;

	pit_count_settle(c, now);
	if (!pit_count_running(c))
		return c->mode != PIT_TERMINAL_COUNT;
	gone = elapsed(c, now);
	switch (c->mode) {
	case PIT_TERMINAL_COUNT:
	case PIT_ONE_SHOT:
		return gone >= c->count;
	case PIT_RATE:
		return gone % c->count != c->count - 1;
	case PIT_SQUARE:
		return gone % c->count < high_half(c->count);
	default: /* a strobe: low for one pulse */
		return gone != c->count;
	}
}

u64 pit_count_next_rise(struct pit_channel *c, u64 now)
{
	u64 rise;

	pit_count_settle(c, now);
	if (!pit_count_running(c) || c->stopped_at != PIT_NEVER)
		return PIT_NEVER;
	if (!pit_count_periodic(c)) {
		rise = c->start + c->count + (c->mode >= PIT_SOFTWARE_STROBE);
		return rise > now ? rise : PIT_NEVER;
	}
	if (!pit_count_begun(c, now))
		return c->start + c->count;
	rise = now + (c->count - elapsed(c, now) % c->count);
	if (c->next_at >= rise)
		return rise;
	/* Only in a square wave can the new count take over before: for the low half. */
	return c->next_at + c->next_count / 2;
}
