/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_monitor.h"

#include "machine/monitor.h"

unsigned fake_monitor_polls, fake_monitor_keeps;

void monitor_init(struct monitor *m)
{
	(void)m;
}

void monitor_poll(struct vcpu *v)
{
	(void)v;
	fake_monitor_polls++;
}

bool monitor_keeps(struct vcpu *v)
{
	(void)v;
	if (!fake_monitor_keeps)
		return false;
	fake_monitor_keeps--;
	return true;
}
