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

/* The processor acknowledged it ("acknowledge interrupt on exit"): run the handler. */
enum verdict exit_external_interrupt(struct vcpu *v)
{
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

	if (info & INTR_VALID)
		trap_run_interrupt(info & INTR_VECTOR);
	vcpu_attend(v, ATTENTION_POLL);
	return AGAIN;
}

/*
 * A debug exception that we intercepted has not touched DR6 and DR7 yet:
 * the qualification says what delivery would have put there.
 * SDM "Debug Exceptions", "Exit Qualification for Debug Exceptions".
 */
static void reflect_debug_trap(struct vcpu *v)
{
	u64 causes = vmcs_read(VMCS_EXIT_QUALIFICATION);
	u64 dr6 = dr6_read() & ~(u64)0xf;

	dr6_write(dr6 | (causes & (BITS(3, 0) | DR6_BD | DR6_BS)));
	vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~DR7_GD);
	event_exception(v, VECTOR_DB);
}

/*
 * #DB and #AC are intercepted because a guest can make their delivery an
 * endless loop inside the processor, which nothing but this exit leaves.
 */
enum verdict exit_exception_nmi(struct vcpu *v)
{
	u32 info = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	u8 vector = info & INTR_VECTOR;

	event_requeue(v);
	if (info & INTR_NMI_UNBLOCKED)
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | INTERRUPTIBILITY_NMI);

	switch (vector) {
	case VECTOR_NMI:
		/* Through the IDT, so that its IRET unblocks NMIs again. */
		asm volatile("int $2" : : : "memory");
		return AGAIN;
	case VECTOR_MC:
		asm volatile("int $18" : : : "memory");
		return AGAIN;
	case VECTOR_DB:
		if ((info >> INTR_TYPE_SHIFT & 7) == INTR_PRIVILEGED_SOFT_EXCEPTION)
			event_int1(v, (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
		else
			reflect_debug_trap(v);
		return AGAIN;
	case VECTOR_AC:
		event_exception_error(v, vector, 0);
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

/* The slice is over. The timer starts anew from its field at each entry. */
enum verdict exit_preemption_timer(struct vcpu *v)
{
	vcpu_attend(v, ATTENTION_POLL);
	return AGAIN;
}
