/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of a machine's devices. Each device owns a struct timer; the
 * machine keeps the list. The host's own timer is armed for the earliest.
 */
#pragma once

#include "machine/clock.h"

struct timers;

struct timer {
	/* The deadline has come: `now` may be later. May set the timer again. */
	void (*due)(void *device, u64 now);
	void *device;
	u64 deadline; /* ns of the machine's clock, or CLOCK_NEVER: then it is off */
	struct timers *timers;
};

#define TIMERS_MAX 8

struct timers {
	const struct clock *clock;
	struct timer *list[TIMERS_MAX];
	unsigned count;
	u64 armed; /* when the host's timer will interrupt; 0 until the first timers_run() */
};

void timers_init(struct timers *timers, const struct clock *clock);

/* At creation of the machine; `timer` starts off. Panics beyond TIMERS_MAX. */
void timer_add(struct timers *timers, struct timer *timer, void (*due)(void *, u64), void *device);

/* Set the deadline, or CLOCK_NEVER. Arms the host's timer when that comes too late. */
void timer_set(struct timer *timer, u64 deadline);

static inline bool timer_pending(const struct timer *timer)
{
	return timer->deadline != CLOCK_NEVER;
}

/* Call what is due, then arm the host's timer for the next deadline, at most `most` ns ahead. */
void timers_run(struct timers *timers, u64 most);

/* The clock goes on after a pause: arm the host's timer anew, which was stopped. */
void timers_resume(struct timers *timers);

/* The earliest deadline, or CLOCK_NEVER. */
u64 timers_next(const struct timers *timers);
