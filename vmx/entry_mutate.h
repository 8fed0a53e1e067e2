/* SPDX-License-Identifier: MIT */
/*
 * Good VMCSs of several kinds, and how to make them a little bad: single
 * bits, boundary values, random values, pairs of these. Pure; the same seed
 * gives the same mutations.
 */
#pragma once

#include "vmx/vmcs_image.h"

struct entry_random {
	u64 state; /* not 0 */
};

u64 entry_random_next(struct entry_random *r);

struct entry_mutation {
	unsigned count; /* 1 or 2 */
	struct {
		unsigned index;
		u64 before, after;
	} changes[2];
};

/* Change one or two fields of `image` that are known and can be written. */
void entry_mutate(struct vmcs_image *image, struct entry_random *r, struct entry_mutation *m);

/* Kinds of guests to start from. */
unsigned entry_base_count(void);
const char *entry_base_name(unsigned base);

/*
 * Make `image`, a good VMCS of a real-mode guest, into the given kind.
 * False: the processor cannot run it (a control is missing).
 */
bool entry_base_apply(struct vmcs_image *image, unsigned base, u32 proc2_allowed);
