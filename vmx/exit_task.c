/* SPDX-License-Identifier: MIT */
/*
 * Hardware task switches, which a processor in VMX non-root operation
 * leaves to us. SDM "Treatment of Task Switches".
 */
#include "vmx/exits.h"

#include "vmx/instructions.h"
#include "vmx/task_plan.h"
#include "vmx/task_switch.h"

/* An NMI whose delivery has begun blocks others, whatever becomes of it. */
static void block_nmis(const struct task_plan *p)
{
	if (p->event.info & INTR_VALID && (p->event.info >> INTR_TYPE_SHIFT & 7) == INTR_NMI)
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | INTERRUPTIBILITY_NMI);
}

enum verdict exit_task_switch(struct vcpu *v)
{
	struct task_switch request = decode_task_switch(vmcs_read(VMCS_EXIT_QUALIFICATION));
	struct task_plan plan;
	enum verdict verdict;

	event_requeue(v); /* an event that came to a task gate */
	verdict = task_plan_make(v, &request, &plan);
	if (verdict == NEXT)
		verdict = task_switch(v, &plan);
	block_nmis(&plan);
	return verdict;
}
