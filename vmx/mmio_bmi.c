/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_bmi.h"

#include "lib/bits.h"
#include "lib/x86.h"

#define CRC32C 0x82f63b78U /* the polynomial 11EDC6F41H, its bits reversed */

static u32 crc32(u32 crc, u64 value, unsigned bits)
{
	while (bits--) {
		u32 lowest = (crc ^ (u32)value) & 1;

		crc = crc >> 1 ^ (lowest ? CRC32C : 0);
		value >>= 1;
	}
	return crc;
}

/* The lowest bits of `value` go where the mask has bits, or come from there. */
static u64 deposit(u64 value, u64 mask)
{
	u64 result = 0;

	for (; mask; mask &= mask - 1, value >>= 1)
		if (value & 1)
			result |= mask & -mask;
	return result;
}

static u64 extract(u64 value, u64 mask)
{
	u64 result = 0;

	for (u64 bit = 1; mask; mask &= mask - 1, bit <<= 1)
		if (value & mask & -mask)
			result |= bit;
	return result;
}

static u64 lowest_bits(u64 value, u64 count)
{
	return count < 64 ? value & (BIT(count) - 1) : value;
}

/* Bits 7:0 of the control say where, 15:8 how many. */
static u64 extract_field(u64 value, u64 control)
{
	u64 start = control & 0xff;

	return start < 64 ? lowest_bits(value >> start, control >> 8 & 0xff) : 0;
}

static u64 shift(enum mmio_op op, u64 value, u64 count, unsigned bits)
{
	count &= bits - 1;
	switch (op) {
	case MMIO_SHLX:
		return value << count;
	case MMIO_SARX:
		return (u64)((s64)bits_sign_extend(value, bits) >> count);
	case MMIO_SHRX:
		return value >> count;
	default: /* RORX */
		return count ? value >> count | value << (bits - count) : value;
	}
}

/* With a carry flag of their own, and no other: two sums can be under way. */
static u64 add_with(u64 flag, u64 a, u64 b, unsigned size, u64 *rflags)
{
	unsigned __int128 sum =
		(unsigned __int128)(a & bits_byte_mask(size)) + b + !!(*rflags & flag);

	*rflags = (*rflags & ~flag) | (sum >> 8 * size & 1 ? flag : 0);
	return (u64)sum;
}

static u64 compute(const struct mmio_instruction *i, const struct mmio_values *x, bool *carry)
{
	unsigned bits = 8 * i->size;
	u64 value = x->memory;

	switch (i->op) {
	case MMIO_ANDN:
		return value & ~x->second;
	case MMIO_BLSR:
		*carry = !value;
		return value & (value - 1);
	case MMIO_BLSMSK:
		*carry = !value;
		return value ^ (value - 1);
	case MMIO_BLSI:
		*carry = value;
		return value & -value;
	case MMIO_BZHI:
		*carry = (x->second & 0xff) >= bits;
		return lowest_bits(value, x->second & 0xff);
	default: /* BEXTR */
		return extract_field(value, x->second);
	}
}

void mmio_bmi(const struct mmio_instruction *i, struct mmio_values *x)
{
	bool carry = false;

	switch (i->op) {
	case MMIO_CRC32:
		x->reg = crc32((u32)x->reg, x->memory, 8 * i->size);
		break;
	case MMIO_ADCX:
		x->reg = add_with(RFLAGS_CF, x->reg, x->memory, i->size, &x->rflags);
		break;
	case MMIO_ADOX:
		x->reg = add_with(RFLAGS_OF, x->reg, x->memory, i->size, &x->rflags);
		break;
	case MMIO_PDEP:
		x->reg = deposit(x->second, x->memory);
		break;
	case MMIO_PEXT:
		x->reg = extract(x->second, x->memory);
		break;
	case MMIO_SHLX ... MMIO_SHRX:
		x->reg = shift(i->op, x->memory, x->second, 8 * i->size);
		break;
	case MMIO_RORX:
		x->reg = shift(i->op, x->memory, x->reg, 8 * i->size);
		break;
	default:
		x->reg = compute(i, x, &carry);
		x->rflags = mmio_with_result(x->rflags, x->reg, i->size) | (carry ? RFLAGS_CF : 0);
	}
}
