/* SPDX-License-Identifier: MIT */
/*
 * Commands that only look. What they show is put into words elsewhere.
 */
#include "kernel/log.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/hints.h"
#include "machine/monitor_command.h"
#include "machine/stats_report.h"
#include "machine/vm.h"
#include "vmx/dump.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_vmcs.h"
#include "vmx/dump_walk.h"
#include "vmx/instructions.h"
#include "vmx/record_line.h"
#include "vmx/recorder.h"

#define EXITS_SHOWN 10

static bool recorder_is_on(const struct vcpu *v, const char *word)
{
	if (v->recorder.ring)
		return true;
	command_complain(word, "the flight recorder is off", "boot with recorder=256");
	return false;
}

void command_vm(struct vcpu *v, const struct command_words *w)
{
	static const char *const watched[] = { "nothing", "recorder", "statistics", "trace" };
	const struct vm *vm = v->vm;
	char event[DUMP_EXIT_TEXT];

	(void)w;
	if (!interruption_text(v->events.next.info, v->events.next.error, event, sizeof(event)))
		format(event, sizeof(event), "none");
	log_report("%s: %s, %lu.%06lu s of its time, ram=%luK touched=%luK", vm->name,
		   vm->monitor.ended  ? stop_cause_name(v->stop.cause) :
		   vm->monitor.paused ? "paused" : "running",
		   vm->run_ns / 1000000000, vm->run_ns / 1000 % 1000000, vm->ram.size >> 10,
		   vm->ram.cleared >> 10);
	log_report("  vcpu %u: rip=%#lx cpl=%u watch=%s exits=%lu", v->index,
		   vmcs_read(VMCS_GUEST_RIP), vcpu_cpl(v), watched[v->watch], monitor_exits(v));
	log_report("  waiting: event=\"%s\" nmi=%u interrupt=%u keys=%u absent_port_reads=%lu "
		   "absent_port_writes=%lu",
		   event, v->events.nmi_pending + v->events.nmi_pending_second,
		   v->events.interrupt_line, vm->console.input_head - vm->console.input_tail,
		   vm->bus.absent_reads, vm->bus.absent_writes);
}

void command_regs(struct vcpu *v, const struct command_words *w)
{
	(void)w;
	dump_vcpu(v);
}

void command_vmcs(struct vcpu *v, const struct command_words *w)
{
	const char *group = w->count > 1 ? w->word[1] : NULL, *name;
	char groups[80];
	size_t used;

	if (!dump_vmcs(v, group))
		return;
	used = format(groups, sizeof(groups), "write one of");
	for (unsigned i = 0; (name = dump_vmcs_group(i)); i++)
		used += format(groups + used, sizeof(groups) - used, " %s", name);
	command_complain(group, "no such group", groups);
}

void command_gva(struct vcpu *v, const struct command_words *w)
{
	u64 address;

	if (command_address(v, w->word[1], &address))
		dump_guest_walk(v, address);
}

void command_ept(struct vcpu *v, const struct command_words *w)
{
	u64 address;

	if (command_address(v, w->word[1], &address))
		dump_ept_walk(v, address);
}

void monitor_show_exits(struct vcpu *v, u64 count)
{
	recorder_print(v, (unsigned)MIN(count, (u64)RECORDER_MAX), RECORD_WORDS);
}

void command_exits(struct vcpu *v, const struct command_words *w)
{
	u64 count = EXITS_SHOWN;

	if (recorder_is_on(v, w->word[0]) &&
	    (w->count == 1 || command_number(w->word[1], &count)))
		monitor_show_exits(v, count);
}

void command_stats(struct vcpu *v, const struct command_words *w)
{
	const char *what = w->count > 1 ? w->word[1] : "all";
	unsigned reason = 0;

	if (!strcmp(what, "reset")) {
		stats_restart(v->vm, v);
		return;
	}
	while (reason < EXIT_REASONS && strcmp(exit_reason_name(reason), what) != 0)
		reason++;
	if (reason == EXIT_REASONS && strcmp(what, "all") != 0) {
		command_complain(what, "no exit reason", "stats lists those there were");
		return;
	}
	stats_report_some(v->vm, v, w->count > 1, reason);
	if (reason == EXIT_REASONS)
		hints_report(v->vm);
}
