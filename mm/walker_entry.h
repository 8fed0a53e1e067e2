/* SPDX-License-Identifier: MIT */
/*
 * What the walker knows of single entries and addresses. Only mm/walker*.c
 * look in here. A level counts from 1, the tables with the 4K entries.
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"
#include "mm/layout.h"
#include "mm/walker.h"

#define TABLE_FANOUT 512

/* Bytes that an entry of a table of this level covers. */
static inline u64 entry_size(unsigned level)
{
	if (level == 0)
		__builtin_unreachable();
	return PAGE_SIZE << (9 * (level - 1));
}

static inline unsigned entry_index(u64 address, unsigned level)
{
	return address >> (PAGE_SHIFT + 9 * (level - 1)) & (TABLE_FANOUT - 1);
}

/* The end of the part of [from, end) that the first entry covers. */
static inline u64 entry_stop(u64 from, u64 end, unsigned level)
{
	return MIN(end, ALIGN_DOWN(from, entry_size(level)) + entry_size(level));
}

/* Mapped or kept, or a table. */
static inline bool entry_in_use(const struct table *t, u64 entry)
{
	return entry & (t->format->present | t->format->kept);
}

/* Of an entry in use. */
static inline bool entry_is_leaf(const struct table *t, u64 entry, unsigned level)
{
	return level == 1 || entry & t->format->leaf;
}

/* What tells a leaf of this level from a table. */
static inline u64 entry_leaf_bit(const struct table *t, unsigned level)
{
	return level > 1 ? t->format->leaf : 0;
}

/* What the entry refers to; flags cannot reach into the mask, so nothing else is in there. */
static inline hpa_t entry_address(const struct table *t, u64 entry)
{
	return entry & t->format->address;
}

static inline u64 entry_flags(const struct table *t, u64 entry, unsigned level)
{
	return entry & ~t->format->address & ~entry_leaf_bit(t, level);
}

static inline u64 *table_root(const struct table *t)
{
	return phys_to_virt(t->root);
}

static inline u64 *entry_table(const struct table *t, u64 entry)
{
	return phys_to_virt(entry_address(t, entry));
}

/* Can the format map all of [first, last]? */
static inline bool entry_reachable(const struct table *t, u64 first, u64 last)
{
	unsigned bits = PAGE_SHIFT + 9 * t->format->levels;

	if (t->format->physical)
		return first <= last && last >> bits == 0;
	return first <= last && (first ^ last) >> 63 == 0 &&
	       bits_sign_extend(first, bits) == first && bits_sign_extend(last, bits) == last;
}

/* The part of an address that selects entries. */
static inline u64 entry_selector(const struct table *t, u64 address)
{
	return address & (entry_size(t->format->levels + 1) - 1);
}
