/* SPDX-License-Identifier: MIT */
#include "machine/mtrr.h"

#include "lib/error.h"
#include "lib/string.h"
#include "lib/x86.h"

#define CAP_FIXED      BIT(8)
#define CAP_WC	       BIT(10)
#define DEFAULT_TYPE   BITS(7, 0)
#define DEFAULT_FIXED  BIT(10)
#define DEFAULT_ENABLE BIT(11)
#define MASK_VALID     BIT(11)
#define BASE_TYPE      BITS(7, 0)
#define ADDRESS	       BITS(51, 12)

void mtrr_reset(struct mtrr *m, unsigned physical_bits)
{
	memset(m, 0, sizeof(*m));
	m->default_type = DEFAULT_ENABLE | MEMORY_WB;
	m->reserved = ~BITS(physical_bits - 1, 0);
}

static bool type_legal(u8 type)
{
	return type == MEMORY_UC || type == MEMORY_WC || type == MEMORY_WT || type == MEMORY_WP ||
	       type == MEMORY_WB;
}

/* A fixed-range register holds eight types. */
static bool types_legal(u64 types)
{
	for (unsigned i = 0; i < 8; i++)
		if (!type_legal((u8)(types >> (8 * i))))
			return false;
	return true;
}

static u64 *fixed(struct mtrr *m, u32 msr)
{
	static const u16 numbers[MTRR_FIXED] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
						0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

	for (unsigned i = 0; i < MTRR_FIXED; i++)
		if (numbers[i] == msr)
			return &m->fixed[i];
	return NULL;
}

/* Base registers are even, masks odd. */
static u64 *variable(struct mtrr *m, u32 msr)
{
	u32 i = msr - MSR_MTRR_PHYSBASE0;

	if (i >= 2 * MTRR_VARIABLE)
		return NULL;
	return i & 1 ? &m->mask[i / 2] : &m->base[i / 2];
}

int mtrr_read(const struct mtrr *m, u32 msr, u64 *value)
{
	struct mtrr *registers = (struct mtrr *)m;
	u64 *r;

	if (msr == MSR_MTRRCAP) {
		*value = MTRR_VARIABLE | CAP_FIXED | CAP_WC;
		return 0;
	}
	if (msr == MSR_MTRR_DEF_TYPE) {
		*value = m->default_type;
		return 0;
	}
	r = fixed(registers, msr);
	if (!r)
		r = variable(registers, msr);
	if (!r)
		return -ERR_NOENT;
	*value = *r;
	return 0;
}

static int set(struct mtrr *m, u64 *r, u64 value, bool legal)
{
	if (!legal)
		return -ERR_INVAL;
	m->changed |= *r != value;
	*r = value;
	return 0;
}

int mtrr_write(struct mtrr *m, u32 msr, u64 value)
{
	bool fits = !(value & m->reserved);
	u64 *r;

	if (msr == MSR_MTRRCAP)
		return -ERR_INVAL; /* read-only */
	if (msr == MSR_MTRR_DEF_TYPE)
		return set(m, &m->default_type, value,
			   !(value & ~(DEFAULT_TYPE | DEFAULT_FIXED | DEFAULT_ENABLE)) &&
				   type_legal((u8)value));
	r = fixed(m, msr);
	if (r)
		return set(m, r, value, types_legal(value));
	r = variable(m, msr);
	if (!r)
		return -ERR_NOENT;
	if (msr & 1)
		return set(m, r, value, fits && !(value & ~(ADDRESS | MASK_VALID)));
	return set(m, r, value, fits && !(value & ~(ADDRESS | BASE_TYPE)) && type_legal((u8)value));
}

/* The eleven fixed registers cover the first MiB: one of 64K, two of 16K, eight of 4K parts. */
static enum memory_type fixed_type(const struct mtrr *m, u64 address)
{
	unsigned part = address < 0x80000   ? (unsigned)(address >> 16)
			: address < 0xc0000 ? 8 + (unsigned)((address - 0x80000) >> 14)
					    : 24 + (unsigned)((address - 0xc0000) >> 12);

	return (enum memory_type)(u8)(m->fixed[part / 8] >> 8 * (part % 8));
}

/* Where two apply: UC wins, then WT over WB; anything else the SDM leaves open. */
static enum memory_type combine(enum memory_type a, enum memory_type b)
{
	if (a == b)
		return a;
	if ((a == MEMORY_WT && b == MEMORY_WB) || (a == MEMORY_WB && b == MEMORY_WT))
		return MEMORY_WT;
	return MEMORY_UC;
}

enum memory_type mtrr_type(const struct mtrr *m, u64 page, u64 size)
{
	enum memory_type standard = (enum memory_type)(m->default_type & DEFAULT_TYPE),
			 type = standard;
	bool found = false;

	if (!(m->default_type & DEFAULT_ENABLE))
		return MEMORY_UC;
	if (m->default_type & DEFAULT_FIXED && page < MIB(1))
		return fixed_type(m, page);
	for (unsigned i = 0; i < MTRR_VARIABLE; i++) {
		u64 mask = m->mask[i] & ADDRESS, whole = mask & ~(size - 1);
		enum memory_type one = (enum memory_type)(m->base[i] & BASE_TYPE);

		if (!(m->mask[i] & MASK_VALID) || (page & whole) != (m->base[i] & whole))
			continue;
		/* A range with a part of the page: the other part is of another type, unless it is
		 * the same. */
		if (mask != whole && one != standard)
			return MEMORY_UC;
		type = found ? combine(type, one) : one;
		found = true;
	}
	return type;
}
