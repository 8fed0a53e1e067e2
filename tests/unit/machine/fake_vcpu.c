/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_vcpu.h"

#include "machine/tsc.h"
#include "vmx/control_registers.h"

unsigned fake_cpl;
u64 fake_tsc, fake_tsc_step, fake_tsc_reads, fake_cr4;
bool fake_interrupt;

enum verdict vcpu_stop(struct vcpu *v, enum stop_cause cause, const char *detail, u64 value)
{
	if (v->stop.cause == STOP_NONE)
		v->stop = (struct vcpu_stop){ cause, detail, value };
	return STOP;
}

unsigned vcpu_cpl(const struct vcpu *v)
{
	(void)v;
	return fake_cpl;
}

void vcpu_exits(struct vcpu *v, unsigned reason, u64 *count, u64 *ticks)
{
	*count = v->counters.count[reason];
	*ticks = v->counters.cycles[reason];
}

u64 guest_cr4(const struct vcpu *v)
{
	(void)v;
	return fake_cr4;
}

void event_interrupt_line(struct vcpu *v, bool high)
{
	v->events.interrupt_line = high;
	fake_interrupt = high;
}

void event_nmi(struct vcpu *v)
{
	v->events.nmi_pending = true;
}

bool event_wakes(const struct vcpu *v)
{
	return v->events.interrupt_line;
}

u64 tsc_guest(const struct vcpu *v)
{
	(void)v;
	fake_tsc_reads += !!fake_tsc_step;
	fake_tsc += fake_tsc_step;
	return fake_tsc;
}

void tsc_set_guest(struct vcpu *v, u64 value)
{
	(void)v;
	fake_tsc_reads += !!fake_tsc_step; /* the time at which it is set is read, too */
	fake_tsc = value;
}

void tsc_move(struct vcpu *v, u64 ticks)
{
	(void)v;
	fake_tsc += ticks;
}

void tsc_skip(struct vcpu *v, u64 ticks)
{
	(void)v;
	fake_tsc -= ticks;
}
