/* SPDX-License-Identifier: MIT */
/*
 * Segment registers and descriptor tables, loaded from a device or stored there.
 * The processor has checked the mode and the privilege level of what it ran. What
 * was decoded need not be that (see vmx/mmio_vector.c), so they are checked again.
 */
#include "vmx/mmio_execute.h"

#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/descriptor_registers.h"
#include "vmx/instructions.h"
#include "vmx/step.h"

#define BASE_24 BITS(23, 0)

static enum verdict store(const struct mmio *m, const struct mmio_instruction *i,
			  const struct guest_span *span)
{
	struct table_operand table = {0};

	switch (i->op) {
	case MMIO_SGDT:
		table.limit = (u16)vmcs_read(VMCS_GUEST_GDTR_LIMIT);
		table.base = vmcs_read(VMCS_GUEST_GDTR_BASE);
		return mmio_write_bytes(m, span, &table);
	case MMIO_SIDT:
		table.limit = (u16)vmcs_read(VMCS_GUEST_IDTR_LIMIT);
		table.base = vmcs_read(VMCS_GUEST_IDTR_BASE);
		return mmio_write_bytes(m, span, &table);
	case MMIO_SLDT:
		return mmio_write(m, span, vmcs_read(VMCS_GUEST_SELECTOR(SEG_LDTR)));
	case MMIO_STR:
		return mmio_write(m, span, vmcs_read(VMCS_GUEST_SELECTOR(SEG_TR)));
	case MMIO_SMSW:
		return mmio_write(m, span, guest_cr0(m->v));
	default: /* MOV; REX.R means nothing to it */
		return mmio_write(m, span, vmcs_read(VMCS_GUEST_SELECTOR(i->reg & 7)));
	}
}

static enum verdict load(const struct mmio *m, const struct mmio_instruction *i,
			 const struct guest_span *span)
{
	struct table_operand table = {0};

	switch (i->op) {
	case MMIO_LGDT:
	case MMIO_LIDT:
		mmio_read_bytes(m, span, &table);
		if (!m->long_code && i->register_size == 2)
			table.base &= BASE_24;
		return descriptor_set_table(m->v, i->op == MMIO_LIDT, table.base, table.limit);
	case MMIO_LLDT:
		return descriptor_set_ldtr(m->v, (u16)mmio_read(m, span));
	case MMIO_LTR:
		return descriptor_set_tr(m->v, (u16)mmio_read(m, span));
	default: /* MOV */
		return descriptor_set_data(m->v, i->reg & 7, (u16)mmio_read(m, span));
	}
}

/* The exception of who may not do this, or 0. */
static u8 fault_of(struct vcpu *v, const struct mmio_instruction *i)
{
	if (i->op < MMIO_SLDT)
		return 0; /* MOV */
	if (i->op <= MMIO_LTR && segment_mode(v) == SEGMENT_REAL)
		return VECTOR_UD;
	if (!vcpu_cpl(v))
		return 0;
	return i->flags & MMIO_READS || guest_cr4(v) & CR4_UMIP ? VECTOR_GP : 0;
}

enum verdict mmio_execute_system(const struct mmio *m, const struct mmio_instruction *i, u64 offset)
{
	bool write = i->flags & MMIO_WRITES;
	u8 vector = fault_of(m->v, i);
	struct guest_span span;
	struct mmio any = *m;
	enum verdict verdict;

	if (vector == VECTOR_UD)
		event_exception(m->v, vector);
	else if (vector)
		event_exception_error(m->v, vector, 0);
	if (vector)
		return AGAIN;
	any.unaligned = i->size > 2; /* limit and base are no number of that length */
	verdict = mmio_find(&any, i->segment, offset, i->size, write, &span);
	if (verdict != NEXT)
		return verdict;
	return write ? store(m, i, &span) : load(m, i, &span);
}

enum verdict mmio_execute_far(const struct mmio *m, const struct mmio_instruction *i, u64 offset)
{
	struct guest_span span;
	struct mmio any = *m;
	enum verdict verdict;
	u64 target = 0;
	u16 selector;
	u8 pointer[10];

	any.unaligned = true;
	verdict = mmio_find(&any, i->segment, offset, i->size, false, &span);
	if (verdict != NEXT)
		return verdict;
	mmio_read_bytes(m, &span, pointer);
	memcpy(&target, pointer, i->register_size);
	memcpy(&selector, pointer + i->register_size, sizeof(selector));
	verdict = descriptor_jump(m->v, selector, target);
	if (verdict != NEXT)
		return verdict;
	step_from(m->v, target, 0);
	return AGAIN;
}
