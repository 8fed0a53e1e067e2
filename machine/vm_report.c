/* SPDX-License-Identifier: MIT */
/*
 * The end of a machine in words. Relies on the vCPU being stopped.
 */
#include "machine/vm.h"

#include "kernel/log.h"
#include "kernel/options.h"
#include "lib/format.h"
#include "machine/hints.h"
#include "machine/stats_report.h"
#include "vmx/autopsy.h"
#include "vmx/dump.h"
#include "vmx/record_line.h"
#include "vmx/trace.h"

#define REASON_MAX 160

/* Shown of a guest that came to a bad end: for people, and before that for tools. */
#define LAST_EXITS   16
#define LAST_RECORDS 32

enum outcome vm_outcome(const struct vm *vm)
{
	const struct vcpu_stop *stop = &vm->cpus[0].vcpu->stop;

	switch (stop->cause) {
	case STOP_REQUESTED:
	case STOP_RESET:
		return OUTCOME_CLEAN;
	case STOP_POWER_OFF:
		return stop->value ? OUTCOME_GUEST_FAULT : OUTCOME_CLEAN;
	default:
		return OUTCOME_GUEST_FAULT;
	}
}

void vm_reason(const struct vm *vm, char *text, size_t size)
{
	const struct vcpu_stop *stop = &vm->cpus[0].vcpu->stop;
	const char *cause = stop_cause_name(stop->cause);

	if (!stop->detail)
		format(text, size, "%s: %s", vm->name, cause);
	else if (stop->cause == STOP_UNKNOWN_CODE) /* bytes: the first ones may be zero */
		format(text, size, "%s: %s: %s %016lx", vm->name, cause, stop->detail, stop->value);
	else if (stop->value)
		format(text, size, "%s: %s: %s %#lx", vm->name, cause, stop->detail, stop->value);
	else
		format(text, size, "%s: %s: %s", vm->name, cause, stop->detail);
}

void vm_report(struct vm *vm)
{
	struct vcpu *v = vm->cpus[0].vcpu;
	char reason[REASON_MAX];

	trace_finish(v);
	if (vm_outcome(vm) != OUTCOME_CLEAN)
		recorder_print(v, LAST_RECORDS, RECORD_KEYS);
	vm_reason(vm, reason, sizeof(reason));
	log_report("%s", reason);
	if (vm_outcome(vm) != OUTCOME_CLEAN) {
		recorder_print(v, LAST_EXITS, RECORD_WORDS);
		vcpu_load(v);
		dump_vcpu(v);
		autopsy_report(v);
		vcpu_unload(v);
	}
	stuck_report(vm);
	stats_report(vm, v, options.stats == STATS_FULL);
	hints_report(vm);
	log_report("vm: name=%s ram=%luK touched=%luK absent_port_reads=%lu absent_port_writes=%lu "
		   "absent_memory_reads=%lu absent_memory_writes=%lu first_entry_ticks=%lu",
		   vm->name, vm->ram.size >> 10, vm->ram.cleared >> 10, vm->bus.absent_reads,
		   vm->bus.absent_writes, vm->absent.reads, vm->absent.writes, vm->first_entry_tsc);
}
