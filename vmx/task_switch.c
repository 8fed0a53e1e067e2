/* SPDX-License-Identifier: MIT */
/*
 * In the order of SDM "Task Switching". Up to load_segments() nothing can
 * fail. Segments begin as what a VM entry accepts, and get good one by one:
 * so the new task can take a fault about any of them.
 */
#include "vmx/task_switch.h"

#include "kernel/asm.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/descriptor_load.h"
#include "vmx/instructions.h"
#include "vmx/io_breakpoint.h"
#include "vmx/tss.h"

#define EFLAGS_DEFINED                                                                             \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_TF | RFLAGS_IF |       \
	 RFLAGS_DF | RFLAGS_OF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM | RFLAGS_AC |     \
	 RFLAGS_VIF | RFLAGS_VIP | RFLAGS_ID)

#define DR7_LOCAL (BIT(0) | BIT(2) | BIT(4) | BIT(6) | BIT(8)) /* L0 to L3, LE */

#define AR_CODE32 (AR_P | AR_S | AR_G | AR_DB | 0xb)
#define AR_VM86	  (AR_P | AR_S | AR_DPL | 0x3)

static u32 dpl_rights(unsigned dpl)
{
	return dpl << 5;
}

static void set_busy(const struct guest_span *type, bool busy)
{
	u8 byte;

	guest_span_read(type, 0, &byte, 1);
	byte = busy ? byte | SYSTEM_BUSY : byte & (u8)~SYSTEM_BUSY;
	guest_span_write(type, 0, &byte, 1);
}

static void save_old(struct vcpu *v, const struct task_plan *p)
{
	u32 from = tss_saved_from(p->old_wide), length = tss_saved_to(p->old_wide) - from;
	struct task_state s = { .eip = p->resume_at };
	union tss image;

	s.eflags = (u32)vmcs_read(VMCS_GUEST_RFLAGS);
	if (p->request.source == TASK_IRET)
		s.eflags &= ~(u32)RFLAGS_NT;
	for (unsigned i = 0; i < ARRAY_SIZE(s.registers); i++)
		s.registers[i] = (u32)vcpu_register(v, i);
	for (enum segment i = SEG_ES; i <= SEG_GS; i++)
		s.segments[i] = (u16)vmcs_read(VMCS_GUEST_SELECTOR(i));

	guest_span_read(&p->old_saved, 0, (u8 *)&image + from, length);
	tss_save(&image, p->old_wide, &s);
	guest_span_write(&p->old_saved, 0, (u8 *)&image + from, length);
}

/* The task register, the link between the tasks, and who is busy. */
static void change_task(const struct task_plan *p)
{
	if (!p->nests)
		set_busy(&p->old_type, false);
	if (p->request.source != TASK_IRET)
		set_busy(&p->new_type, true);
	if (p->nests)
		guest_span_write(&p->new_link, 0, &p->old.selector, sizeof(p->old.selector));
	segment_write(SEG_TR, &p->new);
}

static void load_registers(struct vcpu *v, const struct task_plan *p, const struct task_state *n)
{
	u64 rflags = (n->eflags & EFLAGS_DEFINED) | RFLAGS_FIXED;

	if (p->new_wide && guest_cr0(v) & CR0_PG) {
		vmcs_write(VMCS_GUEST_CR3, n->cr3);
		if (v->vpid)
			vcpu_flush(v);
	}
	guest_set_cr0(v, guest_cr0(v) | CR0_TS);
	vmcs_write(VMCS_GUEST_RFLAGS, p->nests ? rflags | RFLAGS_NT : rflags);
	vmcs_write(VMCS_GUEST_RIP, n->eip);
	for (unsigned i = 0; i < ARRAY_SIZE(n->registers); i++)
		vcpu_set_register(v, i, n->registers[i]);
	vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~DR7_LOCAL);
	io_breakpoint_changed(v);
	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
}

/* The shadow of STI and MOV SS ends, and IRET unblocks NMIs. */
static void change_blocking(const struct task_plan *p)
{
	u64 ends = INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS;

	if (p->request.source == TASK_IRET)
		ends |= INTERRUPTIBILITY_NMI;
	vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & ~ends);
}

/* Selectors, and behind them no segments yet, but a CPL: that of the code selector. */
static void load_selectors(const struct task_state *n)
{
	unsigned cpl = n->segments[SEG_CS] & SELECTOR_RPL;
	struct segment_register s = { .rights = AR_UNUSABLE };

	for (enum segment i = SEG_ES; i <= SEG_GS; i++) {
		s.selector = n->segments[i];
		segment_write(i, &s);
	}
	s.selector = n->ldt;
	segment_write(SEG_LDTR, &s);
	vmcs_write(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_UNUSABLE | dpl_rights(cpl));
	vmcs_write(VMCS_GUEST_CS_LIMIT, 0xffffffff);
	vmcs_write(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_CODE32 | dpl_rights(cpl));
}

static void load_vm86_segments(const struct task_state *n)
{
	for (enum segment i = SEG_ES; i <= SEG_GS; i++)
		segment_write(i, &(struct segment_register){ n->segments[i], 0xffff, AR_VM86,
							     (u64)n->segments[i] << 4 });
}

static enum verdict load_segments(struct vcpu *v, const struct task_plan *p,
				  const struct task_state *n)
{
	static const enum segment data[] = { SEG_DS, SEG_ES, SEG_FS, SEG_GS };
	unsigned cpl = n->segments[SEG_CS] & SELECTOR_RPL;
	struct segment_register s;
	enum verdict verdict;

	if (n->eflags & RFLAGS_VM)
		load_vm86_segments(n);
	verdict = descriptor_load_ldt(v, n->ldt, &p->faults, &s);
	if (verdict != NEXT)
		return verdict;
	segment_write(SEG_LDTR, &s);
	if (n->eflags & RFLAGS_VM)
		return NEXT;
	verdict = descriptor_load_code(v, n->segments[SEG_CS], &p->faults, &s);
	if (verdict != NEXT)
		return verdict;
	segment_write(SEG_CS, &s);
	verdict = descriptor_load_stack(v, n->segments[SEG_SS], cpl, &p->faults, &s);
	if (verdict != NEXT)
		return verdict;
	segment_write(SEG_SS, &s);
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		verdict = descriptor_load_data(v, n->segments[data[i]], cpl, &p->faults, &s);
		if (verdict != NEXT)
			return verdict;
		segment_write(data[i], &s);
	}
	return NEXT;
}

/* An exception's error code goes onto the new task's stack, as wide as its TSS. */
static enum verdict push_error_code(struct vcpu *v, const struct task_plan *p)
{
	u64 mask = vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS) & AR_DB ? 0xffffffff : 0xffff;
	u64 rsp = vmcs_read(VMCS_GUEST_RSP);
	unsigned size = p->new_wide ? 4 : 2;
	struct segment_access push = { SEG_SS, (rsp - size) & mask, size, true };
	enum verdict verdict;
	struct segment_register s;
	gva_t at;

	segment_read(SEG_SS, &s);
	if (segment_linear(segment_mode(v), &s, &push, &at)) {
		event_exception_error(v, VECTOR_SS, p->faults.external);
		return AGAIN;
	}
	verdict = guest_write(v, at, &p->event.error, size, guest_operand_access(v));
	if (verdict == NEXT)
		vmcs_write(VMCS_GUEST_RSP, (rsp & ~mask) | push.offset);
	return verdict;
}

enum verdict task_switch(struct vcpu *v, const struct task_plan *plan)
{
	struct task_state new;
	enum verdict verdict;
	union tss image;

	save_old(v, plan);
	guest_span_read(&plan->new_tss, 0, &image, tss_least_limit(plan->new_wide) + 1);
	tss_load(&image, plan->new_wide, &new);
	change_task(plan);
	load_registers(v, plan, &new);
	change_blocking(plan);
	load_selectors(&new);

	/* A fault from here on is the new task's; it combines with the event, as in delivery. */
	verdict = load_segments(v, plan, &new);
	if (verdict == NEXT && plan->event.info & INTR_VALID && plan->event.info & INTR_HAS_ERROR)
		verdict = push_error_code(v, plan);
	if (verdict != NEXT)
		return verdict;

	v->events.next.info = 0; /* delivered */
	if (new.trap) {
		dr6_write(dr6_read() | DR6_BT);
		event_exception(v, VECTOR_DB);
	}
	return AGAIN;
}
