/* SPDX-License-Identifier: MIT */
/*
 * The names have no index: they are only looked for in a panic, where
 * counting zeros to the right one costs nothing that matters, and the image
 * stays smaller.
 */
#include "kernel/symbols.h"

#include "kernel/image.h"
#include "lib/string.h"

static const char *nth_name(const char *names, const char *end, u32 n)
{
	while (n--) {
		names = memchr(names, 0, end - names);
		if (!names)
			return NULL;
		names++;
	}
	return memchr(names, 0, end - names) ? names : NULL;
}

bool symbol_find(const struct symbol_table *table, u64 size, u64 address, const char **name,
		 u64 *offset)
{
	u64 header, wanted;
	u32 low = 0, high, middle;
	const char *found;

	if (size < sizeof(*table)) /* as in the first link: there is none */
		return false;
	wanted = address - table->base;
	header = offsetof(struct symbol_table, offsets) + 4 * ((u64)table->count + 1);
	if (size < header || address < table->base || wanted < table->offsets[0] ||
	    wanted >= table->offsets[table->count])
		return false;

	high = table->count; /* offsets[low] <= wanted < offsets[high] */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (table->offsets[middle] <= wanted)
			low = middle;
		else
			high = middle;
	}
	found = nth_name((const char *)table + header, (const char *)table + size, low);
	if (!found)
		return false;
	*name = found;
	*offset = wanted - table->offsets[low];
	return true;
}

bool symbol_lookup(u64 address, const char **name, u64 *offset)
{
	return symbol_find((const struct symbol_table *)image_symbols_start,
			   (u64)image_symbols_end - (u64)image_symbols_start, address, name,
			   offset);
}
