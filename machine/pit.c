/* SPDX-License-Identifier: MIT */
#include "machine/pit.h"

#include "lib/bits.h"
#include "machine/pit_count.h"

#define CONTROL	       3 /* port */
#define CONTROL_LATCH  0 /* access bits */
#define READ_BACK      3 /* channel */
#define READ_BACK_NO_COUNT  BIT(5)
#define READ_BACK_NO_STATUS BIT(4)

#define SPEAKER_GATE	BIT(0)
#define SPEAKER_DATA	BIT(1)
#define SPEAKER_MASKS	(BIT(2) | BIT(3)) /* SERR# and IOCHK#, which nobody raises: kept */
#define SPEAKER_REFRESH BIT(4)
#define SPEAKER_OUT	BIT(5)
#define FASTEST_NS	50000 /* between two interrupts */
#define REFRESH_NS	15085 /* 18 ticks: how often a PC refreshed a row of memory */

/* ns of the last tick that 64 bits can compute with: some 5 years. */
u64 pit_ticks(u64 ns)
{
	return ns / PIT_NS * PIT_TICKS + ns % PIT_NS * PIT_TICKS / PIT_NS;
}

u64 pit_ns(u64 ticks)
{
	return ticks / PIT_TICKS * PIT_NS +
	       (ticks % PIT_TICKS * PIT_NS + PIT_TICKS - 1) / PIT_TICKS;
}

/* Channel 0 was changed: its level now, and when it rises next. */
static void follow(struct pit *pit, u64 now)
{
	struct pit_channel *c = &pit->channels[0];

	irq_set(&pit->irq, pit_count_output(c, now));
	pit->rise = pit_count_next_rise(c, now);
	pit->debt = (struct tick_debt){ 0, false };
	timer_set(&pit->timer, pit->rise == PIT_NEVER ? CLOCK_NEVER : pit_ns(pit->rise));
}

/* When to look next. A count of 1 must not leave the guest without time for itself. */
static u64 next_look(struct pit *pit, u64 now_ns)
{
	u64 next = pit->rise == PIT_NEVER ? CLOCK_NEVER : pit_ns(pit->rise);

	if (pit->debt.behind)
		next = MIN(next, now_ns + tick_debt_gap_ns(pit_ns(pit->channels[0].count)));
	return MAX(next, now_ns + FASTEST_NS);
}

void pit_due(void *state, u64 now_ns)
{
	struct pit *pit = state;
	struct pit_channel *c = &pit->channels[0];
	bool waits = pit->waits(pit->irq.listener, pit->irq.line), tell;
	u64 now = pit_ticks(now_ns);

	if (now >= pit->rise) {
		tell = tick_debt_due(&pit->debt,
				     pit_count_periodic(c) ? (now - pit->rise) / c->count : 0, waits);
		pit->rise = pit_count_next_rise(c, now);
	} else {
		tell = tick_debt_pay(&pit->debt, waits);
	}
	if (tell)
		irq_pulse(&pit->irq);
	timer_set(&pit->timer, next_look(pit, now_ns));
}

void pit_reset(struct pit *pit)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pit->channels); i++)
		pit_channel_reset(&pit->channels[i], i != 2);
	pit->speaker = false;
	pit->masked = 0;
	follow(pit, 0);
}

static void read_back(struct pit *pit, u8 word, u64 now)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pit->channels); i++) {
		if (!(word & BIT(i + 1)))
			continue;
		if (!(word & READ_BACK_NO_COUNT))
			pit_channel_latch_count(&pit->channels[i], now);
		if (!(word & READ_BACK_NO_STATUS))
			pit_channel_latch_status(&pit->channels[i], now);
	}
}

/* Returns true if this set the mode of channel 0. */
static bool control(struct pit *pit, u8 word, u64 now)
{
	unsigned channel = word >> 6;
	bool sets_mode = false;

	if (channel == READ_BACK)
		read_back(pit, word, now);
	else if (bits_get(word, 5, 4) == CONTROL_LATCH)
		pit_channel_latch_count(&pit->channels[channel], now);
	else
		sets_mode = true;
	if (sets_mode)
		pit_channel_control(&pit->channels[channel], word);
	return sets_mode && channel == 0;
}

void pit_write(struct pit *pit, unsigned port, u8 value, u64 now_ns)
{
	u64 now = pit_ticks(now_ns);
	bool changed = port == 0;

	/* An edge that is due comes before what the guest does now. */
	if (now >= pit->rise)
		pit_due(pit, now_ns);
	if (port == CONTROL)
		changed = control(pit, value, now);
	else
		pit_channel_write(&pit->channels[port], value, now);
	if (changed)
		follow(pit, now);
}

u8 pit_read(struct pit *pit, unsigned port, u64 now_ns)
{
	/* Who reads that OUT is high has had its interrupt. */
	if (pit_ticks(now_ns) >= pit->rise)
		pit_due(pit, now_ns);
	/* The control word cannot be read. */
	return port == CONTROL ? 0xff : pit_channel_read(&pit->channels[port], pit_ticks(now_ns));
}

u8 pit_speaker_read(struct pit *pit, u64 now_ns)
{
	struct pit_channel *c = &pit->channels[2];

	return (c->gate ? SPEAKER_GATE : 0) | (pit->speaker ? SPEAKER_DATA : 0) | pit->masked |
	       (now_ns / REFRESH_NS & 1 ? SPEAKER_REFRESH : 0) |
	       (pit_count_output(c, pit_ticks(now_ns)) ? SPEAKER_OUT : 0);
}

void pit_speaker_write(struct pit *pit, u8 value, u64 now_ns)
{
	pit->speaker = value & SPEAKER_DATA;
	pit->masked = value & SPEAKER_MASKS;
	pit_channel_set_gate(&pit->channels[2], value & SPEAKER_GATE, pit_ticks(now_ns));
}

static u32 pit_in(void *state, u16 offset, unsigned size)
{
	struct pit *pit = state;

	(void)size;
	return pit_read(pit, offset, clock_now(pit->clock));
}

static enum verdict pit_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pit *pit = state;

	(void)v;
	(void)size;
	pit_write(pit, offset, (u8)value, clock_now(pit->clock));
	return NEXT;
}

static u32 speaker_in(void *state, u16 offset, unsigned size)
{
	struct pit *pit = state;

	(void)offset;
	(void)size;
	return pit_speaker_read(pit, clock_now(pit->clock));
}

static enum verdict speaker_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pit *pit = state;

	(void)v;
	(void)offset;
	(void)size;
	pit_speaker_write(pit, (u8)value, clock_now(pit->clock));
	return NEXT;
}

const struct port_device pit_ports = { "8254 timer", 1, pit_in, pit_out };
const struct port_device speaker_ports = { "speaker port", 1, speaker_in, speaker_out };
