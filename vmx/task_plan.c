/* SPDX-License-Identifier: MIT */
/*
 * The processor has made the checks of the TSS descriptor before it
 * exited; they are made again, because memory may have changed since, and
 * what was checked has to be what is used.
 */
#include "vmx/task_plan.h"

#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"
#include "vmx/pdpte.h"
#include "vmx/tss.h"

static bool is_software(u32 info)
{
	u32 type = info >> INTR_TYPE_SHIFT & 7;

	return type == INTR_SOFT_INTERRUPT || type == INTR_SOFT_EXCEPTION ||
	       type == INTR_PRIVILEGED_SOFT_EXCEPTION;
}

/* Who asked for the switch, and what follows from that. */
static void describe(struct vcpu *v, struct task_plan *p)
{
	bool gate = p->request.source == TASK_GATE;
	bool instruction = !gate;

	p->nests = gate || p->request.source == TASK_CALL;
	p->faults.invalid = VECTOR_TS;
	if (gate && v->events.next.info & INTR_VALID) {
		p->event = v->events.next;
		instruction = is_software(p->event.info);
		/* INT1 counts as an event from outside, though it is an instruction. */
		p->faults.external = !instruction || (p->event.info >> INTR_TYPE_SHIFT & 7) ==
							    INTR_PRIVILEGED_SOFT_EXCEPTION;
	}
	p->resume_at = (u32)vmcs_read(VMCS_GUEST_RIP);
	if (instruction)
		p->resume_at += (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
}

static enum verdict find_new(struct vcpu *v, struct task_plan *p)
{
	bool back = p->request.source == TASK_IRET;
	u16 selector = p->request.selector;
	enum verdict verdict;
	unsigned type;
	gva_t at;

	/* A bad selector is #GP, but #TS when it comes from the back link of a task. */
	p->faults.invalid = back ? VECTOR_TS : VECTOR_GP;
	verdict = descriptor_read_system(v, selector, &p->faults, &p->new, &at);
	if (verdict != NEXT)
		return verdict;
	type = descriptor_type(&p->new);
	if ((type & ~SYSTEM_BUSY) != SYSTEM_TSS16 && (type & ~SYSTEM_BUSY) != SYSTEM_TSS32)
		return descriptor_refuse(v, p->faults.invalid, selector, &p->faults);
	if (!!(type & SYSTEM_BUSY) != back)
		return descriptor_refuse(v, p->faults.invalid, selector, &p->faults);
	p->faults.invalid = VECTOR_TS; /* from here on, whoever asked */
	if (!(p->new.rights & AR_P))
		return descriptor_refuse(v, VECTOR_NP, selector, &p->faults);
	p->new_wide = (type & ~SYSTEM_BUSY) == SYSTEM_TSS32;
	if (p->new.limit < tss_least_limit(p->new_wide))
		return descriptor_refuse(v, VECTOR_TS, selector, &p->faults);
	p->new.rights |= SYSTEM_BUSY;
	return guest_span(v, at + DESCRIPTOR_TYPE_BYTE, 1, GUEST_IMPLICIT | (back ? 0 : GUEST_WRITE),
			  &p->new_type);
}

/* Of the old task's descriptor only the busy bit is of interest. */
static enum verdict find_old(struct vcpu *v, struct task_plan *p)
{
	gva_t at;

	segment_read(SEG_TR, &p->old);
	p->old_wide = descriptor_type(&p->old) == SYSTEM_TSS32_BUSY;
	if (p->old.limit < tss_saved_to(p->old_wide) - 1)
		return descriptor_refuse(v, VECTOR_TS, p->old.selector, &p->faults);
	if (p->nests)
		return NEXT;
	/* No check: TR was loaded from there once. */
	at = vmcs_read(VMCS_GUEST_GDTR_BASE) + SELECTOR_ERROR(p->old.selector);
	return guest_span(v, at + DESCRIPTOR_TYPE_BYTE, 1, GUEST_IMPLICIT | GUEST_WRITE,
			  &p->old_type);
}

static enum verdict find_memory(struct vcpu *v, struct task_plan *p)
{
	u32 from = tss_saved_from(p->old_wide), to = tss_saved_to(p->old_wide);
	enum verdict verdict;

	verdict = guest_span(v, p->old.base + from, to - from, GUEST_IMPLICIT | GUEST_WRITE,
			     &p->old_saved);
	if (verdict != NEXT)
		return verdict;
	verdict = guest_span(v, p->new.base, tss_least_limit(p->new_wide) + 1, GUEST_IMPLICIT,
			     &p->new_tss);
	if (verdict != NEXT || !p->nests)
		return verdict;
	return guest_span(v, p->new.base + offsetof(struct tss32, link), sizeof(u16),
			  GUEST_IMPLICIT | GUEST_WRITE, &p->new_link);
}

/* PAE paging: the new task's PDPTE registers are the last thing that can go wrong. */
static enum verdict load_pdptes(struct vcpu *v, const struct task_plan *p)
{
	u32 cr3;

	if (!p->new_wide || !(guest_cr0(v) & CR0_PG) || !(guest_cr4(v) & CR4_PAE))
		return NEXT;
	guest_span_read(&p->new_tss, offsetof(struct tss32, cr3), &cr3, sizeof(cr3));
	if (pdpte_load(v, cr3))
		return NEXT;
	event_exception_error(v, VECTOR_GP, p->faults.external);
	return AGAIN;
}

enum verdict task_plan_make(struct vcpu *v, const struct task_switch *request,
			    struct task_plan *plan)
{
	enum verdict verdict;

	*plan = (struct task_plan){ .request = *request };
	describe(v, plan);
	verdict = find_new(v, plan);
	if (verdict == NEXT)
		verdict = find_old(v, plan);
	if (verdict == NEXT)
		verdict = find_memory(v, plan);
	if (verdict == NEXT)
		verdict = load_pdptes(v, plan);
	return verdict;
}
