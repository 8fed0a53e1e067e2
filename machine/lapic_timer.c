/* SPDX-License-Identifier: MIT */
#include "machine/lapic_timer.h"

#include "kernel/time.h"
#include "machine/lapic.h"
#include "machine/tsc.h"

static bool by_deadline(u32 lvt)
{
	return lvt & APIC_LVT_DEADLINE;
}

/* Mode 3 is reserved: it neither counts nor has a deadline. */
static u32 mode(const struct lapic *l)
{
	return *lapic_register(l, APIC_LVT_TIMER) & APIC_LVT_TIMER_MODE;
}

static u64 now(const struct lapic *l)
{
	return clock_now(l->timer.clock);
}

static u64 period(const struct lapic *l)
{
	return (u64)*lapic_register(l, APIC_TIMER_INITIAL) << l->timer.shift;
}

static void stop(struct lapic *l)
{
	l->timer.counting = false;
	l->timer.deadline = 0;
	l->timer.debt = (struct tick_debt){ 0, false };
	timer_set(&l->timer.timer, CLOCK_NEVER);
}

void lapic_timer_reset(struct lapic *l)
{
	l->timer.shift = l->timer.halved + 1;
	stop(l);
}

static void count_down(struct lapic *l, u64 ns)
{
	l->timer.zero = now(l) + ns;
	l->timer.counting = true;
	l->timer.debt = (struct tick_debt){ 0, false };
	timer_set(&l->timer.timer, l->timer.zero);
}

/* An interrupt whose time has come goes out before the timer is changed. */
static void catch_up(struct lapic *l)
{
	struct timer *timer = &l->timer.timer;

	if (!timer_pending(timer) || timer->deadline > now(l))
		return;
	timer->deadline = CLOCK_NEVER;
	lapic_timer_due(l, now(l));
}

void lapic_timer_start(struct lapic *l, u32 count)
{
	catch_up(l);
	if (by_deadline(*lapic_register(l, APIC_LVT_TIMER)))
		return;
	lapic_set_register(l, APIC_TIMER_INITIAL, count);
	if (count)
		count_down(l, period(l));
	else
		stop(l);
}

/* In ns. A periodic count has been loaded again, even if its interrupt is not out yet. */
static u64 remaining(const struct lapic *l, u64 at)
{
	const struct lapic_timer *t = &l->timer;

	if (!t->counting)
		return 0;
	if (t->zero > at)
		return t->zero - at;
	return mode(l) == APIC_LVT_PERIODIC ? period(l) - (at - t->zero) % period(l) : 0;
}

/* Rounded up: the count is 0 when its time has gone, not before. */
u32 lapic_timer_count(struct lapic *l)
{
	u64 ns;

	catch_up(l);
	ns = remaining(l, now(l));

	return (u32)((ns + BIT(l->timer.shift) - 1) >> l->timer.shift);
}

void lapic_timer_divide(struct lapic *l, u32 configuration)
{
	/* 0 to 6: by 2 to 128; 7: by 1. */
	u8 shift = ((u8)(((configuration >> 1 & 4) | (configuration & 3)) + 1) & 7) + l->timer.halved;
	u64 count;

	if (shift == l->timer.shift)
		return;
	catch_up(l);
	count = lapic_timer_count(l);
	l->timer.shift = shift;
	if (count)
		count_down(l, count << l->timer.shift);
}

/* One-shot and periodic change into each other on the run; to and from a deadline stops. */
void lapic_timer_prepare(struct lapic *l, u32 new_lvt)
{
	u32 old_lvt = *lapic_register(l, APIC_LVT_TIMER);

	catch_up(l);
	if (!((old_lvt ^ new_lvt) & APIC_LVT_TIMER_MODE))
		return;
	if (by_deadline(old_lvt | new_lvt)) {
		lapic_set_register(l, APIC_TIMER_INITIAL, 0);
		stop(l);
	} else if (l->timer.counting) {
		count_down(l, remaining(l, now(l)));
	}
}

/* ---- TSC deadline ---------------------------------------------------------------- */

u64 lapic_timer_deadline(const struct lapic *l)
{
	return l->timer.deadline;
}

/* The guest's TSC is read before the clock: so what is computed is never too early. */
void lapic_timer_tsc_changed(struct lapic *l)
{
	u64 ticks, ns, tsc;

	if (!l->timer.deadline)
		return;
	tsc = tsc_guest(l->vcpu);
	if (l->timer.deadline <= tsc) {
		stop(l);
		lapic_local(l, APIC_LVT_TIMER);
		return;
	}
	ticks = l->timer.deadline - tsc;
	ns = now(l);
	/* A deadline in centuries is one, too: not CLOCK_NEVER. */
	timer_set(&l->timer.timer, ns + MIN(time_tsc_to_ns(ticks), CLOCK_NEVER - 2 - ns) + 1);
}

void lapic_timer_set_deadline(struct lapic *l, u64 deadline)
{
	if (!lapic_enabled(l) || mode(l) != APIC_LVT_DEADLINE)
		return;
	catch_up(l);
	l->timer.deadline = deadline;
	if (deadline)
		lapic_timer_tsc_changed(l);
	else
		timer_set(&l->timer.timer, CLOCK_NEVER);
}

/* ---- It is time ------------------------------------------------------------------ */

static bool waits(const struct lapic *l)
{
	u32 lvt = *lapic_register(l, APIC_LVT_TIMER), vector = lvt & APIC_LVT_VECTOR;

	return !(lvt & APIC_LVT_MASKED) &&
	       *lapic_register(l, APIC_IRR + vector / 32 * 16) >> vector % 32 & 1;
}

/* True: a tick is to be told. */
static bool next_period(struct lapic *l, u64 at)
{
	struct lapic_timer *t = &l->timer;
	bool tell = t->zero > at ? tick_debt_pay(&t->debt, waits(l)) :
				   tick_debt_due(&t->debt, (at - t->zero) / period(l), waits(l));
	u64 next;

	t->zero = at + remaining(l, at);
	next = t->debt.behind ? MIN(t->zero, at + tick_debt_gap_ns(period(l))) : t->zero;
	timer_set(&t->timer, MAX(next, at + LAPIC_PERIOD_MIN_NS));
	return tell;
}

void lapic_timer_due(void *lapic, u64 at)
{
	struct lapic *l = lapic;

	if (l->timer.deadline) {
		/* Fires, unless the clock and the TSC do not agree to the last tick. */
		lapic_timer_tsc_changed(l);
		return;
	}
	if (mode(l) != APIC_LVT_PERIODIC)
		l->timer.counting = false;
	else if (!next_period(l, at))
		return;
	lapic_local(l, APIC_LVT_TIMER);
}

bool lapic_timer_can_wake(const struct lapic *l)
{
	u32 lvt = *lapic_register(l, APIC_LVT_TIMER);

	return timer_pending(&l->timer.timer) && !(lvt & APIC_LVT_MASKED) &&
	       lapic_would_take(l, (u8)lvt);
}
