/* SPDX-License-Identifier: MIT */
/*
 * Searching the tree of mm/frame_node.h: ranges in, blocks out and back.
 * Knows nothing of locks, of accounting, and of who may free what. All
 * addresses are below FRAME_REACH.
 */
#pragma once

#include "lib/types.h"
#include "mm/frame.h"
#include "mm/frame_node.h"

/* Is nothing of [start, end) known to the tree? Both are multiples of 4K. */
bool frame_tree_absent(const struct frame_tree *tree, hpa_t start, hpa_t end);

/* Add [start, end), which is absent. Returns the bytes taken, nodes included. */
u64 frame_tree_insert(struct frame_tree *tree, hpa_t start, hpa_t end);

/* Take a block, or return FRAME_NONE with the tree unchanged. */
hpa_t frame_tree_take(struct frame_tree *tree, unsigned order, enum frame_owner owner);

/* Give back a block that frame_tree_find() has found to be used in this order. */
void frame_tree_give(struct frame_tree *tree, hpa_t block, unsigned order);

/*
 * What the tree knows of the smallest child that covers the address: absent,
 * or used. A free one is told as used by FRAME_FREE, with the child's order.
 */
struct frame_child frame_tree_find(const struct frame_tree *tree, hpa_t address);

/* The order of the largest free block, or -1. */
int frame_tree_largest(const struct frame_tree *tree);
