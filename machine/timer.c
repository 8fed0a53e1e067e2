/* SPDX-License-Identifier: MIT */
/*
 * A handful of timers: a walk over the list is shorter than anything
 * cleverer would be.
 */
#include "machine/timer.h"

#include "kernel/apic.h"
#include "kernel/panic.h"

void timers_init(struct timers *timers, const struct clock *clock)
{
	timers->clock = clock;
	timers->count = 0;
	timers->armed = 0;
}

void timer_add(struct timers *timers, struct timer *timer, void (*due)(void *, u64), void *device)
{
	panic_on(timers->count == TIMERS_MAX);
	*timer = (struct timer){ due, device, CLOCK_NEVER, timers };
	timers->list[timers->count++] = timer;
}

static void arm(struct timers *timers, u64 deadline, u64 now)
{
	apic_timer_arm(deadline > now ? deadline - now : 1);
	timers->armed = deadline;
}

void timer_set(struct timer *timer, u64 deadline)
{
	timer->deadline = deadline;
	if (deadline < timer->timers->armed)
		arm(timer->timers, deadline, clock_now(timer->timers->clock));
}

void timers_resume(struct timers *timers)
{
	arm(timers, timers->armed, clock_now(timers->clock));
}

u64 timers_next(const struct timers *timers)
{
	u64 next = CLOCK_NEVER;

	for (unsigned i = 0; i < timers->count; i++)
		next = MIN(next, timers->list[i]->deadline);
	return next;
}

void timers_run(struct timers *timers, u64 most)
{
	u64 now = clock_now(timers->clock);

	for (unsigned i = 0; i < timers->count; i++) {
		struct timer *timer = timers->list[i];

		if (timer->deadline > now)
			continue;
		timer->deadline = CLOCK_NEVER;
		timer->due(timer->device, now);
	}
	arm(timers, MIN(timers_next(timers), now + most), now);
}
