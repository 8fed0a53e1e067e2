/* SPDX-License-Identifier: MIT */
/*
 * Periodic ticks that came while the host was busy elsewhere. A guest that
 * counts ticks must get them all, or its time falls behind; so they are owed
 * and told later, one at a time, each when the one before has been taken, and
 * with some time between them in which the guest can do something else.
 *
 * Only what the host has missed is owed. A guest that keeps its interrupts
 * off for several periods, or masks them, loses ticks as with the hardware,
 * whose controllers remember one.
 */
#pragma once

#include "lib/types.h"

struct tick_debt {
	u32 owed;
	bool behind; /* owed, or the last of them not taken yet */
};

/*
 * A tick is due, and `missed` have been before it since anybody looked.
 * `waits`: the last one told has not been taken yet. True: tell it now.
 */
bool tick_debt_due(struct tick_debt *d, u64 missed, bool waits);

/* Between two ticks, while behind: the same for one that is owed. */
bool tick_debt_pay(struct tick_debt *d, bool waits);

/* How long to wait between two of them: so they come some four times as often as in time. */
static inline u64 tick_debt_gap_ns(u64 period_ns)
{
	return period_ns / 4;
}
