/* SPDX-License-Identifier: MIT */
/*
 * The flight recorder: the last exits of a vCPU in a ring, always on unless
 * switched off. An exit costs a handful of stores here; everything that
 * wants to know more (statistics, dumps) reads the records afterwards, a
 * page of them at a time. Only the CPU that runs the vCPU writes.
 */
#pragma once

#include "kernel/time.h"
#include "vmx/instructions.h"
#include "vmx/record.h"
#include "vmx/step.h"
#include "vmx/vcpu.h"

#define RECORDS_A_PAGE (PAGE_SIZE / sizeof(struct exit_record))
#define RECORDER_MIN   (2 * RECORDS_A_PAGE)
#define RECORDER_MAX   65536

/*
 * Give v a ring of at least `records` exits (RECORDER_MIN to RECORDER_MAX;
 * 0: no recorder) and, if wanted, statistics. 0, -ERR_NOMEM.
 */
int recorder_create(struct vcpu *v, unsigned records, bool stats, u8 vm_number) __must_check;
void recorder_destroy(struct vcpu *v);

/* The guest goes on now, after something that was no exit: a pause, the first entry. */
void recorder_resume(struct vcpu *v);

/* Exits so far; the next one has this number. */
u64 recorder_total(const struct vcpu *v);

/* Number of the oldest record that is kept. */
u64 recorder_first(const struct vcpu *v);

/*
 * Copy record n, complete: its number, zeros for what its reason does not
 * have. The number recorder_total() is the exit that is being handled, if one
 * is (verdict RECORD_NONE). False: there is no such record, or not any more.
 */
bool recorder_get(const struct vcpu *v, u64 n, struct exit_record *to);

/* All records up to now are in the statistics. */
void recorder_catch_up(struct vcpu *v);

/* An event goes in at the entry that follows the last exit. */
void recorder_event(struct vcpu *v, u32 info);

/* ---- For the run loop alone ---------------------------------------------------- */

void recorder_details(struct exit_record *r, u16 plan);
void recorder_page_full(struct vcpu *v);

/* The verdicts that are not NEXT, and an entry that failed. */
void recorder_close(struct vcpu *v, enum verdict verdict);

static __always_inline struct exit_record *recorder_open(struct vcpu *v, struct tsc tsc, u64 reason)
{
	struct exit_record *r = v->recorder.next;
	u16 plan = record_plan[reason];

	r->in_halves = tsc;
	r->reason = (u16)reason;
	r->rip = vmcs_read(VMCS_GUEST_RIP);
	r->length_verdict = (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
	if (unlikely(plan & RECORD_DETAILS))
		recorder_details(r, plan);
	else
		r->key = *(const u32 *)((const char *)v + plan);
	return r;
}

/* The record of the exit is complete. */
static __always_inline void recorder_next(struct vcpu *v, struct exit_record *r)
{
	r->out_halves = time_tsc_halves();
	v->recorder.next = ++r;
	if (unlikely(!((u64)r % PAGE_SIZE)))
		recorder_page_full(v);
}

/* The verdict was NEXT: step over the instruction, by what is known of it. */
static __always_inline void recorder_step(struct vcpu *v, struct exit_record *r)
{
	step_from(v, r->rip, r->length_verdict);
	recorder_next(v, r);
}
