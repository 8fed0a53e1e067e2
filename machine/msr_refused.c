/* SPDX-License-Identifier: MIT */
#include "machine/msr_refused.h"

#include "lib/bits.h"

/* Where processors have theirs (the last range is AMD's), and where hypervisors do. */
static const u32 ranges[MSR_REFUSED_RANGES] = { 0, 0x40000000, 0xc0000000, 0xc0010000 };

/* The word with the number's bit, counted through all ranges; -1: not in a range. */
static int word_of(u32 msr)
{
	for (int i = 0; i < MSR_REFUSED_RANGES; i++)
		if (msr - ranges[i] < MSR_REFUSED_NUMBERS)
			return (i * (int)MSR_REFUSED_NUMBERS + (int)(msr - ranges[i])) / 64;
	return -1;
}

bool msr_refused_has(const struct msr_refused *r, u32 msr)
{
	int word = word_of(msr);

	if (word >= 0)
		return r->bits[word] >> msr % 64 & 1;
	for (u32 i = 0; i < r->other_count; i++)
		if (r->others[i] == msr)
			return true;
	return false;
}

bool msr_refused_full(const struct msr_refused *r)
{
	return r->other_count == MSR_REFUSED_OTHERS;
}

bool msr_refused_add(struct msr_refused *r, u32 msr)
{
	int word = word_of(msr);

	if (msr_refused_has(r, msr) || (word < 0 && msr_refused_full(r)))
		return false;
	if (word >= 0)
		r->bits[word] |= BIT(msr % 64);
	else
		r->others[r->other_count++] = msr;
	if (!r->count++)
		r->first = msr;
	return true;
}
