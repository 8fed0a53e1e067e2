/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_bits.h"

#include "lib/bits.h"
#include "lib/x86.h"

#define CARRIES (RFLAGS_CF | RFLAGS_OF)

/* ROL and ROR change CF and OF; `left` is from 0 to bits - 1. */
static u64 rotate(u64 value, unsigned left, unsigned bits)
{
	return left ? value << left | value >> (bits - left) : value;
}

/* RCL and RCR: CF is one bit more. */
static u64 rotate_through_carry(bool right, u64 value, unsigned count, unsigned bits, bool *carry)
{
	for (unsigned n = 0; n < count % (bits + 1); n++) {
		bool out = value >> (right ? 0 : bits - 1) & 1;

		value = right ? value >> 1 | (u64)*carry << (bits - 1) : value << 1 | *carry;
		value &= bits_byte_mask(bits / 8);
		*carry = out;
	}
	return value;
}

/*
 * OF is defined for a count of one: the sign has changed, or, for a left
 * shift, differs from CF, which is the same.
 */
static u64 with_carries(u64 rflags, bool carry, bool overflow)
{
	return (rflags & ~CARRIES) | (carry ? RFLAGS_CF : 0) | (overflow ? RFLAGS_OF : 0);
}

static u64 shift(enum mmio_op op, u64 value, unsigned count, unsigned bits, bool *carry)
{
	s64 wide = (s64)bits_sign_extend(value, bits);

	switch (op) {
	case MMIO_SHR:
		*carry = value >> (count - 1) & 1;
		return value >> count;
	case MMIO_SAR:
		*carry = wide >> (count - 1) & 1;
		return (u64)(wide >> count);
	default:
		*carry = count <= bits && value >> (bits - count) & 1;
		return value << count;
	}
}

u64 mmio_shift(enum mmio_op op, u64 value, u64 count, unsigned size, u64 *rflags)
{
	unsigned bits = 8 * size, by = count & (size == 8 ? 63 : 31);
	u64 sign = BIT(bits - 1), before = value;
	bool carry = *rflags & RFLAGS_CF;

	if (!by)
		return value;
	switch (op) {
	case MMIO_ROL:
		value = rotate(value, by % bits, bits);
		carry = value & 1;
		break;
	case MMIO_ROR:
		value = rotate(value, -by % bits, bits);
		carry = value & sign;
		break;
	case MMIO_RCL:
	case MMIO_RCR:
		value = rotate_through_carry(op == MMIO_RCR, value, by, bits, &carry);
		break;
	default:
		value = shift(op, value, by, bits, &carry);
		*rflags = mmio_with_result(*rflags, value, size);
	}
	*rflags = with_carries(*rflags, carry, (before ^ value) & sign);
	return value;
}

/*
 * Of 16 bits up to 31 can be asked for. That is undefined; processors go round:
 * behind the second register comes the first one again.
 */
u64 mmio_double_shift(const struct mmio_instruction *i, struct mmio_values *x)
{
	unsigned bits = 8 * i->size, by = x->reg & (i->size == 8 ? 63 : 31);
	u64 mask = bits_byte_mask(i->size), before = x->memory, value;
	unsigned __int128 first = before, all;
	bool carry;

	if (!by)
		return before;
	all = first | (unsigned __int128)(x->second & mask) << bits;
	if (i->size == 2)
		all |= first << 2 * bits;
	if (i->op == MMIO_SHRD) {
		carry = all >> (by - 1) & 1;
		value = (u64)(all >> by) & mask;
	} else if (i->size == 2) { /* the one register is both the highest and the lowest */
		carry = all >> (3 * bits - by) & 1;
		value = (u64)(all >> (2 * bits - by)) & mask;
	} else {
		carry = before >> (bits - by) & 1;
		value = (before << by | (x->second & mask) >> (bits - by)) & mask;
	}
	x->rflags = with_carries(mmio_with_result(x->rflags, value, i->size), carry,
				 (before ^ value) & BIT(bits - 1));
	return value;
}

/*
 * By the processor itself: which instructions it has decides what F3 makes of
 * BSF and BSR.
 */
#define SCAN(insn, value, result, carry, zero)                                                     \
	asm(insn " %3, %0" : "+r"(result), "=@ccc"(carry), "=@ccz"(zero) : "r"(value))

#define SCAN_OF_SIZE(insn)                                                                         \
	do {                                                                                       \
		if (i->size == 2)                                                                  \
			SCAN(insn "w", (u16)x->memory, word, carry, zero);                         \
		else if (i->size == 4)                                                             \
			SCAN(insn "l", (u32)x->memory, dword, carry, zero);                        \
		else                                                                               \
			SCAN(insn "q", x->memory, qword, carry, zero);                             \
	} while (0)

void mmio_scan(const struct mmio_instruction *i, struct mmio_values *x)
{
	bool carry = false, zero = false, f3 = i->flags & MMIO_REP;
	u16 word = 0;
	u32 dword = 0;
	u64 qword = 0;

	if (i->op == MMIO_POPCNT)
		SCAN_OF_SIZE("popcnt");
	else if (i->op == MMIO_BSF && f3)
		SCAN_OF_SIZE("rep bsf");
	else if (i->op == MMIO_BSF)
		SCAN_OF_SIZE("bsf");
	else if (f3)
		SCAN_OF_SIZE("rep bsr");
	else
		SCAN_OF_SIZE("bsr");
	x->reg = i->size == 2 ? word : i->size == 4 ? dword : qword;
	/* Of no bit at all, TZCNT and LZCNT make a number, not 0; BSF and BSR make none. */
	x->keep = i->op != MMIO_POPCNT && zero && !x->memory;
	x->rflags = with_carries(mmio_with_result(x->rflags, 1, i->size), carry, false) |
		    (zero ? RFLAGS_ZF : 0);
}

u64 mmio_multiply(u64 a, u64 b, unsigned size, u64 *rflags)
{
	unsigned bits = 8 * size;
	__int128 product =
		(__int128)(s64)bits_sign_extend(a, bits) * (s64)bits_sign_extend(b, bits);
	bool cut = product != (s64)bits_sign_extend((u64)product, bits);

	*rflags = with_carries(*rflags, cut, cut);
	return (u64)product;
}
