/* SPDX-License-Identifier: MIT */
/*
 * The monitor: a prompt on the host's console, opened by a hotkey whatever
 * the guest does with its own, to look at a machine and to hold it. It lives
 * in the machine's poll, with the vCPU loaded and between two entries, far
 * from the exit path. See docs/monitor.md.
 *
 * While it is open the keys are its own. The machine is paused when it
 * opens: its clock and TSC stand still, and nobody in it can tell.
 */
#pragma once

#include "lib/types.h"
#include "machine/monitor_line.h"

struct vcpu;

struct monitor {
	struct monitor_line line;
	bool open;   /* the prompt is there */
	bool paused; /* the guest does not run */
	bool ended;  /* the guest has stopped by a fault; it is still here to be looked at */
	bool fresh;  /* opened, and no key yet */
	u64 steps;	/* exits to run before it pauses again; 0: it is not stepping */
	u64 step_exits; /* how many there were when that began */
};

/* Before the first poll. */
void monitor_init(struct monitor *m);

/*
 * When keys are the monitor's (see machine/guest_console.h): read them, do
 * what they say. Returns when the guest may run. The machine's clock may
 * have been moved.
 */
void monitor_poll(struct vcpu *v);

/*
 * The vCPU has stopped. If the monitor is open and the stop was a fault,
 * stay at the prompt. True: the user has cured it, run on.
 */
bool monitor_keeps(struct vcpu *v);
