/* SPDX-License-Identifier: MIT */
/*
 * Everything that can fault comes before anything that a device can
 * notice, and the device before the guest's registers.
 */
#include "vmx/mmio_execute.h"

#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/mmio_alu.h"

#define REGISTER_RSP 4

/* BT and the like count bits from the operand's first: the register may lead far away. */
static u64 bit_offset(const struct mmio_instruction *i, u64 reg)
{
	u64 bit = bits_sign_extend(reg, 8 * i->size);

	return (u64)((s64)bit >> 3) & ~(u64)(i->size - 1);
}

/* Here and there: the way of the common moves is counted in instructions. */
static __always_inline u64 offset_of(const struct vcpu *v, const struct mmio_instruction *i,
				     u64 rip)
{
	u64 offset = i->displacement;

	if (i->base == MMIO_RIP)
		offset += rip + i->length;
	else if (i->base != MMIO_NO_REGISTER)
		offset += vcpu_register(v, i->base);
	if (i->index != MMIO_NO_REGISTER)
		offset += vcpu_register(v, i->index) << i->scale;
	if (unlikely(i->op >= MMIO_BT && i->op <= MMIO_BTC) && !(i->flags & MMIO_IMMEDIATE))
		offset += bit_offset(i, vcpu_register(v, i->reg));
	return offset & bits_byte_mask(i->address_size);
}

void mmio_set_register(struct vcpu *v, unsigned reg, unsigned shift, unsigned size, u64 value)
{
	u64 mask = bits_byte_mask(size) << shift;

	if (size < 4)
		value = (vcpu_register(v, reg) & ~mask) | (value << shift & mask);
	vcpu_set_register(v, reg, size == 4 ? (u32)value : value);
}

static u64 source(const struct vcpu *v, const struct mmio_instruction *i)
{
	return i->flags & MMIO_IMMEDIATE ? i->immediate : vcpu_register(v, i->reg) >> i->reg_shift;
}

static void set_register(struct vcpu *v, const struct mmio_instruction *i, u64 value)
{
	mmio_set_register(v, i->reg, i->reg_shift, i->register_size, value);
}

/* Most accesses to devices are plain moves. */
static enum verdict move(const struct mmio *m, const struct mmio_instruction *i,
			 const struct guest_span *span)
{
	if (!(i->flags & MMIO_READS))
		return mmio_write(m, span, source(m->v, i));
	set_register(m->v, i, mmio_read(m, span));
	return NEXT;
}

static __noinline enum verdict operate(const struct mmio *m, const struct mmio_instruction *i,
			    const struct guest_span *span)
{
	u64 rflags = i->op >= MMIO_ADD ? vmcs_read(VMCS_GUEST_RFLAGS) : 0;
	enum verdict verdict;
	struct mmio_values x; /* an initializer would be a loop */

	x.memory = i->flags & MMIO_READS ? mmio_read(m, span) : 0;
	x.reg = source(m->v, i);
	x.second = i->second < MMIO_NO_REGISTER ? vcpu_register(m->v, i->second) : 0;
	x.accumulator = m->v->regs.rax;
	x.rflags = rflags;
	x.keep = false;
	mmio_compute(i, &x);
	if (i->flags & MMIO_WRITES) {
		verdict = mmio_write(m, span, x.memory);
		if (verdict != NEXT)
			return verdict;
	}
	if (i->flags & MMIO_TO_REGISTER && !x.keep)
		set_register(m->v, i, x.reg);
	if (i->op == MMIO_CMPXCHG && !(x.rflags & RFLAGS_ZF))
		mmio_set_register(m->v, 0, 0, i->size, x.accumulator);
	if (x.rflags != rflags)
		vmcs_write(VMCS_GUEST_RFLAGS, x.rflags);
	return NEXT;
}

/* What there is besides a byte of memory is no register operand. */
static enum verdict implied(const struct mmio *m, const struct mmio_instruction *i, u64 offset)
{
	struct guest_span span;
	enum verdict verdict;

	if (i->op == MMIO_XLAT)
		offset = (offset + (u8)m->v->regs.rax) & bits_byte_mask(i->address_size);
	verdict = mmio_find(m, i->segment, offset, 1, false, &span);
	if (verdict != NEXT)
		return verdict;
	if (i->op == MMIO_XLAT)
		mmio_set_register(m->v, 0, 0, 1, mmio_read(m, &span));
	return NEXT;
}

/* These find their operands by themselves. */
static __noinline enum verdict special(const struct mmio *m, const struct mmio_instruction *i,
				       u64 rip)
{
	u64 offset;

	if (mmio_is_string(i->op))
		return mmio_execute_string(m, i);
	offset = offset_of(m->v, i, rip);
	if (mmio_is_masked(i->op))
		return mmio_execute_masked(m, i, offset);
	if (mmio_is_system(i->op))
		return mmio_execute_system(m, i, offset);
	switch (i->op) {
	case MMIO_CALL:
	case MMIO_JMP:
		return mmio_execute_branch(m, i, offset, rip);
	case MMIO_JMP_FAR:
		return mmio_execute_far(m, i, offset);
	case MMIO_FLUSH:
	case MMIO_XLAT:
		return implied(m, i, offset);
	default: /* PUSH, POP */
		if (i->op == MMIO_POP && i->base == REGISTER_RSP)
			offset = (offset + i->size) & bits_byte_mask(i->address_size);
		return mmio_execute_stack(m, i, offset);
	}
}

enum verdict mmio_execute(const struct mmio *m, const struct mmio_instruction *i, u64 rip)
{
	struct guest_span span;
	enum verdict verdict;
	u64 offset;

	if (unlikely(mmio_is_special(i->op)))
		return special(m, i, rip);
	offset = offset_of(m->v, i, rip);
	verdict = mmio_find(m, i->segment, offset, i->size, i->flags & MMIO_WRITES, &span);
	if (verdict != NEXT)
		return verdict;
	if (likely(i->op == MMIO_MOV))
		return move(m, i, &span);
	if (mmio_is_vector(i->op))
		return mmio_execute_vector(m, i, &span);
	return mmio_is_pair(i->op) ? mmio_execute_pair(m, i, &span) : operate(m, i, &span);
}
