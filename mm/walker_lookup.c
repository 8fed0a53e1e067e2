/* SPDX-License-Identifier: MIT */
/*
 * The reading half of mm/walker.h: where does an address lead, and which
 * entries take it there. Never changes a table.
 */
#include "mm/walker.h"

#include "lib/bits.h"
#include "mm/layout.h"
#include "mm/walker_entry.h"

void table_walk(const struct table *t, u64 from, struct table_walk *walk)
{
	const u64 *table = table_root(t);

	*walk = (struct table_walk){0};
	if (!entry_reachable(t, from, from))
		return;
	for (unsigned level = t->format->levels; level > 0; level--) {
		const u64 *entry = &table[entry_index(from, level)];
		u64 value = *entry;

		walk->steps[walk->step_count++] = (struct table_step){
			.level = (u8)level, .entry_address = virt_to_phys(entry), .entry = value};
		if (!entry_in_use(t, value))
			return;
		if (entry_is_leaf(t, value, level)) {
			walk->mapped = value & t->format->present;
			walk->leaf_size = entry_size(level);
			walk->address = entry_address(t, value) + (from & (entry_size(level) - 1));
			walk->flags = entry_flags(t, value, level);
			return;
		}
		table = entry_table(t, value);
	}
}

u64 *table_leaf(const struct table *t, u64 from, u64 *leaf_size)
{
	u64 *table = table_root(t);

	if (!entry_reachable(t, from, from))
		return NULL;
	for (unsigned level = t->format->levels; level > 0; level--) {
		u64 *entry = &table[entry_index(from, level)];

		if (!entry_in_use(t, *entry))
			return NULL;
		if (entry_is_leaf(t, *entry, level)) {
			*leaf_size = entry_size(level);
			return entry;
		}
		table = entry_table(t, *entry);
	}
	return NULL;
}
