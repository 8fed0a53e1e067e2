/* SPDX-License-Identifier: MIT */
/*
 * What goes into the guest next. One event an entry: the interrupted one
 * first, then an exception that a handler raised (they share one slot,
 * combined as the processor would), then an NMI, then an interrupt.
 */
#include "vmx/event.h"

#include "kernel/asm.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"
#include "vmx/vcpu.h"

static u32 info_of(u8 vector, enum intr_type type)
{
	return INTR_VALID | (u32)type << INTR_TYPE_SHIFT | vector;
}

static enum intr_type type_of(u32 info)
{
	return (enum intr_type)(info >> INTR_TYPE_SHIFT & 7);
}

enum event_combination event_combine(u32 first_info, u8 second)
{
	const u32 contributory = 1U << VECTOR_DE | 1U << VECTOR_TS | 1U << VECTOR_NP |
				 1U << VECTOR_SS | 1U << VECTOR_GP | 1U << VECTOR_CP;
	const u32 page_faults = 1U << VECTOR_PF | 1U << VECTOR_VE;
	u8 first = first_info & INTR_VECTOR;

	if (!(first_info & INTR_VALID) || type_of(first_info) != INTR_HARD_EXCEPTION)
		return EVENT_SECOND;
	if (first == VECTOR_DF)
		return (contributory | page_faults) >> second & 1 ? EVENT_SHUTDOWN : EVENT_SECOND;
	if (contributory >> first & 1)
		return contributory >> second & 1 ? EVENT_DOUBLE_FAULT : EVENT_SECOND;
	if (page_faults >> first & 1)
		return (contributory | page_faults) >> second & 1 ? EVENT_DOUBLE_FAULT
								  : EVENT_SECOND;
	return EVENT_SECOND;
}

/* A shutdown is kept as an exception that cannot exist, until event_deliver sees it. */
#define SHUTDOWN_INFO (INTR_VALID | INTR_OTHER << INTR_TYPE_SHIFT | 0xff)

static void raise(struct vcpu *v, u8 vector, bool has_error, u32 error)
{
	struct vcpu_event *next = &v->events.next;

	vcpu_attend(v, ATTENTION_EVENT);
	if (next->info == SHUTDOWN_INFO)
		return;
	switch (event_combine(next->info, vector)) {
	case EVENT_SHUTDOWN:
		next->info = SHUTDOWN_INFO;
		return;
	case EVENT_DOUBLE_FAULT:
		vector = VECTOR_DF;
		has_error = true;
		error = 0;
		break;
	case EVENT_SECOND:
		break;
	}
	*next = (struct vcpu_event){ info_of(vector, INTR_HARD_EXCEPTION), error, 0 };
	/* Real mode delivers no error codes, and an entry with one would fail. */
	if (has_error && vmcs_read(VMCS_GUEST_CR0) & CR0_PE)
		next->info |= INTR_HAS_ERROR;
	/* The image of RFLAGS that a fault saves: no breakpoint when the instruction runs again. */
	if (vector != VECTOR_DB)
		vmcs_write(VMCS_GUEST_RFLAGS, vmcs_read(VMCS_GUEST_RFLAGS) | RFLAGS_RF);
}

void event_exception(struct vcpu *v, u8 vector)
{
	raise(v, vector, false, 0);
}

void event_exception_error(struct vcpu *v, u8 vector, u32 error)
{
	raise(v, vector, true, error);
}

void event_page_fault(struct vcpu *v, u64 address, u32 error)
{
	cr2_write(address); /* the guest's CR2 stays in the processor while it is loaded */
	raise(v, VECTOR_PF, true, error);
}

/*
 * Delivery of #DB ends a shadow and takes what was pending with it. The
 * entry wants it so: in a shadow, TF without BS pending makes it fail.
 */
static void raise_debug(struct vcpu *v)
{
	u64 blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~INTERRUPTIBILITY_SHADOW);
	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	raise(v, VECTOR_DB, false, 0);
}

void event_debug(struct vcpu *v, u64 causes)
{
	u64 dr6 = dr6_read() & ~BITS(3, 0); /* the others stay until the guest clears them */

	/* What an injected #DB does not do by itself: SDM "Event Injection". */
	dr6_write(dr6 | (causes & (BITS(3, 0) | DR6_BD | DR6_BS)));
	vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
	vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~DR7_GD);
	raise_debug(v);
}

/* Raised, not left pending: an interrupt that goes in at the same entry would take its place. */
void event_single_step(struct vcpu *v)
{
	/* No instruction that is emulated is a branch. SDM "Single-Stepping on Branches". */
	if (vmcs_read(VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF)
		return;
	/* With the breakpoints that MOV SS has held back. */
	event_debug(v, vmcs_read(VMCS_GUEST_PENDING_DEBUG) | DR6_BS);
}

void event_int1(struct vcpu *v, u32 instruction_length)
{
	raise_debug(v);
	if ((v->events.next.info & INTR_VECTOR) == VECTOR_DB)
		v->events.next = (struct vcpu_event){
			info_of(VECTOR_DB, INTR_PRIVILEGED_SOFT_EXCEPTION), 0, instruction_length
		};
}

void event_nmi(struct vcpu *v)
{
	if (v->events.nmi_pending)
		v->events.nmi_pending_second = true;
	v->events.nmi_pending = true;
	vcpu_attend(v, ATTENTION_EVENT);
}

void event_interrupt_line(struct vcpu *v, bool high)
{
	v->events.interrupt_line = high;
	if (high)
		vcpu_attend(v, ATTENTION_EVENT);
}

void event_requeue(struct vcpu *v)
{
	u32 info = (u32)vmcs_read(VMCS_IDT_VECTORING_INFO);
	struct vcpu_event *next = &v->events.next;

	if (!(info & INTR_VALID))
		return;
	/* Bit 12 is undefined here and must be zero on entry. */
	*next = (struct vcpu_event){ info & ~(u32)INTR_NMI_UNBLOCKED, 0, 0 };
	/* Some processors report an error code for real mode; an entry refuses it. */
	if (!(vmcs_read(VMCS_GUEST_CR0) & CR0_PE))
		next->info &= ~(u32)INTR_HAS_ERROR;
	if (next->info & INTR_HAS_ERROR)
		next->error = (u32)vmcs_read(VMCS_IDT_VECTORING_ERROR_CODE);
	switch (type_of(info)) {
	case INTR_SOFT_INTERRUPT:
	case INTR_PRIVILEGED_SOFT_EXCEPTION:
	case INTR_SOFT_EXCEPTION:
		next->length = (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
		break;
	case INTR_NMI:
		/* Delivery had begun, so NMIs are blocked; the entry must find them open. */
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & ~INTERRUPTIBILITY_NMI);
		break;
	default:
		break;
	}
	vcpu_attend(v, ATTENTION_EVENT);
}

static void open_window(struct vcpu *v, u32 window)
{
	v->proc_controls |= window;
	vmcs_write(VMCS_PROC_CONTROLS, v->proc_controls);
}

static void inject(struct vcpu *v, const struct vcpu_event *event)
{
	recorder_event(v, event->info);
	vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, event->info);
	if (event->info & INTR_HAS_ERROR)
		vmcs_write(VMCS_ENTRY_EXCEPTION_ERROR_CODE, event->error);
	if (event->length)
		vmcs_write(VMCS_ENTRY_INSTRUCTION_LENGTH, event->length);
}

/* May an NMI go in? MOV SS blocks it on many processors, STI on some. */
static bool nmi_open(u64 blocking)
{
	return !(blocking & (INTERRUPTIBILITY_NMI | INTERRUPTIBILITY_SHADOW));
}

static bool interrupts_open(u64 blocking)
{
	return vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF && !(blocking & INTERRUPTIBILITY_SHADOW);
}

static void deliver_nmi(struct vcpu *v)
{
	inject(v, &(struct vcpu_event){ info_of(VECTOR_NMI, INTR_NMI), 0, 0 });
	v->events.nmi_pending = v->events.nmi_pending_second;
	v->events.nmi_pending_second = false;
}

/* The controller may have changed its mind: then there is nothing to inject. */
static void deliver_interrupt(struct vcpu *v)
{
	int vector = v->ops->interrupt_acknowledge(v);

	if (vector >= 0)
		inject(v, &(struct vcpu_event){ info_of((u8)vector, INTR_EXTERNAL), 0, 0 });
}

static bool deliver(struct vcpu *v)
{
	struct vcpu_events *events = &v->events;
	bool taken = false; /* an event goes in at this entry */
	u64 blocking;

	if (events->next.info & INTR_VALID) {
		if (events->next.info == SHUTDOWN_INFO)
			return false;
		inject(v, &events->next);
		events->next.info = 0;
		taken = true;
	}
	if (!events->nmi_pending && !events->interrupt_line)
		return true;

	blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
	if (blocking & INTERRUPTIBILITY_NMI)
		events->nmi_pending_second = false; /* behind the one that is handled one waits, not two */
	if (events->nmi_pending && !taken && nmi_open(blocking)) {
		deliver_nmi(v);
		taken = true;
	}
	/* Some processors open the NMI window under STI already: for ever, as no NMI goes in there. */
	if (events->nmi_pending)
		open_window(v, blocking & INTERRUPTIBILITY_STI ? PROC_INTERRUPT_WINDOW :
								 PROC_NMI_WINDOW);
	if (events->interrupt_line && !taken && interrupts_open(blocking))
		deliver_interrupt(v);
	if (events->interrupt_line)
		open_window(v, PROC_INTERRUPT_WINDOW);
	return true;
}

bool event_deliver(struct vcpu *v)
{
	if (!deliver(v))
		return false;
	if (v->apic.changed)
		apic_virtual_write(v);
	return true;
}

bool event_wakes(const struct vcpu *v)
{
	const struct vcpu_events *events = &v->events;

	if (events->next.info & INTR_VALID)
		return true;
	if (events->nmi_pending && !(vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_NMI))
		return true;
	return (events->interrupt_line || apic_virtual_pending(v)) &&
	       vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF;
}
