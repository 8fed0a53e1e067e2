/* SPDX-License-Identifier: MIT */
/*
 * The guest's own page walk, in all paging modes, as the processor does
 * it: permissions, reserved bits, SMEP and SMAP. Protection keys, shadow
 * stacks and five levels are not offered to guests and not known here.
 * SDM "Paging". Pure but for the RAM it reads through a function.
 */
#pragma once

#include "lib/types.h"

/* What the walk depends on, read from the VMCS once. */
struct guest_paging {
	u64 cr0, cr3, cr4, efer, rflags;
	u64 pdpte[4];	/* PAE paging */
	unsigned cpl;
	u8 physical_bits;
	bool page_1g;
};

enum guest_access { /* bits */
	GUEST_READ = 0,
	GUEST_WRITE = 1,
	GUEST_FETCH = 2,
	GUEST_USER = 4,	    /* as CPL 3; otherwise supervisor */
	GUEST_IMPLICIT = 8, /* implicit supervisor access: SMAP applies whatever AC says */
};

#define GUEST_WALK_LEVELS 4
struct guest_walk_step {
	u8 level;
	gpa_t entry_address;
	u64 entry;
};

struct guest_walk {
	bool ok;
	gpa_t gpa;	/* when ok */
	u64 page_size;	/* when ok; 4 GiB without paging */
	u32 pf_error;	/* when not ok: the #PF error code */
	bool noncanonical; /* not ok, and no #PF: the caller knows if it is #GP or #SS */
	bool bad_table;	/* a table lies outside of RAM: no architectural answer */
	gpa_t bad_table_address;
	u8 entry_size;	/* bytes: 4 or 8; 0 without paging */
	struct guest_walk_step steps[GUEST_WALK_LEVELS]; /* without the PDPTE registers */
	unsigned step_count;
};

/* Read a table entry of `size` (4 or 8) bytes: false when it is not RAM. */
typedef bool (*guest_read_fn)(void *context, gpa_t gpa, u64 *value, unsigned size);

/* Walk and look only: the guest's tables are not changed. */
void guest_walk(const struct guest_paging *p, gva_t gva, unsigned access, guest_read_fn read,
		void *context, struct guest_walk *result);

/*
 * Make `now` of `before` in one step (compare and exchange): false when
 * the entry is something else by now.
 */
typedef bool (*guest_exchange_fn)(void *context, gpa_t gpa, u64 before, u64 now, unsigned size);

/*
 * What an access does to the tables of a walk that went well: accessed
 * bits, and for a write the dirty bit. False: the guest has changed an
 * entry meanwhile, walk again.
 */
bool guest_walk_mark(const struct guest_walk *walk, unsigned access, guest_exchange_fn exchange,
		     void *context) __must_check;
