/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer: one-shot, periodic, TSC-deadline. Counts are
 * computed from the machine's clock, periods from when the count was set:
 * they do not drift. Its input runs at LAPIC_TIMER_HZ, halved until it is
 * not faster than the TSC: so it is on any processor, and guests rely on it.
 * SDM "APIC Timer", "TSC-Deadline Mode".
 *
 * An interrupt may come late, never early, and not later than the guest
 * reads that its count is 0. Periodic ones come at most every
 * LAPIC_PERIOD_MIN_NS, so that a guest cannot drown in them; the count
 * itself goes on as it was programmed. Those that the host was late for are
 * told later: machine/tick_debt.h.
 */
#pragma once

#include "machine/tick_debt.h"
#include "machine/timer.h"

struct lapic;

#define LAPIC_TIMER_HZ	    1000000000UL
#define LAPIC_PERIOD_MIN_NS 50000UL

struct lapic_timer {
	u64 zero;     /* when the count is 0 next, ns; valid if counting */
	u64 deadline; /* IA32_TSC_DEADLINE */
	bool counting;
	u8 halved; /* how often the input is; the creator's to set */
	u8 shift;  /* log2 of the divisor, with that */
	struct tick_debt debt; /* of a periodic count */
	struct timer timer;
	const struct clock *clock;
};

/* How often the input is halved beside such a TSC. CPUID tells LAPIC_TIMER_HZ >> that. */
static inline u8 lapic_timer_halved(u64 tsc_hz)
{
	u8 halved = 0;

	while (halved < 10 && LAPIC_TIMER_HZ >> halved > tsc_hz)
		halved++;
	return halved;
}

void lapic_timer_reset(struct lapic *l);

/* The registers: initial count, divider, an LVT entry (before it is stored), current count. */
void lapic_timer_start(struct lapic *l, u32 count);
void lapic_timer_divide(struct lapic *l, u32 configuration);
void lapic_timer_prepare(struct lapic *l, u32 new_lvt);
u32 lapic_timer_count(struct lapic *l);

/* IA32_TSC_DEADLINE. Reads 0 and ignores writes in the other modes. The vCPU is loaded. */
u64 lapic_timer_deadline(const struct lapic *l);
void lapic_timer_set_deadline(struct lapic *l, u64 deadline);

/* The guest's TSC was written: a deadline by it comes at another time. The vCPU is loaded. */
void lapic_timer_tsc_changed(struct lapic *l);

/* timer.due */
void lapic_timer_due(void *lapic, u64 now);

/* Will it interrupt a guest that waits? */
bool lapic_timer_can_wake(const struct lapic *l);
