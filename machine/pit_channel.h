/* SPDX-License-Identifier: MIT */
/*
 * One channel of an 8254 interval timer, by its data sheet. Pure: time is a
 * parameter, in ticks of the channel's clock since the machine was switched
 * on, and never runs backwards. Nothing is counted: the count is computed
 * from when it was loaded, so it cannot drift.
 */
#pragma once

#include "lib/types.h"

#define PIT_NEVER (~0UL)

struct pit_channel {
	u8 mode;   /* 0 to 5 */
	u8 chosen; /* the same as it was written, where 6 and 7 are 2 and 3 */
	u8 access; /* bytes of the count that are used: 1 low, 2 high, 3 both */
	bool bcd;
	bool gate;

	bool loaded;	/* the counting element holds a count */
	bool triggered; /* modes 1 and 5: the gate has risen since */
	u32 count;	/* what it was loaded with: 1 to 65536, BCD: 10000 */
	u64 start;	/* tick of that */
	u64 stopped_at; /* modes 0 and 4 with the gate low: tick it fell at; else NEVER */
	u32 next_count; /* modes 2 and 3: takes over at ... */
	u64 next_at;	/* ... this tick; NEVER without */

	bool high_next; /* access 3, writing: the low byte has come */
	u8 low;
	bool read_high_next;
	u8 latched;	/* bytes of the latched count still to be read */
	u16 latch;
	bool status_latched;
	u8 status;
};

void pit_channel_reset(struct pit_channel *c, bool gate);

/* A control word for this channel (not a latch or read-back command). */
void pit_channel_control(struct pit_channel *c, u8 word);
void pit_channel_latch_count(struct pit_channel *c, u64 now);
void pit_channel_latch_status(struct pit_channel *c, u64 now);

void pit_channel_write(struct pit_channel *c, u8 byte, u64 now);
u8 pit_channel_read(struct pit_channel *c, u64 now);

void pit_channel_set_gate(struct pit_channel *c, bool gate, u64 now);
