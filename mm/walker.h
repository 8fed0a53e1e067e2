/* SPDX-License-Identifier: MIT */
/*
 * One page-table walker for all the formats Trivet writes: the host's own
 * tables (IA-32e paging) and EPT. Formats differ in a few masks; the
 * algorithm of mapping, splitting and walking is the same.
 * SDM "4-Level Paging and 5-Level Paging", "The Extended Page Table Mechanism (EPT)".
 */
#pragma once

#include "lib/types.h"
#include "mm/frame.h"

struct table_format {
	const char *name;
	u64 present; /* an entry is present when any of these bits is set */
	u64 kept;    /* software: a leaf that is not present but has one of these is still ours */
	u64 leaf;    /* bit that makes an entry above 4K a leaf */
	u64 address; /* mask of the address bits */
	u64 table_flags; /* flags of an entry that refers to a table */
	unsigned levels; /* 4 */
	bool physical;	 /* maps physical addresses (EPT): from 0 up, not sign-extended */
};

struct table {
	const struct table_format *format;
	hpa_t root;
	hpa_t retired; /* tables that were taken out, linked by their first entries; or 0 */
	enum frame_owner owner; /* of the frames of the tables */
	u8 max_leaf_level;	/* 1 = 4K only, 2 = up to 2M, 3 = up to 1G */
};

/*
 * The caller keeps two threads from changing one table at a time; the
 * processor may walk it meanwhile, every entry is written at once. What the
 * processor has cached of it is the caller's business, too: after
 * table_unmap(), table_protect() and a table_map() that failed, invalidate,
 * then table_reap().
 */

/* Make an empty table. 0 or -ERR_NOMEM. */
int table_init(struct table *t, const struct table_format *format, enum frame_owner owner,
	       u8 max_leaf_level) __must_check;

/* Free all frames of the tables; what they mapped is not touched. No processor may use them now. */
void table_destroy(struct table *t);

/*
 * Free the tables that have been taken out. Until nothing cached refers to
 * them any more, the processor may still read them; they are empty.
 */
void table_reap(struct table *t);

/*
 * Map [from, from + length) to [to, ...) with the leaf bits `flags`, by the
 * largest leaves that alignment and max_leaf_level allow. The flags are
 * without the leaf bit, and with a present or kept bit. Returns 0, or with
 * nothing changed:
 * -ERR_INVAL	an address or the length is no multiple of 4K, or bad flags
 * -ERR_RANGE	beyond the reach of the format
 * -ERR_EXIST	something is mapped there
 * -ERR_NOMEM
 */
int table_map(struct table *t, u64 from, hpa_t to, u64 length, u64 flags) __must_check;

/*
 * Remove [from, from + length), splitting leaves at its ends. Holes are fine.
 * Tables that become empty are taken out, see table_reap(). 0, -ERR_INVAL,
 * -ERR_RANGE, or -ERR_NOMEM with no address mapped differently.
 */
int table_unmap(struct table *t, u64 from, u64 length) __must_check;

/*
 * Give the leaves in the range new flags, as for table_map(), splitting at
 * its ends. 0, -ERR_INVAL, -ERR_RANGE, -ERR_FAULT for a hole in it, or
 * -ERR_NOMEM; after an error no address is mapped differently.
 */
int table_protect(struct table *t, u64 from, u64 length, u64 flags) __must_check;

/* One step of a walk, for lookups and for showing a walk level by level. */
struct table_step {
	u8 level; /* 4 = root table ... 1 = 4K entry */
	hpa_t entry_address;
	u64 entry;
};

struct table_walk {
	struct table_step steps[5];
	unsigned step_count; /* 0 beyond the reach of the format */
	bool mapped;	     /* by a leaf with a present bit */
	u64 leaf_size;	     /* bytes; 0 unless mapped or kept */
	hpa_t address;	     /* where `from` leads, when mapped or kept */
	u64 flags;	     /* the leaf entry without address and leaf bit */
};
void table_walk(const struct table *t, u64 from, struct table_walk *walk);

/*
 * Pointer to the leaf entry (mapped or kept) that covers `from`, and its size
 * in bytes, or NULL; for a hot path that changes one entry in place.
 */
u64 *table_leaf(const struct table *t, u64 from, u64 *leaf_size);
