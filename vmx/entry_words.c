/* SPDX-License-Identifier: MIT */
#include "vmx/entry_words.h"

#define MSR_ENTRY_SIZE 16

u64 entry_field(struct entry_case *c, unsigned index)
{
	u64 value;

	vmcs_set_add(&c->used, index);
	if (!vmcs_image_get(c->in->image, index, &value))
		vmcs_set_add(&c->missing, index);
	return value;
}

void entry_need_cap(struct entry_case *c, enum entry_cap cap)
{
	if (!(c->in->caps_known >> cap & 1))
		c->caps_missing |= 1U << cap;
}

bool entry_secondary(struct entry_case *c, u32 bit)
{
	return PROC(SECONDARY) && F(PROC_CONTROLS2) & bit;
}

bool entry_tertiary(struct entry_case *c, u64 bit)
{
	return PROC(TERTIARY) && F(PROC_CONTROLS3) & bit;
}

static bool offends(struct entry_case *c, unsigned index, u64 must_be_one, u64 must_be_zero)
{
	if (!must_be_one && !must_be_zero)
		return false;
	c->offense = (struct entry_offense){ (int)index, must_be_one, must_be_zero };
	return true;
}

bool entry_clear(struct entry_case *c, unsigned index, u64 mask)
{
	return !offends(c, index, 0, entry_field(c, index) & mask);
}

bool entry_set(struct entry_case *c, unsigned index, u64 mask)
{
	return !offends(c, index, ~entry_field(c, index) & mask, 0);
}

bool entry_fixed(struct entry_case *c, unsigned index, u64 must_be_one, u64 may_be_one)
{
	u64 value = entry_field(c, index);

	return !offends(c, index, ~value & must_be_one, value & ~may_be_one);
}

bool entry_allowed(struct entry_case *c, unsigned index, const struct vmx_allowed *allowed)
{
	return entry_fixed(c, index, allowed->must_be_one, allowed->may_be_one);
}

/* `above_only`: the bits from the width on, without the highest bit of the width itself. */
bool entry_canonical(struct entry_case *c, unsigned index, bool above_only)
{
	u64 value = entry_field(c, index);
	unsigned bits = CAP(linear_bits);
	u64 upper, wrong;

	if (bits < 32 || bits > 63)
		return true; /* not known: then the rule is "not checked" anyway */
	upper = ~0UL << bits;
	/* The nearest legal value goes by the highest bit that the processor uses. */
	wrong = value & BIT(bits - 1) ? ~value & upper : value & upper;
	if (above_only && (value & upper) == upper)
		return true;
	if (!wrong || (above_only && !(value & upper)))
		return true;
	return !offends(c, index, wrong & ~value, wrong & value);
}

bool entry_address(struct entry_case *c, unsigned index, u64 size)
{
	return entry_clear(c, index, ABOVE_PHYSICAL | (size - 1));
}

/* The address itself has a rule of its own. Counts have 32 bits: nothing overflows below 2^60. */
bool entry_list_end(struct entry_case *c, unsigned address, unsigned count)
{
	u64 start = entry_field(c, address);
	u64 last = start + entry_field(c, count) * MSR_ENTRY_SIZE - 1;

	return last >= start && !(last & ABOVE_PHYSICAL);
}

bool entry_pat(struct entry_case *c, unsigned index)
{
	static const u64 types = BIT(MEMORY_UC) | BIT(MEMORY_WC) | BIT(MEMORY_WT) | BIT(MEMORY_WP) |
				 BIT(MEMORY_WB) | BIT(MEMORY_UC_MINUS);
	u64 value = entry_field(c, index);
	u64 wrong = 0;

	for (unsigned i = 0; i < 64; i += 8) {
		u64 type = value >> i & 0xff;

		if (type > 7 || !(types >> type & 1))
			wrong |= (type & ~7UL ? type & ~7UL : 2UL) << i; /* 2 and 3: not without bit 1 */
	}
	return !offends(c, index, 0, wrong);
}

const void *entry_memory(struct entry_case *c, u64 address, u64 length)
{
	const void *p = c->in->memory ? c->in->memory(address, length) : NULL;

	if (!p)
		c->memory_missing = true;
	return p;
}
