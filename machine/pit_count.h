/* SPDX-License-Identifier: MIT */
/*
 * What a channel of the 8254 has in its counting element, and on its output,
 * at a given tick. Pure arithmetic on when which count was loaded.
 */
#pragma once

#include "machine/pit_channel.h"

/* Modes, by the data sheet's names. */
enum {
	PIT_TERMINAL_COUNT,
	PIT_ONE_SHOT,
	PIT_RATE,
	PIT_SQUARE,
	PIT_SOFTWARE_STROBE,
	PIT_HARDWARE_STROBE,
};

static inline bool pit_count_periodic(const struct pit_channel *c)
{
	return c->mode == PIT_RATE || c->mode == PIT_SQUARE;
}

static inline bool pit_count_needs_trigger(const struct pit_channel *c)
{
	return c->mode == PIT_ONE_SHOT || c->mode == PIT_HARDWARE_STROBE;
}

/* Modes whose gate stops the count and lets it go on. */
static inline bool pit_count_can_pause(const struct pit_channel *c)
{
	return c->mode == PIT_TERMINAL_COUNT || c->mode == PIT_SOFTWARE_STROBE;
}

static inline u32 pit_count_modulus(const struct pit_channel *c)
{
	return c->bcd ? 10000 : 65536;
}

/* Has the tick come at which the count is loaded: one pulse after the write? */
bool pit_count_begun(const struct pit_channel *c, u64 now);

/* Does it count now? In modes 1 and 5 it may go on long after its pulse. */
bool pit_count_running(const struct pit_channel *c);

/*
 * Let a new count of a periodic mode take over when its time has come: at
 * the end of the period, or of the half period of a square wave.
 */
void pit_count_settle(struct pit_channel *c, u64 now);

/* When the period, or half period, that goes on now ends. */
u64 pit_count_boundary(const struct pit_channel *c, u64 now);

/* The counting element. */
u32 pit_count_value(struct pit_channel *c, u64 now);

/* The level of OUT. */
bool pit_count_output(struct pit_channel *c, u64 now);

/* The first tick after `now` at which OUT rises, or PIT_NEVER, if nothing is written until then. */
u64 pit_count_next_rise(struct pit_channel *c, u64 now);
