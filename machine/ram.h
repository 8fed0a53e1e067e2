/* SPDX-License-Identifier: MIT */
/*
 * A machine's RAM. All frames and all tables are taken when it is made, so
 * that a running guest never waits for memory, nor runs out of it. But
 * clearing a frame and letting the guest have it waits for the first
 * access: start-up does not cost by the amount of RAM. See memory_map.h.
 */
#pragma once

#include "lib/types.h"
#include "vmx/ept.h"

struct ram_range {
	gpa_t start;
	u64 length;
};

#define RAM_RANGES 3 /* below the VGA hole, above it, above 4 GiB */

struct ram {
	struct ept *ept;
	u64 size; /* bytes, what the guest was promised; the hole counts as the PC's loss */
	struct ram_range ranges[RAM_RANGES];
	unsigned range_count;
	hpa_t blocks;	/* list of the blocks of frames behind it; see ram.c */
	u64 cleared;	/* bytes that have been touched so far */
};

/*
 * Reserve `size` bytes (a multiple of 4K, MAP_RAM_MIN to MAP_RAM_MAX) and
 * prepare `ept` for them. 0, -ERR_INVAL, or -ERR_NOMEM with nothing kept but
 * tables in `ept`.
 */
int ram_create(struct ram *ram, struct ept *ept, u64 size) __must_check;

/* Give all frames back. The EPT must not be used any more. */
void ram_destroy(struct ram *ram);

/* Is all of the range RAM? An empty range is. */
bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length);

/*
 * A pointer to guest RAM for reading and writing, good for the range's
 * length (at least 1), which must not leave a 4K page. NULL when it is not RAM.
 */
void *ram_pointer(struct ram *ram, gpa_t gpa, u64 length);

/* Copy to or from RAM. 0, or -ERR_FAULT (not all of it is RAM; nothing is copied). */
int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length) __must_check;
int ram_read(struct ram *ram, gpa_t gpa, void *to, u64 length) __must_check;

/* After an EPT violation: true if this is RAM, which can now be accessed. */
bool ram_touch(struct ram *ram, gpa_t gpa);
