/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses of our own code. The table is made by
 * scripts/symbols.py from the first link of the image and put into the
 * second one; until then every lookup says no.
 */
#pragma once

#include "lib/types.h"

/* As scripts/symbols.py writes it, in the section .symbols. */
struct symbol_table {
	u64 base;      /* what the offsets count from */
	u32 count;     /* functions; one more offset ends the last one */
	u32 offsets[]; /* ascending; then the names, zero-terminated, in the same order */
};

/*
 * The function that `address` is in, and how far. False, with nothing
 * written, when it is in none. Any context; reads only the image.
 */
bool symbol_lookup(u64 address, const char **name, u64 *offset);

/* The same in a table of `size` bytes. Pure. */
bool symbol_find(const struct symbol_table *table, u64 size, u64 address, const char **name,
		 u64 *offset);
