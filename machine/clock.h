/* SPDX-License-Identifier: MIT */
/*
 * A machine's one clock: nanoseconds by the TSC since it was switched on.
 * Every device that knows time takes it from here, so that no two of them
 * can drift apart.
 */
#pragma once

#include "lib/types.h"

struct clock {
	u64 start_tsc;
	u64 paused_tsc;
};

#define CLOCK_NEVER (~0UL) /* a deadline that does not come */

void clock_start(struct clock *clock);

/* It stands still from one to the other, for so many ticks of the TSC. Nobody reads it meanwhile. */
void clock_pause(struct clock *clock);
u64 clock_resume(struct clock *clock);

/* Never runs backwards. */
u64 clock_now(const struct clock *clock);
