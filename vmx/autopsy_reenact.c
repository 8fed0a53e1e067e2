/* SPDX-License-Identifier: MIT */
/*
 * A small run loop for a vCPU that will never run again. It ends after one
 * instruction, one shutdown, or so many turns, whatever the guest is.
 */
#include "vmx/autopsy.h"

#include "kernel/asm.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"
#include "vmx/vmx.h"

#define TURNS	    64
#define LONG_ENOUGH (1U << 20) /* for one instruction, in ticks of the preemption timer */

static const enum vmcs_field kept[] = {
	VMCS_GUEST_RIP,		  VMCS_GUEST_RSP,	       VMCS_GUEST_RFLAGS,
	VMCS_GUEST_DR7,		  VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_PENDING_DEBUG,
	VMCS_GUEST_ACTIVITY_STATE, VMCS_GUEST_DEBUGCTL,	       VMCS_EXCEPTION_BITMAP,
	VMCS_PIN_CONTROLS,	   VMCS_PROC_CONTROLS,	       VMCS_PREEMPTION_TIMER_VALUE,
	VMCS_GUEST_CS_SELECTOR,	   VMCS_GUEST_CS_BASE,	       VMCS_GUEST_CS_LIMIT,
	VMCS_GUEST_CS_ACCESS_RIGHTS, VMCS_GUEST_SS_SELECTOR,   VMCS_GUEST_SS_BASE,
	VMCS_GUEST_SS_LIMIT,	   VMCS_GUEST_SS_ACCESS_RIGHTS,
};

/* An event that comes behind an instruction: to run the next one does not bring it back. */
static bool is_asynchronous(u32 info)
{
	if (autopsy_is(info, INTR_EXTERNAL)) /* an entry with it would fail */
		return vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF;
	return autopsy_is(info, INTR_NMI) ||
	       (autopsy_is(info, INTR_HARD_EXCEPTION) && (info & INTR_VECTOR) == VECTOR_DB);
}

/*
 * Was the last event that we injected an interrupt or a trap, right here?
 * Then it began the chain, unless it has been served and has returned here.
 * What follows its exit in the records are the double fault and the triple
 * fault themselves. Without records DR6 may tell of a trap.
 */
static u32 last_event(const struct vcpu *v)
{
	const u32 trap = INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_DB;
	struct exit_record r;
	u64 n = recorder_total(v);

	while (n && recorder_get(v, --n, &r)) {
		u32 verdict = r.length_verdict >> RECORD_VERDICT_SHIFT;

		if (r.reason == EXIT_TRIPLE_FAULT ||
		    (r.reason == EXIT_EXCEPTION_NMI && r.key == VECTOR_DF))
			continue;
		if (verdict == NEXT || verdict == WAIT)
			r.rip += r.length_verdict & 0xff;
		return is_asynchronous(r.event) && r.rip == vmcs_read(VMCS_GUEST_RIP) ? r.event : 0;
	}
	return !v->recorder.ring && dr6_read() & DR6_BS &&
			       vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF ? trap : 0;
}

static void inject(struct vcpu *v)
{
	const struct vcpu_event *event = &v->events.next;

	vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, event->info);
	if (!(event->info & INTR_VALID))
		return;
	if (event->info & INTR_HAS_ERROR)
		vmcs_write(VMCS_ENTRY_EXCEPTION_ERROR_CODE, event->error);
	if (event->length)
		vmcs_write(VMCS_ENTRY_INSTRUCTION_LENGTH, event->length);
}

/* An exception: give it back, so that it combines with the one before. */
static void take_exception(struct vcpu *v, struct autopsy_step *step)
{
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO) & ~(u32)INTR_NMI_UNBLOCKED;
	u64 qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
	u8 vector = info & INTR_VECTOR;

	event_requeue(v);
	step->info = info;
	step->during = v->events.next.info;
	if (info & INTR_HAS_ERROR)
		step->error = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_ERROR_CODE);
	if (!autopsy_is(info, INTR_HARD_EXCEPTION)) {
		v->events.next = (struct vcpu_event){
			info, 0, (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH)
		};
	} else if (vector == VECTOR_PF) {
		step->address = qualification;
		event_page_fault(v, qualification, step->error);
	} else if (vector == VECTOR_DB) {
		event_debug(v, qualification);
	} else if (info & INTR_HAS_ERROR) {
		event_exception_error(v, vector, step->error);
	} else {
		event_exception(v, vector);
	}
}

static bool is_step(u32 info)
{
	return autopsy_is(info, INTR_HARD_EXCEPTION) && (info & INTR_VECTOR) == VECTOR_DB &&
	       vmcs_read(VMCS_EXIT_QUALIFICATION) & DR6_BS;
}

/* One exit. False: the chain has ended. */
static bool turn(struct vcpu *v, struct autopsy *a)
{
	struct autopsy_step step = { .reason = (u16)vmcs_read(VMCS_EXIT_REASON) };
	u32 before = v->events.next.info;
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	enum verdict verdict = AGAIN;

	if (vmcs_read(VMCS_EXIT_REASON) >= EXIT_REASONS || step.reason == EXIT_TRIPLE_FAULT)
		return false;
	if (before & INTR_VALID && !(vmcs_read(VMCS_IDT_VECTORING_INFO) & INTR_VALID)) {
		a->end = AUTOPSY_DELIVERED;
		return false;
	}
	v->events.next.info = 0;
	switch (step.reason) {
	case EXIT_HLT:
	case EXIT_IO: /* what it writes would be seen */
	case EXIT_VMCALL:
		a->end = AUTOPSY_NO_FAULT;
		return false;
	case EXIT_EXCEPTION_NMI:
		if (is_step(info)) {
			a->end = AUTOPSY_NO_FAULT;
			return false;
		}
		if (!autopsy_is(info, INTR_NMI) && (info & INTR_VECTOR) != VECTOR_MC) {
			take_exception(v, &step);
			break;
		}
		__attribute__((fallthrough)); /* the host's own business */
	default:
		verdict = exit_handlers[step.reason](v);
		if (verdict == STOP)
			return false;
		if (verdict != AGAIN) {
			a->end = AUTOPSY_NO_FAULT;
			return false;
		}
		/* Nothing new was raised: on with what was interrupted, if it was. */
		if (v->events.next.info == before || !(v->events.next.info & INTR_VALID))
			return true;
		step.info = v->events.next.info;
		step.error = v->events.next.error;
		step.during = before;
	}
	step.becomes = v->events.next.info;
	a->steps[a->count++] = step;
	if (autopsy_is(step.becomes, INTR_OTHER)) {
		a->end = AUTOPSY_SHUTDOWN;
		return false;
	}
	return a->count < AUTOPSY_STEPS;
}

/*
 * Never more than one instruction, with interrupts off: a single step ends
 * it. The timer ends a delivery that goes well before its handler begins.
 */
static void enter(struct vcpu *v, u64 rflags)
{
	bool injected = v->events.next.info & INTR_VALID;

	rflags = injected ? rflags & ~RFLAGS_TF : (rflags & ~RFLAGS_IF) | RFLAGS_TF;
	vmcs_write(VMCS_GUEST_RFLAGS, rflags);
	vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, injected ? 0 : LONG_ENOUGH);
	inject(v);
	vmx_run(v);
}

static void run(struct vcpu *v, struct autopsy *a, u32 first)
{
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	u64 open = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & ~INTERRUPTIBILITY_SHADOW;

	if (autopsy_is(first, INTR_NMI))
		open &= ~INTERRUPTIBILITY_NMI; /* its delivery had begun */
	v->events = (struct vcpu_events){ .next = { first, 0, 0 } };
	v->proc_controls &= ~(u32)(PROC_INTERRUPT_WINDOW | PROC_NMI_WINDOW);
	vmcs_write(VMCS_PROC_CONTROLS, v->proc_controls);
	vmcs_write(VMCS_PIN_CONTROLS, v->pin_controls | PIN_PREEMPTION_TIMER);
	vmcs_write(VMCS_EXCEPTION_BITMAP, ~0U);
	vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_ACTIVE);
	vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, open);
	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
	for (unsigned i = 0; i < TURNS; i++) {
		enter(v, rflags);
		if (!turn(v, a))
			return;
	}
}

static void put_back(const u64 *values)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		vmcs_write(kept[i], values[i]);
	vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, 0);
}

void autopsy_reenact(struct vcpu *v, struct autopsy *a)
{
	const union vcpu_regs regs = v->regs;
	const struct vcpu_events events = v->events;
	const struct vcpu_stop stop = v->stop;
	const struct vcpu_notes notes = v->notes;
	const u32 proc_controls = v->proc_controls;
	u64 cr2 = cr2_read(), dr6 = dr6_read(), values[ARRAY_SIZE(kept)];

	*a = (struct autopsy){ .end = AUTOPSY_LOST };
	if (!(vmx_host.caps.pin.may_be_one & PIN_PREEMPTION_TIMER))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		values[i] = vmcs_read(kept[i]);
	run(v, a, last_event(v));
	put_back(values);
	/* It goes in? Then it did before, and the instruction began the chain. */
	if (a->end == AUTOPSY_DELIVERED && !a->count) {
		a->end = AUTOPSY_LOST;
		run(v, a, 0);
		put_back(values);
	}
	cr2_write(cr2);
	dr6_write(dr6);
	v->regs = regs;
	v->events = events;
	v->stop = stop;
	v->notes = notes;
	v->proc_controls = proc_controls;
}
