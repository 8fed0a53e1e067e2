/* SPDX-License-Identifier: MIT */
/*
 * The run loop: the first page of the book. One turn is one exit:
 *
 *	attend     whatever must happen before the guest may go on
 *	vmx_run    the guest runs
 *	reason     read once
 *	record     what the flight recorder notes of it; the tracer looks on
 *	handler    one row of vmx/exits.c
 *	verdict    the only statement of what becomes of it
 */
#include "vmx/vcpu.h"

#include "kernel/time.h"
#include "lib/x86.h"
#include "vmx/entry.h"
#include "vmx/entry_check.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"
#include "vmx/step.h"
#include "vmx/trace.h"
#include "vmx/vmx.h"

_Static_assert(offsetof(struct vcpu, regs.rax) == VCPU_RAX, "entry.S");
_Static_assert(offsetof(struct vcpu, regs.rdi) == VCPU_RDI, "entry.S");
_Static_assert(offsetof(struct vcpu, regs.r15) == VCPU_R15, "entry.S");
_Static_assert(offsetof(struct vcpu, host_stack) == VCPU_HOST_STACK, "entry.S");
_Static_assert(offsetof(struct vcpu, launched) == VCPU_LAUNCHED, "entry.S");

/*
 * What must be done before the next entry, in the order that matters: a
 * stop wins; due timers may raise the interrupt line; then one event goes in.
 * NEXT: enter. AGAIN: another loop's turn. STOP.
 */
static __noinline enum verdict attend(struct vcpu *v)
{
	u32 attention = __atomic_exchange_n(&v->attention, 0, __ATOMIC_ACQUIRE);

	if (attention & ATTENTION_STOP)
		return vcpu_stop(v, STOP_REQUESTED, NULL, 0);
	if (attention & ATTENTION_POLL) {
		v->ops->poll(v);
		v->polled = time_tsc_low();
	}
	if (v->stop.cause != STOP_NONE)
		return STOP; /* the user, by the monitor */
	if (attention & ATTENTION_WATCH) {
		vcpu_attend(v, (attention & ATTENTION_CHECK) | ATTENTION_EVENT);
		return AGAIN;
	}
	if (!event_deliver(v))
		return vcpu_stop(v, STOP_TRIPLE_FAULT, NULL, 0);
	if (attention & ATTENTION_CHECK)
		entry_check_before(v);
	recorder_resume(v);
	return NEXT;
}

/* Why a HLT is for ever, or NULL: something may still end it. */
static const char *sleeps_for_ever(struct vcpu *v)
{
	if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF)
		return v->ops->can_wake(v) ? NULL :
					     "HLT, but every timer and interrupt is off, at RIP";
	if (!(vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_NMI) &&
	    v->ops->nmi_can_come(v))
		return NULL;
	return "HLT with interrupts off (RFLAGS.IF=0) at RIP";
}

/* HLT: let time pass until an event can go in, or something asks us to stop. */
static __noinline enum verdict wait(struct vcpu *v)
{
	const char *why;

	if (v->apic.shadow)
		v->ops->priority_changed(v); /* TPR may have gone up without an exit */
	while (!event_wakes(v) && !(__atomic_load_n(&v->attention, __ATOMIC_RELAXED) & ATTENTION_STOP)) {
		why = sleeps_for_ever(v);
		if (why)
			return vcpu_stop(v, STOP_STUCK, why, vmcs_read(VMCS_GUEST_RIP));
		v->ops->idle(v);
	}
	v->polled = time_tsc_low(); /* idle() does it, too */
	vcpu_attend(v, ATTENTION_EVENT);
	return AGAIN;
}

/* What the statistics count need not be counted here. */
static __always_inline bool counts(const struct vcpu *v, enum watch watch)
{
	return watch == WATCH_NOTHING || watch == WATCH_RECORDS ||
	       (watch == WATCH_TRACE && !v->recorder.stats);
}

/* Each 256 exits of a reason. */
static __noinline void count_on(struct vcpu *v, u64 reason)
{
	v->counters.count[reason] += 256;
	vcpu_poll_if_overdue(v);
}

static __always_inline void count(struct vcpu *v, enum watch watch, u64 reason, u32 since)
{
	u8 *low = (u8 *)&v->counters.count[reason];

	/* 32 bits are enough: no handler runs for a second, and a wait is not counted. */
	v->counters.cycles[reason] += time_tsc_low() - since;
	if (watch != WATCH_NOTHING)
		v->counters.count[reason]++; /* the recorder looks when a page is full */
	else if (unlikely(!++*low))
		count_on(v, reason);
}

/* Compilers would load it, and then test: one instruction more. */
static __always_inline bool wants_attention(const struct vcpu *v)
{
	bool wants;

	asm volatile("cmpl $0, %1" : "=@ccne"(wants) : "m"(v->attention));
	return wants;
}

/*
 * An instruction that runs again has not earned its single-step trap yet.
 * Bochs 2.7 leaves one pending at exits nevertheless. Under a shadow of STI
 * or MOV SS a pending trap is the guest's own, and must stay.
 */
static void drop_early_trap(void)
{
	if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF &&
	    !(vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_SHADOW))
		vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
}

static __noinline enum verdict failed_entry(struct vcpu *v, u64 reason, struct tsc since)
{
	u64 basic = reason & EXIT_REASON_BASIC;
	enum verdict verdict;

	/* What the SDM does not name has no row in tables: it is recorded as "reserved". */
	if (v->recorder.ring)
		recorder_open(v, since, basic < EXIT_REASONS ? basic : EXIT_RESERVED);
	verdict = exit_entry_failed(v, (u32)reason);
	if (v->recorder.ring)
		recorder_close(v, verdict);
	return verdict;
}

/* Bochs 2.7 lets EIP run on beyond 4 GiB where it should wrap around; an entry refuses that. */
static void wrap_eip(struct vcpu *v)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP);

	if (unlikely(rip >> 32) && !vcpu_in_64bit_code(v))
		vmcs_write(VMCS_GUEST_RIP, (u32)rip);
}

/* The verdicts that are not NEXT. False: the vCPU stops. */
static __noinline bool settle(struct vcpu *v, enum verdict verdict, u64 reason, u32 since)
{
	if (verdict == WAIT) {
		step_over(v);
	} else if (verdict == AGAIN) {
		drop_early_trap();
		wrap_eip(v);
	}
	if (v->recorder.ring)
		recorder_close(v, verdict);
	else
		vcpu_poll_if_overdue(v); /* the emulation of an instruction takes its time */
	if (counts(v, v->watch))
		count(v, v->watch, reason, since);
	if (verdict == WAIT)
		verdict = wait(v);
	return verdict != STOP;
}

/* The loop, once for each kind of watching. False: stopped. True: go on with another kind. */
static __always_inline bool run(struct vcpu *v, const enum watch watch)
{
	struct exit_record *record = NULL;
	enum verdict verdict;
	struct tsc since;
	u64 reason;

	for (;;) {
		if (unlikely(wants_attention(v))) {
			verdict = attend(v);
			if (verdict != NEXT)
				return verdict == AGAIN;
		}
		if (watch == WATCH_TRACE)
			trace_entry(v);

		since = vmx_run(v);

		reason = vmcs_read(VMCS_EXIT_REASON);
		if (unlikely(reason >= EXIT_REASONS)) {
			if (failed_entry(v, reason, since) == STOP)
				return false;
			continue;
		}
		if (watch != WATCH_NOTHING)
			record = recorder_open(v, since, reason);
		if (watch == WATCH_TRACE)
			trace_exit(v);

		verdict = exit_handlers[reason](v);

		if (unlikely(verdict != NEXT)) {
			if (!settle(v, verdict, reason, since.low))
				return false;
			continue;
		}
		if (watch == WATCH_NOTHING)
			step_over(v);
		else
			recorder_step(v, record);
		if (counts(v, watch))
			count(v, watch, reason, since.low);
	}
}

void vcpu_run(struct vcpu *v)
{
	bool more;

	v->polled = time_tsc_low();
	recorder_resume(v);
	do {
		switch (v->watch) {
		case WATCH_NOTHING:
			more = run(v, WATCH_NOTHING);
			break;
		case WATCH_RECORDS:
			more = run(v, WATCH_RECORDS);
			break;
		case WATCH_STATS:
			more = run(v, WATCH_STATS);
			break;
		case WATCH_TRACE:
			more = run(v, WATCH_TRACE);
			trace_entry(v);
			break;
		}
	} while (more);
}

void vcpu_exits(struct vcpu *v, unsigned reason, u64 *count, u64 *ticks)
{
	struct stats_times t;

	*count = v->counters.count[reason];
	*ticks = v->counters.cycles[reason];
	if (!v->recorder.stats)
		return;
	recorder_catch_up(v);
	stats_of_reason(v->recorder.stats, reason, &t, NULL);
	*count += stats_count(&t);
	*ticks += t.sum;
}

void vcpu_attend(struct vcpu *v, u32 attention)
{
	__atomic_or_fetch(&v->attention, attention, __ATOMIC_RELEASE);
}

/*
 * Bochs 2.7 lets no interrupt of the host end a guest that has its own off,
 * and slices count the guest's time, not ours.
 */
void vcpu_poll_if_overdue(struct vcpu *v)
{
	u64 slice = (u64)v->slice << (vmx_host.caps.misc & MISC_PREEMPTION_SHIFT);

	if (slice && time_tsc_low() - v->polled > 16 * slice)
		vcpu_attend(v, ATTENTION_POLL);
}
