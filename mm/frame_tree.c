/* SPDX-License-Identifier: MIT */
/*
 * Placement keeps large blocks whole: a split block is preferred to a free
 * one, and of several the one whose largest free part is the smallest that
 * will do. Every partial child knows that order, so the way down never has
 * to turn back.
 */
#include "mm/frame_tree.h"

#include "lib/bits.h"

#define TOP_SIZE GIB(FRAME_FANOUT)

bool frame_tree_absent(const struct frame_tree *tree, hpa_t start, hpa_t end)
{
	for (hpa_t stop; start < end; start = stop) {
		stop = MIN(end, ALIGN_DOWN(start, TOP_SIZE) + TOP_SIZE);
		if (!frame_node_absent(frame_node_top(tree, start), FRAME_LEVEL_TOP, start, stop))
			return false;
	}
	return true;
}

u64 frame_tree_insert(struct frame_tree *tree, hpa_t start, hpa_t end)
{
	unsigned tops = (unsigned)(ALIGN_UP(end, TOP_SIZE) / TOP_SIZE);
	u64 taken = 0;

	tree->top_count = MAX(tree->top_count, tops);
	for (hpa_t stop; start < end; start = stop) {
		stop = MIN(end, ALIGN_DOWN(start, TOP_SIZE) + TOP_SIZE);
		taken += frame_node_insert(tree, frame_node_top(tree, start), FRAME_LEVEL_TOP,
					   start, stop);
	}
	return taken;
}

/* The partial child with the smallest free part that will do, or -1. */
static int best_partial(const struct frame_node *node, unsigned order)
{
	int best = -1;

	for (int i = bits512_next(&node->partial, 0); i >= 0;
	     i = bits512_next(&node->partial, (unsigned)i + 1)) {
		if (node->child[i].order < order)
			continue;
		if (best < 0 || node->child[i].order < node->child[best].order)
			best = i;
		if (node->child[best].order == order)
			break;
	}
	return best;
}

/* The 1G child to take a block from, or FRAME_NONE. */
static hpa_t best_1g(const struct frame_tree *tree, unsigned order)
{
	hpa_t best = FRAME_NONE;
	unsigned best_order = FRAME_ORDER_1G + 1;

	for (unsigned t = 0; t < tree->top_count; t++) {
		const struct frame_node *top = &tree->top[t];
		unsigned its_order = FRAME_ORDER_1G;
		int index = best_partial(top, order);

		if (index >= 0)
			its_order = top->child[index].order;
		else
			index = bits512_next(&top->free, 0);
		if (index >= 0 && its_order < best_order) {
			best = t * TOP_SIZE + GIB(index);
			best_order = its_order;
		}
	}
	return best;
}

static void settle_path(struct frame_tree *tree, hpa_t address, unsigned level)
{
	struct frame_node *top = frame_node_top(tree, address);

	if (level == 0)
		frame_node_settle(tree, frame_node_below(top, 2, address), 1, address);
	if (level <= 1)
		frame_node_settle(tree, top, 2, address);
}

hpa_t frame_tree_take(struct frame_tree *tree, unsigned order, enum frame_owner owner)
{
	struct frame_child used = {.kind = FRAME_CHILD_USED, .order = order, .owner = owner};
	unsigned run = order % 9, level = FRAME_LEVEL_TOP, first;
	hpa_t block = best_1g(tree, order);
	struct frame_node *node;

	if (block == FRAME_NONE)
		return FRAME_NONE;
	node = frame_node_top(tree, block);
	while (level > order / 9) {
		if (bits512_test(&node->free, frame_child_index(block, level)))
			frame_node_split(tree, node, level, block);
		node = frame_node_below(node, level, block);
		level--;
		int index = level > order / 9 ? best_partial(node, order) : -1;

		if (index < 0)
			index = bits512_best_run(&node->free, level > order / 9 ? 0 : run);
		block += (unsigned)index * frame_child_size(level);
	}
	first = frame_child_index(block, level);
	bits512_clear_run(&node->free, first, 1U << run);
	for (unsigned i = 0; i < 1U << run; i++)
		node->child[first + i] = used;
	settle_path(tree, block, level);
	return block;
}

/* The node of the smallest child that covers the address, and its level. */
static struct frame_node *descend(const struct frame_tree *tree, hpa_t address, unsigned *level)
{
	struct frame_node *node = frame_node_top(tree, address);

	for (*level = FRAME_LEVEL_TOP; *level > 0; --*level) {
		unsigned index = frame_child_index(address, *level);

		if (bits512_test(&node->free, index) ||
		    node->child[index].kind != FRAME_CHILD_SPLIT)
			break;
		node = frame_node_below(node, *level, address);
	}
	return node;
}

void frame_tree_give(struct frame_tree *tree, hpa_t block, unsigned order)
{
	unsigned level;
	struct frame_node *node = descend(tree, block, &level);

	bits512_set_run(&node->free, frame_child_index(block, level), 1U << order % 9);
	settle_path(tree, block, level);
}

struct frame_child frame_tree_find(const struct frame_tree *tree, hpa_t address)
{
	unsigned level;
	const struct frame_node *node = descend(tree, address, &level);
	unsigned index = frame_child_index(address, level);

	if (bits512_test(&node->free, index))
		return (struct frame_child){
			.kind = FRAME_CHILD_USED, .order = 9 * level, .owner = FRAME_FREE};
	return node->child[index];
}

int frame_tree_largest(const struct frame_tree *tree)
{
	int order = -1;

	for (unsigned t = 0; t < tree->top_count; t++)
		order = MAX(order, frame_node_largest(&tree->top[t], FRAME_LEVEL_TOP));
	return order;
}
