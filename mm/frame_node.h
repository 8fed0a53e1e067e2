/* SPDX-License-Identifier: MIT */
/*
 * The nodes of the tree below mm/frame.h, and how they come and go; only
 * mm/frame*.c and their tests look in here.
 *
 * Level 2: the top nodes, static, with children of 1G each
 * Level 1: a split 1G block, 512 children of 2M
 * Level 0: a split 2M block, 512 children of 4K
 *
 *     top[0]  free 1G │ used 1G │ split 1G │ absent ...
 *                                  └─ free 2M │ split 2M │ used 2M ...
 *                                               └─ free 4K │ used 4K ...
 *
 * A node lives inside of the block that it describes: that of a 2M block in
 * one of its frames, that of a 1G block in the frame after the node of the
 * 2M block there. So splitting needs no memory from elsewhere and cannot
 * fail, and a block is whole again when nothing but its nodes is in use.
 */
#pragma once

#include "lib/types.h"
#include "mm/bits512.h"
#include "mm/frame.h"
#include "mm/layout.h"

#define FRAME_FANOUT	512
#define FRAME_LEVEL_TOP 2
#define FRAME_TOPS	(FRAME_REACH / GIB(FRAME_FANOUT))

enum frame_child_kind {
	FRAME_CHILD_ABSENT, /* no RAM of ours */
	FRAME_CHILD_USED,
	FRAME_CHILD_SPLIT,
};

struct frame_child {
	u32 kind : 2;
	u32 order : 5; /* used: of the block; partial: of the largest free block below */
	u32 owner : 5; /* used; every child of a block says the same */
	u32 node : 18; /* split: which frame of the child holds its node */
};

struct frame_node {
	struct bits512 free;	/* wholly free; what child[] says of it is stale */
	struct bits512 partial; /* split, with something free below */
	struct frame_child child[FRAME_FANOUT];
};

_Static_assert(sizeof(struct frame_child) == 4, "a child is one word");
_Static_assert(sizeof(struct frame_node) <= PAGE_SIZE, "a node fits a frame");

struct frame_tree {
	struct frame_node top[FRAME_TOPS];
	unsigned top_count; /* those from here on have never had memory */
	u64 node_frames;    /* frames that hold nodes now */
};

/* Bytes in a child of a node of `level`. */
static inline u64 frame_child_size(unsigned level)
{
	return PAGE_SIZE << (9 * level);
}

/* The child of a node of `level` that covers the address. */
static inline unsigned frame_child_index(hpa_t address, unsigned level)
{
	return address >> (PAGE_SHIFT + 9 * level) & (FRAME_FANOUT - 1);
}

/* The top node that covers an address below FRAME_REACH. */
static inline struct frame_node *frame_node_top(const struct frame_tree *tree, hpa_t address)
{
	return (struct frame_node *)&tree->top[address / GIB(FRAME_FANOUT)];
}

/* The node of the split child that covers the address. */
static inline struct frame_node *frame_node_below(const struct frame_node *node, unsigned level,
						  hpa_t address)
{
	const struct frame_child *child = &node->child[frame_child_index(address, level)];
	hpa_t block = address & ~(frame_child_size(level) - 1);

	return phys_to_virt(block + child->node * PAGE_SIZE);
}

/* The order of the largest free block at or below the node, or -1. */
int frame_node_largest(const struct frame_node *node, unsigned level);

/*
 * After a change below the split child that covers the address: bring what
 * `node` says of it up to date, or make it a free child when all of it is free.
 */
void frame_node_settle(struct frame_tree *tree, struct frame_node *node, unsigned level,
		       hpa_t address);

/* Split the free child at `block`; all of it but its nodes is still free then. */
void frame_node_split(struct frame_tree *tree, struct frame_node *node, unsigned level,
		      hpa_t block);

/* Is nothing of [start, end) known? All of it must be below the node. */
bool frame_node_absent(const struct frame_node *node, unsigned level, hpa_t start, hpa_t end);

/*
 * Make the absent [start, end) below the node free. Returns the bytes taken,
 * nodes included: frames that could only hold their own node are left out.
 */
u64 frame_node_insert(struct frame_tree *tree, struct frame_node *node, unsigned level, hpa_t start,
		      hpa_t end);
