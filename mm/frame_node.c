/* SPDX-License-Identifier: MIT */
/*
 * Relies on every frame of the tree being reachable by phys_to_virt().
 * Nothing here costs more than a few hundred steps, however large the RAM.
 */
#include "mm/frame_node.h"

#include "lib/bits.h"
#include "lib/string.h"

int frame_node_largest(const struct frame_node *node, unsigned level)
{
	int order = bits512_largest_run(&node->free);

	if (order >= 0)
		/* Nothing larger than 1G is ever handed out. */
		return level == FRAME_LEVEL_TOP ? FRAME_ORDER_1G : (int)(9 * level) + order;
	for (int i = bits512_next(&node->partial, 0); i >= 0;
	     i = bits512_next(&node->partial, (unsigned)i + 1))
		order = MAX(order, (int)node->child[i].order);
	return order;
}

/*
 * Is all of the split child free but for its nodes? Its own node keeps one
 * child from being free. A 2M block that holds the node of its 1G block, too,
 * is not idle by itself: it lasts as long as that one.
 */
static bool child_idle(const struct frame_node *node, unsigned level, hpa_t address)
{
	const struct frame_node *below = frame_node_below(node, level, address);

	if (bits512_missing(&below->free, 1) != 1)
		return false;
	if (level == 1)
		return true;
	hpa_t host = virt_to_phys(below);

	return bits512_missing(&frame_node_below(below, 1, host)->free, 2) == 2;
}

void frame_node_settle(struct frame_tree *tree, struct frame_node *node, unsigned level,
		       hpa_t address)
{
	unsigned index = frame_child_index(address, level);
	int order;

	if (child_idle(node, level, address)) {
		bits512_clear(&node->partial, index);
		bits512_set(&node->free, index);
		tree->node_frames -= level;
		return;
	}
	order = frame_node_largest(frame_node_below(node, level, address), level - 1);
	if (order < 0) {
		bits512_clear(&node->partial, index);
		return;
	}
	node->child[index].order = (u32)order;
	bits512_set(&node->partial, index);
}

/*
 * Split a child, with its node (level 1) or nodes (level 2: that of a 2M
 * block, then that of the 1G block) in the frames from `host` on, which must
 * lie in one 2M block. All else in it is absent until inserted.
 */
static void plant(struct frame_tree *tree, struct frame_node *node, unsigned level, hpa_t host)
{
	unsigned index = frame_child_index(host, level);
	hpa_t own = host + (level - 1) * PAGE_SIZE;
	struct frame_node *below = phys_to_virt(own);
	struct frame_child used = {.kind = FRAME_CHILD_USED, .owner = FRAME_ALLOCATOR};

	memset(below, 0, sizeof(*below));
	bits512_clear(&node->free, index);
	node->child[index] = (struct frame_child){
		.kind = FRAME_CHILD_SPLIT,
		.node = (own & (frame_child_size(level) - 1)) >> PAGE_SHIFT,
	};
	tree->node_frames++;
	if (level == 1) {
		below->child[frame_child_index(own, 0)] = used;
		return;
	}
	plant(tree, below, 1, host);
	frame_node_below(below, 1, host)->child[frame_child_index(own, 0)] = used;
}

void frame_node_split(struct frame_tree *tree, struct frame_node *node, unsigned level, hpa_t block)
{
	plant(tree, node, level, block);
	frame_node_insert(tree, frame_node_below(node, level, block), level - 1,
			  block + level * PAGE_SIZE, block + frame_child_size(level));
}

bool frame_node_absent(const struct frame_node *node, unsigned level, hpa_t start, hpa_t end)
{
	u64 size = frame_child_size(level);

	for (hpa_t stop; start < end; start = stop) {
		unsigned index = frame_child_index(start, level);

		stop = MIN(end, ALIGN_DOWN(start, size) + size);
		if (bits512_test(&node->free, index))
			return false;
		if (node->child[index].kind == FRAME_CHILD_USED)
			return false;
		if (node->child[index].kind == FRAME_CHILD_SPLIT &&
		    !frame_node_absent(frame_node_below(node, level, start), level - 1, start,
				       stop))
			return false;
	}
	return true;
}

/* The part [start, end) of one child that is not covered as a whole. */
static u64 insert_part(struct frame_tree *tree, struct frame_node *node, unsigned level,
		       hpa_t start, hpa_t end)
{
	u64 room = MIN(end, ALIGN_DOWN(start, SIZE_2M) + SIZE_2M) - start;
	u64 nodes = level * PAGE_SIZE;

	if (node->child[frame_child_index(start, level)].kind == FRAME_CHILD_SPLIT) {
		nodes = 0;
	} else if (room <= nodes) {
		/* The first 2M block has no place for them: try what is behind it. */
		return start + room < end ? insert_part(tree, node, level, start + room, end) : 0;
	} else {
		plant(tree, node, level, start);
	}
	nodes += frame_node_insert(tree, frame_node_below(node, level, start), level - 1,
				   start + nodes, end);
	frame_node_settle(tree, node, level, start);
	return nodes;
}

u64 frame_node_insert(struct frame_tree *tree, struct frame_node *node, unsigned level, hpa_t start,
		      hpa_t end)
{
	u64 size = frame_child_size(level), taken = 0;

	for (hpa_t stop; start < end; start = stop) {
		unsigned index = frame_child_index(start, level);
		u64 count = MIN((end - start) / size, FRAME_FANOUT - index);

		if (IS_ALIGNED(start, size) && count > 0) {
			bits512_set_run(&node->free, index, (unsigned)count);
			taken += count * size;
			stop = start + count * size;
		} else {
			stop = MIN(end, ALIGN_DOWN(start, size) + size);
			taken += insert_part(tree, node, level, start, stop);
		}
	}
	return taken;
}
