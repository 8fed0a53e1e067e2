/* SPDX-License-Identifier: MIT */
/*
 * Which MSRs a vCPU asked for and did not get: what the log has told once
 * needs not be told again, and the hints go by it. A bit for each number that
 * a processor or a hypervisor may have, a short list for all others.
 */
#pragma once

#include "lib/types.h"

#define MSR_REFUSED_RANGES  4
#define MSR_REFUSED_NUMBERS 0x2000u /* of a range */
#define MSR_REFUSED_OTHERS  64

struct msr_refused {
	u32 first; /* the first number ever refused; only if `count` */
	u32 count; /* numbers that are kept */
	u32 other_count;
	u32 others[MSR_REFUSED_OTHERS];
	u64 bits[MSR_REFUSED_RANGES * MSR_REFUSED_NUMBERS / 64];
};

/*
 * Keep the number `msr`. True if it is a new one; false if it was kept before,
 * or cannot be: the list of others is full. Zeroed memory is an empty set.
 */
bool msr_refused_add(struct msr_refused *r, u32 msr);

/* Was it kept? */
bool msr_refused_has(const struct msr_refused *r, u32 msr);

/* Is there no room for another number outside of the ranges? */
bool msr_refused_full(const struct msr_refused *r);
