/* SPDX-License-Identifier: MIT */
/*
 * The guest under the monitor: paused, running, or running for some exits.
 */
#include "kernel/log.h"
#include "machine/monitor_command.h"
#include "machine/tsc.h"
#include "machine/vm.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"

#define STEPS_SHOWN 16

static struct monitor *monitor_of(const struct vcpu *v)
{
	return &v->vm->monitor;
}

void monitor_pause(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	m->steps = 0;
	if (m->paused)
		return;
	m->paused = true;
	vcpu_remember(v);
	/* Or the pause would count as the last exit's handling. */
	if (v->recorder.ring)
		recorder_catch_up(v);
	clock_pause(&v->vm->clock);
}

void monitor_resume(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	if (!m->paused)
		return;
	m->paused = false;
	tsc_skip(v, clock_resume(&v->vm->clock));
}

void monitor_hold_time(struct vcpu *v)
{
	if (!monitor_of(v)->paused)
		return;
	monitor_resume(v);
	monitor_pause(v);
}

u64 monitor_exits(const struct vcpu *v)
{
	u64 sum = 0;

	if (v->recorder.ring)
		return recorder_total(v);
	for (unsigned i = 0; i < EXIT_REASONS; i++)
		sum += v->counters.count[i];
	return sum;
}

bool monitor_stepped(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);
	u64 done = monitor_exits(v) - m->step_exits;

	if (done < m->steps)
		return false;
	monitor_pause(v);
	if (v->recorder.ring)
		monitor_show_exits(v, MIN(done, (u64)STEPS_SHOWN));
	log_report("%s: paused at rip=%#lx after %lu exit(s)", v->vm->name,
		   vmcs_read(VMCS_GUEST_RIP), done);
	return true;
}

/* ---- Commands ------------------------------------------------------------------ */

bool monitor_has_fallen(const struct vcpu *v, const char *word)
{
	if (!v->vm->monitor.ended || v->stop.cause == STOP_STUCK)
		return false;
	command_complain(word, "the guest has stopped for good", "quit or reboot");
	return true;
}

/* A guest that has stopped goes on only where there is now what it waited for. */
static bool may_run(struct vcpu *v, const char *word)
{
	struct monitor *m = monitor_of(v);

	if (!m->ended)
		return true;
	if (monitor_has_fallen(v, word))
		return false;
	if (!event_wakes(v)) {
		command_complain(word, "the guest waits for an event",
				 "inject one, quit or reboot");
		return false;
	}
	v->stop = (struct vcpu_stop){ STOP_NONE, NULL, 0 };
	m->ended = false;
	return true;
}

void command_pause(struct vcpu *v, const struct command_words *w)
{
	(void)w;
	monitor_pause(v);
	log_report("%s: paused at rip=%#lx", v->vm->name, vmcs_read(VMCS_GUEST_RIP));
}

void command_cont(struct vcpu *v, const struct command_words *w)
{
	if (!may_run(v, w->word[0]))
		return;
	monitor_of(v)->steps = 0;
	monitor_resume(v);
}

void command_step(struct vcpu *v, const struct command_words *w)
{
	struct monitor *m = monitor_of(v);
	u64 count = 1;

	if (w->count > 1 && !command_number(w->word[1], &count))
		return;
	if (!count) {
		command_complain(w->word[1], "is nothing to do", "write for example step 1");
		return;
	}
	if (!may_run(v, w->word[0]))
		return;
	m->steps = count;
	m->step_exits = monitor_exits(v);
	monitor_resume(v);
}
