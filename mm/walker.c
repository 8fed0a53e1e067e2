/* SPDX-License-Identifier: MIT */
/*
 * Relies on every table being reachable by phys_to_virt(). One invariant
 * makes the rest short: but for the root there is no table without an entry
 * in use. So where nothing is mapped there is no table, and a failed map is
 * taken back by an unmap, which then never has to split and cannot fail.
 */
#include "mm/walker.h"

#include "lib/bits.h"
#include "lib/error.h"
#include "mm/layout.h"
#include "mm/walker_entry.h"

/* After all that the entry refers to has been written. */
static void entry_set(u64 *entry, u64 value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static u64 table_entry(const struct table *t, const u64 *table)
{
	return virt_to_phys(table) | t->format->table_flags;
}

static int check_range(const struct table *t, u64 from, u64 length)
{
	if (!IS_ALIGNED(from | length, PAGE_SIZE))
		return -ERR_INVAL;
	return entry_reachable(t, from, length ? from + length - 1 : from) ? 0 : -ERR_RANGE;
}

static int check_flags(const struct table *t, u64 flags)
{
	if (!entry_in_use(t, flags) || flags & (t->format->address | t->format->leaf))
		return -ERR_INVAL;
	return 0;
}

int table_init(struct table *t, const struct table_format *format, enum frame_owner owner,
	       u8 max_leaf_level)
{
	u64 *root = frame_alloc_zeroed(FRAME_ORDER_4K, owner);

	if (!root)
		return -ERR_NOMEM;
	*t = (struct table){
		.format = format,
		.root = virt_to_phys(root),
		.owner = owner,
		.max_leaf_level = max_leaf_level,
	};
	return 0;
}

static void destroy_below(const struct table *t, hpa_t root, unsigned level)
{
	const u64 *table = phys_to_virt(root);

	for (unsigned i = 0; i < TABLE_FANOUT; i++)
		if (entry_in_use(t, table[i]) && !entry_is_leaf(t, table[i], level))
			destroy_below(t, entry_address(t, table[i]), level - 1);
	frame_free(root, FRAME_ORDER_4K, t->owner);
}

void table_destroy(struct table *t)
{
	table_reap(t);
	destroy_below(t, t->root, t->format->levels);
	t->root = 0;
}

/* An address alone has no present bit: to the processor the table stays empty. */
static void retire(struct table *t, u64 *table)
{
	entry_set(&table[0], t->retired);
	t->retired = virt_to_phys(table);
}

void table_reap(struct table *t)
{
	while (t->retired) {
		hpa_t frame = t->retired;

		t->retired = *(const u64 *)phys_to_virt(frame);
		frame_free(frame, FRAME_ORDER_4K, t->owner);
	}
}

/* How many bytes of [from, end) are mapped or kept. */
static u64 bytes_in_use(const struct table *t, const u64 *table, unsigned level, u64 from, u64 end)
{
	u64 sum = 0;

	for (u64 stop; from < end; from = stop) {
		u64 entry = table[entry_index(from, level)];

		stop = entry_stop(from, end, level);
		if (!entry_in_use(t, entry))
			continue;
		if (entry_is_leaf(t, entry, level))
			sum += stop - from;
		else
			sum += bytes_in_use(t, entry_table(t, entry), level - 1, from, stop);
	}
	return sum;
}

/* In [from, end), where nothing is mapped; after an error some of it is. */
static int map_below(struct table *t, u64 *table, unsigned level, u64 from, u64 end, hpa_t to,
		     u64 flags)
{
	u64 size = entry_size(level);
	int error = 0;

	for (u64 stop; from < end && !error; to += stop - from, from = stop) {
		u64 *entry = &table[entry_index(from, level)];

		stop = entry_stop(from, end, level);
		if (level <= t->max_leaf_level && stop - from == size && IS_ALIGNED(to, size)) {
			entry_set(entry, to | flags | entry_leaf_bit(t, level));
			continue;
		}
		if (!entry_in_use(t, *entry)) {
			u64 *below = frame_alloc_zeroed(FRAME_ORDER_4K, t->owner);

			if (!below)
				return -ERR_NOMEM;
			entry_set(entry, table_entry(t, below));
		}
		error = map_below(t, entry_table(t, *entry), level - 1, from, stop, to, flags);
	}
	return error;
}

static bool is_empty(const struct table *t, const u64 *table)
{
	for (unsigned i = 0; i < TABLE_FANOUT; i++)
		if (entry_in_use(t, table[i]))
			return false;
	return true;
}

/* No leaf may reach across the ends of the range. */
static void unmap_below(struct table *t, u64 *table, unsigned level, u64 from, u64 end)
{
	for (u64 stop; from < end; from = stop) {
		u64 *entry = &table[entry_index(from, level)];

		stop = entry_stop(from, end, level);
		if (!entry_in_use(t, *entry))
			continue;
		if (entry_is_leaf(t, *entry, level)) {
			entry_set(entry, 0);
			continue;
		}
		u64 *below = entry_table(t, *entry);

		unmap_below(t, below, level - 1, from, stop);
		if (is_empty(t, below)) {
			entry_set(entry, 0);
			retire(t, below);
		}
	}
}

/* No leaf may reach across the ends of the range, which has no holes. */
static void protect_below(const struct table *t, u64 *table, unsigned level, u64 from, u64 end,
			  u64 flags)
{
	for (u64 stop; from < end; from = stop) {
		u64 *entry = &table[entry_index(from, level)];

		stop = entry_stop(from, end, level);
		if (entry_is_leaf(t, *entry, level))
			entry_set(entry,
				  entry_address(t, *entry) | flags | entry_leaf_bit(t, level));
		else
			protect_below(t, entry_table(t, *entry), level - 1, from, stop, flags);
	}
}

/* Replace a leaf by a table of 512 smaller ones that map the same. */
static int split(const struct table *t, u64 *entry, unsigned level)
{
	hpa_t to = entry_address(t, *entry);
	u64 flags = entry_flags(t, *entry, level) | entry_leaf_bit(t, level - 1);
	u64 *below = frame_alloc_zeroed(FRAME_ORDER_4K, t->owner);

	if (!below)
		return -ERR_NOMEM;
	for (unsigned i = 0; i < TABLE_FANOUT; i++, to += entry_size(level - 1))
		below[i] = to | flags;
	entry_set(entry, table_entry(t, below));
	return 0;
}

/* See to it that no leaf reaches across the address. */
static int split_at(const struct table *t, u64 address)
{
	u64 *table = table_root(t);

	for (unsigned level = t->format->levels; !IS_ALIGNED(address, entry_size(level)); level--) {
		u64 *entry = &table[entry_index(address, level)];
		int error = 0;

		if (!entry_in_use(t, *entry))
			return 0;
		if (entry_is_leaf(t, *entry, level))
			error = split(t, entry, level);
		if (error)
			return error;
		table = entry_table(t, *entry);
	}
	return 0;
}

int table_map(struct table *t, u64 from, hpa_t to, u64 length, u64 flags)
{
	u64 *root = table_root(t), start = entry_selector(t, from);
	int error = check_range(t, from, length);

	if (!error)
		error = check_flags(t, flags);
	if (error)
		return error;
	if (!IS_ALIGNED(to, PAGE_SIZE))
		return -ERR_INVAL;
	if (length == 0)
		return 0;
	if (to + length < to || (to + length - PAGE_SIZE) & ~t->format->address)
		return -ERR_RANGE;
	if (bytes_in_use(t, root, t->format->levels, start, start + length))
		return -ERR_EXIST;
	error = map_below(t, root, t->format->levels, start, start + length, to, flags);
	if (error)
		unmap_below(t, root, t->format->levels, start, start + length);
	return error;
}

int table_unmap(struct table *t, u64 from, u64 length)
{
	u64 start = entry_selector(t, from);
	int error = check_range(t, from, length);

	if (!error)
		error = split_at(t, start);
	if (!error)
		error = split_at(t, start + length);
	if (!error)
		unmap_below(t, table_root(t), t->format->levels, start, start + length);
	return error;
}

int table_protect(struct table *t, u64 from, u64 length, u64 flags)
{
	u64 *root = table_root(t), start = entry_selector(t, from);
	int error = check_range(t, from, length);

	if (!error)
		error = check_flags(t, flags);
	if (!error && bytes_in_use(t, root, t->format->levels, start, start + length) != length)
		error = -ERR_FAULT;
	if (!error)
		error = split_at(t, start);
	if (!error)
		error = split_at(t, start + length);
	if (!error)
		protect_below(t, root, t->format->levels, start, start + length, flags);
	return error;
}
