/* SPDX-License-Identifier: MIT */
/*
 * Exits by events: the host's own interrupts and NMIs are served by the
 * host's handlers; the guest's exceptions that we intercept go back to it.
 */
#include "vmx/exits.h"

#include "kernel/asm.h"
#include "kernel/traps.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/instructions.h"
#include "vmx/surprise.h"

/* The processor acknowledged it ("acknowledge interrupt on exit"): run the handler. */
enum verdict exit_external_interrupt(struct vcpu *v)
{
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

	if (info & INTR_VALID)
		trap_run_interrupt(info & INTR_VECTOR);
	vcpu_attend(v, ATTENTION_POLL);
	return AGAIN;
}

/* The qualification says what delivery would have put into DR6. SDM "Exit Qualification for Debug Exceptions". */
static void reflect_debug(struct vcpu *v, u32 info)
{
	if ((info >> INTR_TYPE_SHIFT & 7) == INTR_PRIVILEGED_SOFT_EXCEPTION)
		event_int1(v, (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
	else
		event_debug(v, vmcs_read(VMCS_EXIT_QUALIFICATION));
}

/*
 * Nothing is wrong with a double fault that has a handler; but if it has
 * none, its state tells more than that of the triple fault. It goes in as it
 * came out: the exit has changed nothing, and its flags are those to save.
 */
static void reflect_double_fault(struct vcpu *v, u32 info)
{
	v->notes.double_faults++;
	v->notes.double_fault_rip = vmcs_read(VMCS_GUEST_RIP);
	v->notes.double_fault_rsp = vmcs_read(VMCS_GUEST_RSP);
	v->notes.double_fault_cr2 = cr2_read();
	if (!(vmcs_read(VMCS_GUEST_CR0) & CR0_PE))
		info &= ~(u32)INTR_HAS_ERROR;
	v->events.next = (struct vcpu_event){ info & ~(u32)INTR_NMI_UNBLOCKED, 0, 0 };
	vcpu_attend(v, ATTENTION_EVENT);
}

/*
 * #DB and #AC are intercepted because a guest can make their delivery an
 * endless loop inside the processor, which nothing but this exit leaves; #MF
 * only while CR0.NE is clear. SDM "MS-DOS* Compatibility Sub-mode".
 */
enum verdict exit_exception_nmi(struct vcpu *v)
{
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	u8 vector = info & INTR_VECTOR;

	event_requeue(v);
	/*
	 * An IRET that faulted had unblocked NMIs already: it will run again.
	 * Undefined during delivery, and for #DF.
	 */
	if (info & INTR_NMI_UNBLOCKED && vector != VECTOR_DF &&
	    !(v->events.next.info & INTR_VALID))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | INTERRUPTIBILITY_NMI);

	switch (vector) {
	case VECTOR_NMI:
		trap_run_nmi();
		return AGAIN;
	case VECTOR_MC:
		trap_run_machine_check();
		return AGAIN;
	case VECTOR_DB:
		reflect_debug(v, info);
		return AGAIN;
	case VECTOR_UD:
		surprise_note(v);
		event_exception(v, vector);
		return AGAIN;
	case VECTOR_DF:
		reflect_double_fault(v, info);
		return AGAIN;
	case VECTOR_AC:
		event_exception_error(v, vector, 0);
		return AGAIN;
	case VECTOR_MF:
		v->ops->x87_error(v);
		return AGAIN;
	}
	return vcpu_stop(v, STOP_UNHANDLED, "exception that was not asked for, vector", vector);
}

static void close_window(struct vcpu *v, u32 window)
{
	v->proc_controls &= ~window;
	vmcs_write(VMCS_PROC_CONTROLS, v->proc_controls);
	vcpu_attend(v, ATTENTION_EVENT);
}

enum verdict exit_interrupt_window(struct vcpu *v)
{
	close_window(v, PROC_INTERRUPT_WINDOW);
	return AGAIN;
}

enum verdict exit_nmi_window(struct vcpu *v)
{
	close_window(v, PROC_NMI_WINDOW);
	return AGAIN;
}

/* The slice is over: a new one. Other exits save what is left of it. */
enum verdict exit_preemption_timer(struct vcpu *v)
{
	vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, v->slice);
	vcpu_attend(v, ATTENTION_POLL);
	return AGAIN;
}
