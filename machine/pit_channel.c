/* SPDX-License-Identifier: MIT */
#include "machine/pit_channel.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "machine/pit_count.h"

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

/* Load the counting element; its first pulse is the next one. */
static void load(struct pit_channel *c, u32 count, u64 now)
{
	c->count = count;
	c->start = now + 1;
	c->loaded = true;
	c->next_at = PIT_NEVER;
	c->stopped_at = !c->gate && pit_count_can_pause(c) ? now : PIT_NEVER;
}

void pit_channel_control(struct pit_channel *c, u8 word)
{
	u8 mode = (u8)bits_get(word, 3, 1);

	c->chosen = mode;
	c->mode = mode > PIT_HARDWARE_STROBE ? mode - 4 : mode; /* 6 and 7 are 2 and 3 */
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

	pit_count_settle(c, now);
	if (!count)
		count = pit_count_modulus(c);
	if (pit_count_periodic(c) && pit_count_running(c)) {
		c->next_count = count;
		c->next_at = pit_count_boundary(c, now);
	} else if (pit_count_needs_trigger(c) && c->triggered) {
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
		if (c->mode == PIT_TERMINAL_COUNT)
			c->loaded = false;
		break;
	}
}

static u16 shown(struct pit_channel *c, u64 now)
{
	u32 count = pit_count_value(c, now);

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
	pit_count_settle(c, now);
	null = !c->loaded || !pit_count_begun(c, now) || c->next_at != PIT_NEVER ||
	       (pit_count_needs_trigger(c) && (!c->triggered || c->next_count != c->count));
	c->status = (pit_count_output(c, now) ? STATUS_OUTPUT : 0) | (null ? STATUS_NULL : 0) |
		    (u8)(c->access << 4) | (u8)(c->chosen << 1) | c->bcd;
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
	pit_count_settle(c, now);
	c->gate = gate;
	if (!c->loaded)
		return;
	if (pit_count_can_pause(c)) {
		if (!rises) {
			c->stopped_at = pit_count_begun(c, now) ? now : c->start;
		} else if (c->stopped_at != PIT_NEVER) {
			c->start += now - MIN(now, c->stopped_at);
			c->stopped_at = PIT_NEVER;
		}
	} else if (rises) {
		c->triggered = true;
		load(c, c->next_count, now);
	}
}
