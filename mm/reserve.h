/* SPDX-License-Identifier: MIT */
/*
 * Which memory may be used at all: the firmware's usable ranges without
 * everything that is reserved or in use. Pure. The firmware's list may be
 * unsorted and overlap itself; a byte that is usable and reserved is reserved.
 */
#pragma once

#include "boot/info.h"
#include "lib/types.h"

struct reserve_span {
	hpa_t start, end; /* [start, end) */
};

/* Each range and each taken span adds at most one span to the result. */
#define RESERVE_MAX_SPANS (BOOT_MAX_RANGES + BOOT_MAX_MODULES + 16)

struct reserve_list {
	struct reserve_span spans[RESERVE_MAX_SPANS]; /* ascending, disjoint, whole pages */
	unsigned count;
};

/*
 * out = whole pages that lie in usable ranges, below `limit`, and touch
 * neither a range of another type nor a taken span. Ranges that wrap around
 * end at the top of the address space. Returns 0, or -ERR_RANGE when the
 * list was too short: some memory is then missing from it, never too much in it.
 */
int reserve_subtract(struct reserve_list *out, const struct boot_range *ranges,
		     unsigned range_count, const struct reserve_span *taken, unsigned taken_count,
		     hpa_t limit) __must_check;
