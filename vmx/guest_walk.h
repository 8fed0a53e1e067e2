/* SPDX-License-Identifier: MIT */
/*
 * The guest's own page walk, in all paging modes, as the processor does
 * it: permissions, reserved bits, SMEP/SMAP, protection keys apart.
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
	u64 page_size;	/* when ok */
	u32 pf_error;	/* when not ok: the #PF error code */
	bool bad_table;	/* a table lies outside of RAM: no architectural answer */
	gpa_t bad_table_address;
	struct guest_walk_step steps[GUEST_WALK_LEVELS];
	unsigned step_count;
};

/* Read a table entry of `size` (4 or 8) bytes: false when it is not RAM. */
typedef bool (*guest_read_fn)(void *context, gpa_t gpa, u64 *value, unsigned size);

void guest_walk(const struct guest_paging *p, gva_t gva, unsigned access, guest_read_fn read,
		void *context, struct guest_walk *result);
