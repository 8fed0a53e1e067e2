/* SPDX-License-Identifier: MIT */
#include "machine/mtrr.h"

#include "lib/error.h"
#include "lib/string.h"
#include "lib/x86.h"

#define CAP_FIXED	BIT(8)
#define CAP_WC		BIT(10)
#define DEFAULT_TYPE	BITS(7, 0)
#define DEFAULT_FIXED	BIT(10)
#define DEFAULT_ENABLE	BIT(11)
#define MASK_VALID	BIT(11)
#define BASE_TYPE	BITS(7, 0)
#define ADDRESS		BITS(51, 12)

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
	static const u16 numbers[MTRR_FIXED] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
						 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

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

static int set(u64 *r, u64 value, bool legal)
{
	if (!legal)
		return -ERR_INVAL;
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
		return set(&m->default_type, value,
			   !(value & ~(DEFAULT_TYPE | DEFAULT_FIXED | DEFAULT_ENABLE)) &&
				   type_legal((u8)value));
	r = fixed(m, msr);
	if (r)
		return set(r, value, types_legal(value));
	r = variable(m, msr);
	if (!r)
		return -ERR_NOENT;
	if (msr & 1)
		return set(r, value, fits && !(value & ~(ADDRESS | MASK_VALID)));
	return set(r, value, fits && !(value & ~(ADDRESS | BASE_TYPE)) && type_legal((u8)value));
}
