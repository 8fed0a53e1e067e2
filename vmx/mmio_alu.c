/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_alu.h"

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/mmio_bits.h"
#include "vmx/mmio_bmi.h"

#define STATUS_FLAGS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

static u64 sign_bit(unsigned size)
{
	return BIT(8 * size - 1);
}

/*
 * RFLAGS with the status flags of a result. `carries` has a bit for each
 * bit position that a carry, or a borrow, came out of; none for logic.
 */
static u64 with_status(u64 rflags, u64 result, u64 carries, unsigned size)
{
	u64 sign = sign_bit(size);

	rflags &= ~STATUS_FLAGS;
	rflags |= carries & sign ? RFLAGS_CF : 0;
	rflags |= carries & BIT(3) ? RFLAGS_AF : 0;
	/* Into the sign bit, but not out of it, or the other way round. */
	rflags |= (carries ^ carries << 1) & sign ? RFLAGS_OF : 0;
	rflags |= result & sign ? RFLAGS_SF : 0;
	rflags |= result & bits_byte_mask(size) ? 0 : RFLAGS_ZF;
	rflags |= __builtin_parity(result & 0xff) ? 0 : RFLAGS_PF;
	return rflags;
}

static u64 add(u64 a, u64 b, u64 carry, unsigned size, u64 *rflags)
{
	u64 sum = a + b + carry;

	*rflags = with_status(*rflags, sum, (a & b) | ((a | b) & ~sum), size);
	return sum;
}

static u64 subtract(u64 a, u64 b, u64 borrow, unsigned size, u64 *rflags)
{
	u64 difference = a - b - borrow;

	*rflags = with_status(*rflags, difference, (~a & b) | ((~a | b) & difference), size);
	return difference;
}

u64 mmio_with_result(u64 rflags, u64 result, unsigned size)
{
	return with_status(rflags, result, 0, size);
}

static u64 logic(u64 result, unsigned size, u64 *rflags)
{
	*rflags = mmio_with_result(*rflags, result, size);
	return result;
}

u64 mmio_compare(u64 a, u64 b, unsigned size, u64 rflags)
{
	subtract(a, b, 0, size, &rflags);
	return rflags;
}

/* INC and DEC leave CF alone. */
static u64 keep_carry(u64 before, u64 after)
{
	return (after & ~RFLAGS_CF) | (before & RFLAGS_CF);
}

/* `a` is the destination. */
static u64 arithmetic(enum mmio_op op, u64 a, u64 b, unsigned size, u64 *rflags)
{
	u64 before = *rflags, carry = before & RFLAGS_CF, result;

	switch (op) {
	case MMIO_ADD:
	case MMIO_XADD:
		return add(a, b, 0, size, rflags);
	case MMIO_ADC:
		return add(a, b, carry, size, rflags);
	case MMIO_SBB:
		return subtract(a, b, carry, size, rflags);
	case MMIO_OR:
		return logic(a | b, size, rflags);
	case MMIO_AND:
	case MMIO_TEST:
		return logic(a & b, size, rflags);
	case MMIO_XOR:
		return logic(a ^ b, size, rflags);
	case MMIO_NEG:
		return subtract(0, a, 0, size, rflags);
	case MMIO_INC:
		result = add(a, 1, 0, size, rflags);
		*rflags = keep_carry(before, *rflags);
		return result;
	case MMIO_DEC:
		result = subtract(a, 1, 0, size, rflags);
		*rflags = keep_carry(before, *rflags);
		return result;
	default: /* SUB, CMP */
		return subtract(a, b, 0, size, rflags);
	}
}

static u64 bit_operation(enum mmio_op op, u64 value, u64 bit, u64 *rflags)
{
	*rflags = (*rflags & ~RFLAGS_CF) | (value & bit ? RFLAGS_CF : 0);
	switch (op) {
	case MMIO_BTS:
		return value | bit;
	case MMIO_BTR:
		return value & ~bit;
	case MMIO_BTC:
		return value ^ bit;
	default:
		return value;
	}
}

/* SDM "Condition Test Field (tttn)": three bits, and one that reverses them. */
static bool condition_holds(unsigned condition, u64 rflags)
{
	bool less = !(rflags & RFLAGS_SF) != !(rflags & RFLAGS_OF), holds;

	switch (condition >> 1) {
	case 0:
		holds = rflags & RFLAGS_OF;
		break;
	case 1:
		holds = rflags & RFLAGS_CF;
		break;
	case 2:
		holds = rflags & RFLAGS_ZF;
		break;
	case 3:
		holds = rflags & (RFLAGS_CF | RFLAGS_ZF);
		break;
	case 4:
		holds = rflags & RFLAGS_SF;
		break;
	case 5:
		holds = rflags & RFLAGS_PF;
		break;
	case 6:
		holds = less;
		break;
	default:
		holds = less || rflags & RFLAGS_ZF;
	}
	return holds != (condition & 1);
}

/* A failed comparison writes the old value back: the bus sees a write in any case. */
static void compare_exchange(unsigned size, struct mmio_values *x)
{
	u64 old = x->memory;

	x->rflags = mmio_compare(x->accumulator, old, size, x->rflags);
	if (x->rflags & RFLAGS_ZF)
		x->memory = x->reg;
	x->accumulator = old;
}

static u64 swap_bytes(u64 value, unsigned size)
{
	return __builtin_bswap64(value) >> (64 - 8 * size);
}

void mmio_compute(const struct mmio_instruction *i, struct mmio_values *x)
{
	u64 memory = x->memory;

	switch (i->op) {
	case MMIO_MOV: /* one of the two counts */
	case MMIO_XCHG:
		x->memory = x->reg;
		x->reg = memory;
		break;
	case MMIO_MOVSX:
		x->reg = bits_sign_extend(memory, 8 * i->size);
		break;
	case MMIO_MOVBE:
		x->memory = swap_bytes(x->reg, i->size);
		x->reg = swap_bytes(memory, i->size);
		break;
	case MMIO_NOT:
		x->memory = ~memory;
		break;
	case MMIO_CMPXCHG:
		compare_exchange(i->size, x);
		break;
	case MMIO_CMOV:
		x->reg = condition_holds(i->condition, x->rflags) ? memory : x->reg;
		break;
	case MMIO_SET:
		x->memory = condition_holds(i->condition, x->rflags);
		break;
	case MMIO_BT:
	case MMIO_BTS:
	case MMIO_BTR:
	case MMIO_BTC:
		x->memory = bit_operation(i->op, memory, BIT(x->reg & (8 * i->size - 1)),
					  &x->rflags);
		break;
	case MMIO_IMUL:
		x->reg = mmio_multiply(memory, x->reg, i->size, &x->rflags);
		break;
	case MMIO_ROL ... MMIO_SAR:
		x->memory = mmio_shift(i->op, memory, x->reg, i->size, &x->rflags);
		break;
	case MMIO_SHLD:
	case MMIO_SHRD:
		x->memory = mmio_double_shift(i, x);
		break;
	case MMIO_CRC32 ... MMIO_RORX:
		mmio_bmi(i, x);
		break;
	case MMIO_BSF:
	case MMIO_BSR:
	case MMIO_POPCNT:
		mmio_scan(i, x);
		break;
	default:
		if (i->flags & (MMIO_TO_REGISTER | MMIO_REVERSED) && i->op != MMIO_XADD) {
			x->reg = arithmetic(i->op, x->reg, memory, i->size, &x->rflags);
			break;
		}
		x->memory = arithmetic(i->op, memory, x->reg, i->size, &x->rflags);
		x->reg = memory; /* XADD */
	}
}
