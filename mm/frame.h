/* SPDX-License-Identifier: MIT */
/*
 * Physical frames: blocks of 4 KiB << order, order 0 (4K) to 18 (1G),
 * aligned to their size. The allocator is a tree of 512-way nodes, the same
 * shape as the page tables: a node describes 512 children of equal size
 * (4K, 2M or 1G) with two bitmaps and one word each, and is made only when a
 * child is split. So start-up costs by the number of ranges, not of pages.
 *
 * Every block has an owner; the accounting tells at the end of a run what
 * each part used, and that nothing leaked.
 *
 * One lock guards all of it. Not for the VM-exit path.
 */
#pragma once

#include "lib/types.h"

#define FRAME_ORDER_4K	0
#define FRAME_ORDER_2M	9
#define FRAME_ORDER_1G	18
#define FRAME_ORDER_MAX FRAME_ORDER_1G

/* The order of the smallest block that holds so many bytes. */
static inline unsigned frame_order(u64 bytes)
{
	unsigned order = FRAME_ORDER_4K;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

enum frame_owner {
	FRAME_FREE,
	FRAME_ALLOCATOR, /* the allocator's own nodes */
	FRAME_HOST_TABLES,
	FRAME_STACK,
	FRAME_CPU,  /* per-CPU data, VMXON regions */
	FRAME_VCPU, /* VMCS, bitmaps, FPU area, the vCPU itself */
	FRAME_EPT,
	FRAME_WATCH, /* exit records and statistics */
	FRAME_VM,    /* struct vm and its devices */
	FRAME_GUEST, /* guest RAM */
	FRAME_TEST,
	FRAME_OWNERS,
};

const char *frame_owner_name(enum frame_owner owner);

/* RAM at or above this address cannot be managed. */
#define FRAME_REACH (4UL << 40)

/*
 * Give a range of RAM to the allocator. Partial frames at its ends are left
 * out, so is page 0, and so are a few frames at an end that falls into an
 * otherwise unknown 2M block and leaves no more there than the allocator's
 * own nodes would take. Ranges may come in any order and may touch: blocks
 * coalesce across them. They must not overlap (the caller has subtracted
 * what is reserved).
 *
 * From now on all of the range must be reachable by phys_to_virt(): blocks
 * and nodes may lie anywhere in it. So before the direct map is complete, add
 * only the RAM below the boot code's mapping, and the rest later.
 *
 * Returns 0, or with nothing changed -ERR_NOMEM (too small to hold a node
 * and a frame), -ERR_RANGE (beyond FRAME_REACH), -ERR_EXIST (overlap).
 */
int frame_add_range(hpa_t start, u64 length) __must_check;

/*
 * Take a block, not cleared. Returns its physical address, or FRAME_NONE,
 * with nothing changed, when there is no free block of that size. The caller
 * tells the user: only it knows whether it can do with less. `owner` is none
 * of FRAME_FREE and FRAME_ALLOCATOR.
 */
#define FRAME_NONE (~0UL)
hpa_t frame_alloc(unsigned order, enum frame_owner owner) __must_check;

/* As frame_alloc() but cleared; a pointer into the direct map, or NULL. */
void *frame_alloc_zeroed(unsigned order, enum frame_owner owner) __must_check;

/*
 * Give a block back, with the order and owner it was taken with. A double
 * free, a foreign address, a wrong order or owner is a bug of ours: panic,
 * naming the block and what the allocator knows about it.
 */
void frame_free(hpa_t block, unsigned order, enum frame_owner owner);

/* What the allocator knows of a frame: its owner (FRAME_FREE if free), or -ERR_NOENT when foreign.
 */
int frame_owner_of(hpa_t frame);

struct frame_stats {
	u64 total_bytes; /* all that was added and not left out; the sum of bytes[] */
	u64 bytes[FRAME_OWNERS];
	u64 peak[FRAME_OWNERS]; /* largest bytes[] so far; not kept for FRAME_FREE */
	int largest_free_order; /* largest order that frame_alloc would satisfy now, or -1 */
};
void frame_get_stats(struct frame_stats *stats);

/* Forget everything: only for tests. */
void frame_reset(void);
