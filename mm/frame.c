/* SPDX-License-Identifier: MIT */
/*
 * What callers see of the frame allocator: the lock, the accounts by owner,
 * and the detection of bugs. The tree itself is in mm/frame_tree.c.
 */
#include "mm/frame.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/frame_tree.h"
#include "mm/layout.h"

/* `lock` guards all the others. */
static struct spinlock lock;
static struct frame_tree tree;
static u64 total_bytes;
static u64 bytes[FRAME_OWNERS], peak[FRAME_OWNERS];

const char *frame_owner_name(enum frame_owner owner)
{
	static const char *const names[FRAME_OWNERS] = {
		[FRAME_FREE] = "free",
		[FRAME_ALLOCATOR] = "allocator",
		[FRAME_HOST_TABLES] = "host-tables",
		[FRAME_STACK] = "stack",
		[FRAME_CPU] = "cpu",
		[FRAME_VCPU] = "vcpu",
		[FRAME_EPT] = "ept",
		[FRAME_WATCH] = "records",
		[FRAME_VM] = "vm",
		[FRAME_GUEST] = "guest",
		[FRAME_TEST] = "test",
	};

	return (unsigned)owner < FRAME_OWNERS ? names[owner] : "unknown";
}

static u64 block_size(unsigned order)
{
	return PAGE_SIZE << order;
}

/* Bring the accounts up to date after `owner` got, or gave back, blocks. */
static void account(enum frame_owner owner, s64 change)
{
	bytes[owner] += (u64)change;
	bytes[FRAME_ALLOCATOR] = tree.node_frames * PAGE_SIZE;
	peak[owner] = MAX(peak[owner], bytes[owner]);
	peak[FRAME_ALLOCATOR] = MAX(peak[FRAME_ALLOCATOR], bytes[FRAME_ALLOCATOR]);
}

static void check_request(unsigned order, enum frame_owner owner)
{
	if (order > FRAME_ORDER_MAX || (unsigned)owner >= FRAME_OWNERS || owner <= FRAME_ALLOCATOR)
		panic("frame: no block can have order %u and owner %u (%s)", order, owner,
		      frame_owner_name(owner));
}

int frame_add_range(hpa_t start, u64 length)
{
	hpa_t end = start + length;
	int error = 0;
	u64 taken;

	if (end < start || end > FRAME_REACH)
		return -ERR_RANGE;
	/* Page 0 stays out: its address is too easily a forgotten initialization. */
	start = ALIGN_UP(MAX(start, PAGE_SIZE), PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);

	spin_lock(&lock);
	if (!frame_tree_absent(&tree, start, end)) {
		error = -ERR_EXIST;
	} else {
		taken = frame_tree_insert(&tree, start, end);
		total_bytes += taken;
		account(FRAME_ALLOCATOR, 0);
		if (!taken)
			error = -ERR_NOMEM;
	}
	spin_unlock(&lock);
	return error;
}

hpa_t frame_alloc(unsigned order, enum frame_owner owner)
{
	hpa_t block;

	check_request(order, owner);
	spin_lock(&lock);
	block = frame_tree_take(&tree, order, owner);
	if (block != FRAME_NONE)
		account(owner, (s64)block_size(order));
	spin_unlock(&lock);
	return block;
}

void *frame_alloc_zeroed(unsigned order, enum frame_owner owner)
{
	hpa_t block = frame_alloc(order, owner);

	if (block == FRAME_NONE)
		return NULL;
	return memset(phys_to_virt(block), 0, block_size(order));
}

/* What is wrong with giving this block back, or NULL. */
static const char *fault(hpa_t block, unsigned order, enum frame_owner owner,
			 const struct frame_child *known)
{
	if (!IS_ALIGNED(block, block_size(order)))
		return "not aligned to its size";
	if (known->kind == FRAME_CHILD_ABSENT)
		return "foreign, it was never ours";
	if (known->owner == FRAME_FREE)
		return "free already";
	if (known->order != order)
		return "of another order";
	return known->owner != owner ? "of another owner" : NULL;
}

void frame_free(hpa_t block, unsigned order, enum frame_owner owner)
{
	struct frame_child known = {.kind = FRAME_CHILD_ABSENT};
	const char *wrong;

	check_request(order, owner);
	spin_lock(&lock);
	if (block < FRAME_REACH)
		known = frame_tree_find(&tree, block);
	wrong = fault(block, order, owner, &known);
	if (!wrong) {
		frame_tree_give(&tree, block, order);
		account(owner, -(s64)block_size(order));
	}
	/* Not held during a panic, which shows the accounts. */
	spin_unlock(&lock);
	if (wrong)
		panic("frame: block 0x%lx given back with order %u by %s is %s "
		      "(known: order %u, %s)",
		      block, order, frame_owner_name(owner), wrong, (unsigned)known.order,
		      known.kind == FRAME_CHILD_ABSENT ? "no owner"
						       : frame_owner_name(known.owner));
}

int frame_owner_of(hpa_t frame)
{
	struct frame_child known = {.kind = FRAME_CHILD_ABSENT};

	spin_lock(&lock);
	if (frame < FRAME_REACH)
		known = frame_tree_find(&tree, frame);
	spin_unlock(&lock);
	return known.kind == FRAME_CHILD_ABSENT ? -ERR_NOENT : (int)known.owner;
}

void frame_get_stats(struct frame_stats *stats)
{
	u64 used = 0;

	spin_lock(&lock);
	memcpy(stats->bytes, bytes, sizeof(bytes));
	memcpy(stats->peak, peak, sizeof(peak));
	stats->total_bytes = total_bytes;
	stats->largest_free_order = frame_tree_largest(&tree);
	spin_unlock(&lock);
	for (unsigned owner = FRAME_FREE + 1; owner < FRAME_OWNERS; owner++)
		used += stats->bytes[owner];
	stats->bytes[FRAME_FREE] = stats->total_bytes - used;
}

void frame_reset(void)
{
	memset(&tree, 0, sizeof(tree));
	memset(bytes, 0, sizeof(bytes));
	memset(peak, 0, sizeof(peak));
	total_bytes = 0;
	lock = SPINLOCK_INIT;
}
