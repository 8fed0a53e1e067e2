/* SPDX-License-Identifier: MIT */
#include "machine/clock.h"

#include "kernel/time.h"

void clock_start(struct clock *clock)
{
	clock->start_tsc = time_tsc();
}

void clock_pause(struct clock *clock)
{
	clock->paused_tsc = time_tsc();
}

u64 clock_resume(struct clock *clock)
{
	u64 ticks = time_tsc() - clock->paused_tsc;

	clock->start_tsc += ticks;
	return ticks;
}

u64 clock_now(const struct clock *clock)
{
	return time_tsc_to_ns(time_tsc() - clock->start_tsc);
}
