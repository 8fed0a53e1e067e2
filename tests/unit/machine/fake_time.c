/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_time.h"

#include "kernel/apic.h"
#include "machine/clock.h"

u64 fake_now, fake_armed_ns;
unsigned fake_arms;
bool fake_no_apic;

void fake_time_reset(void)
{
	fake_now = fake_armed_ns = 0;
	fake_arms = 0;
	fake_no_apic = false;
}

void clock_start(struct clock *clock)
{
	clock->start_tsc = 0;
}

void clock_pause(struct clock *clock)
{
	clock->paused_tsc = fake_now;
}

u64 clock_resume(struct clock *clock)
{
	u64 ticks = fake_now - clock->paused_tsc;

	fake_now = clock->paused_tsc;
	return ticks;
}

u64 clock_now(const struct clock *clock)
{
	(void)clock;
	return fake_now;
}

void apic_timer_arm(u64 ns)
{
	fake_armed_ns = ns;
	fake_arms++;
}

void apic_timer_stop(void)
{
}

bool apic_timer_works(void)
{
	return !fake_no_apic;
}
