/* SPDX-License-Identifier: MIT */
/*
 * Two registers that are one number, RDX:RAX, and RCX:RBX. Of bytes it is AX.
 * The flags that MUL and IMUL leave undefined, and all of DIV's, stay as they are.
 */
#include "vmx/mmio_execute.h"

#include "lib/x86.h"
#include "vmx/instructions.h"

typedef unsigned __int128 u128;

#define RAX 0
#define RDX 2

static u64 sign(unsigned size)
{
	return BIT(8 * size - 1);
}

static u128 pair(u64 high, u64 low, unsigned size)
{
	u64 mask = bits_byte_mask(size);

	return (u128)(high & mask) << 8 * size | (low & mask);
}

static void set_pair(struct vcpu *v, unsigned size, u64 high, u64 low)
{
	if (size == 1) {
		mmio_set_register(v, RAX, 0, 2, (high << 8 | (low & 0xff)) & 0xffff);
		return;
	}
	mmio_set_register(v, RAX, 0, size, low);
	mmio_set_register(v, RDX, 0, size, high);
}

/* CF and OF tell whether the upper half says anything. */
static enum verdict multiply(struct vcpu *v, const struct mmio_instruction *i, u64 value)
{
	unsigned bits = 8 * i->size;
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS) & ~(RFLAGS_CF | RFLAGS_OF), low, high;
	u64 rax = v->regs.rax;

	if (i->op == MMIO_MUL) {
		u128 product = (u128)(rax & bits_byte_mask(i->size)) * value;

		low = (u64)product;
		high = (u64)(product >> bits);
		rflags |= high ? RFLAGS_CF | RFLAGS_OF : 0;
	} else {
		__int128 product = (__int128)(s64)bits_sign_extend(rax, bits) *
				   (s64)bits_sign_extend(value, bits);

		low = (u64)product;
		high = (u64)(product >> bits);
		rflags |= product != (s64)bits_sign_extend(low, bits) ? RFLAGS_CF | RFLAGS_OF : 0;
	}
	set_pair(v, i->size, high, low);
	vmcs_write(VMCS_GUEST_RFLAGS, rflags);
	return NEXT;
}

/* False where the quotient does not fit, be it that the divisor is 0. */
static bool divide_unsigned(u128 dividend, u64 divisor, u64 *quotient, u64 *remainder)
{
	if ((u64)(dividend >> 64) >= divisor)
		return false;
	asm("divq %4"
	    : "=a"(*quotient), "=d"(*remainder)
	    : "a"((u64)dividend), "d"((u64)(dividend >> 64)), "r"(divisor)
	    : "cc");
	return true;
}

/* Towards zero; the remainder has the sign of the dividend. */
static bool divide_signed(u128 dividend, u64 divisor, unsigned size, u64 *quotient, u64 *remainder)
{
	bool minus = dividend >> (16 * size - 1) & 1, minus_divisor = divisor & sign(size), fits;

	if (minus)
		dividend = -dividend & (size == 8 ? ~(u128)0 : ((u128)1 << 16 * size) - 1);
	if (minus_divisor)
		divisor = -divisor & bits_byte_mask(size);
	fits = divide_unsigned(dividend, divisor, quotient, remainder) &&
	       *quotient <= sign(size) - (minus == minus_divisor);
	if (minus != minus_divisor)
		*quotient = -*quotient;
	if (minus)
		*remainder = -*remainder;
	return fits;
}

/* No flags; where both halves go to one register, it keeps the upper one. */
static enum verdict multiply_apart(struct vcpu *v, const struct mmio_instruction *i, u64 value)
{
	u128 product = (u128)(v->regs.rdx & bits_byte_mask(i->size)) * value;

	mmio_set_register(v, i->second, 0, i->size, (u64)product);
	mmio_set_register(v, i->reg, 0, i->size, (u64)(product >> 8 * i->size));
	return NEXT;
}

static enum verdict divide(struct vcpu *v, const struct mmio_instruction *i, u64 divisor)
{
	u64 low = v->regs.rax, high = i->size == 1 ? low >> 8 : v->regs.rdx;
	u128 dividend = pair(high, low, i->size);
	u64 quotient = 0, remainder = 0;
	bool fits;

	if (i->op == MMIO_DIV)
		fits = divide_unsigned(dividend, divisor, &quotient, &remainder) &&
		       quotient <= bits_byte_mask(i->size);
	else
		fits = divide_signed(dividend, divisor, i->size, &quotient, &remainder);
	if (!fits) {
		event_exception(v, VECTOR_DE);
		return AGAIN;
	}
	set_pair(v, i->size, remainder, quotient);
	return NEXT;
}

/* As CMPXCHG does, it writes in any case. */
static enum verdict compare_exchange(const struct mmio *m, const struct mmio_instruction *i,
				     const struct guest_span *span)
{
	struct vcpu *v = m->v;
	unsigned size = i->register_size;
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS) & ~RFLAGS_ZF;
	u128 before = 0, value;
	enum verdict verdict;
	bool equal;

	if (size == 8 && span->parts[0].gpa % 16) {
		event_exception_error(v, VECTOR_GP, 0);
		return AGAIN;
	}
	mmio_read_bytes(m, span, &before);
	equal = before == pair(v->regs.rdx, v->regs.rax, size);
	value = equal ? pair(v->regs.rcx, v->regs.rbx, size) : before;
	verdict = mmio_write_bytes(m, span, &value);
	if (verdict != NEXT)
		return verdict;
	if (!equal)
		set_pair(v, size, (u64)(before >> 8 * size), (u64)before);
	vmcs_write(VMCS_GUEST_RFLAGS, rflags | (equal ? RFLAGS_ZF : 0));
	return NEXT;
}

enum verdict mmio_execute_pair(const struct mmio *m, const struct mmio_instruction *i,
			       const struct guest_span *span)
{
	switch (i->op) {
	case MMIO_CMPXCHG_PAIR:
		return compare_exchange(m, i, span);
	case MMIO_DIV:
	case MMIO_IDIV:
		return divide(m->v, i, mmio_read(m, span));
	case MMIO_MULX:
		return multiply_apart(m->v, i, mmio_read(m, span));
	default:
		return multiply(m->v, i, mmio_read(m, span));
	}
}
