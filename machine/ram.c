/* SPDX-License-Identifier: MIT */
/*
 * Relies on EPT leaves marked EPT_RESERVED: they hold the frame's address
 * but no permission. The processor caches no translation from such an entry,
 * so giving it permissions later needs no INVEPT.
 */
#include "machine/ram.h"

#include "lib/error.h"
#include "lib/string.h"
#include "machine/memory_map.h"
#include "mm/frame.h"
#include "mm/layout.h"

#define EPT_ADDRESS BITS(51, 12)

/* The blocks in the order they were taken: address | order, in a chain of frames. */
struct block_list {
	hpa_t next; /* list frame before this one, or 0 */
	u64 count;
	u64 entries[PAGE_SIZE / 8 - 2];
};
_Static_assert(sizeof(struct block_list) == PAGE_SIZE, "fills its frame");

static struct block_list *list_of(const struct ram *ram)
{
	return phys_to_virt(ram->blocks);
}

static int remember(struct ram *ram, hpa_t block, unsigned order)
{
	struct block_list *list;

	if (!ram->blocks || list_of(ram)->count == ARRAY_SIZE(list->entries)) {
		list = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VM);
		if (!list)
			return -ERR_NOMEM;
		list->next = ram->blocks;
		ram->blocks = virt_to_phys(list);
	}
	list = list_of(ram);
	list->entries[list->count++] = block | order;
	return 0;
}

/*
 * The largest block that may go at gpa: where a 2M leaf is possible the block
 * must not spoil it, beyond that any size will do.
 */
static unsigned best_order(gpa_t gpa, u64 left)
{
	unsigned order = 63 - (unsigned)__builtin_clzl(left >> PAGE_SHIFT);

	if (!IS_ALIGNED(gpa, SIZE_2M))
		order = MIN(order, (unsigned)__builtin_ctzl(gpa >> PAGE_SHIFT));
	return order;
}

/* Map [gpa, end) from `block`, leaving out the VGA hole. */
static int map_block(struct ram *ram, gpa_t gpa, gpa_t end, hpa_t block)
{
	const u64 flags = ept_flags(0, MEMORY_WB) | EPT_RESERVED;
	const gpa_t starts[] = { gpa, MAX(gpa, MAP_VGA_END) };
	const gpa_t ends[] = { MIN(end, MAP_VGA_START), end };
	int error = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(starts) && !error; i++)
		if (starts[i] < ends[i])
			error = ept_map(ram->ept, starts[i], block + (starts[i] - gpa),
					ends[i] - starts[i], flags);
	return error;
}

static int fill(struct ram *ram, gpa_t gpa, gpa_t end)
{
	unsigned largest = FRAME_ORDER_MAX;

	while (gpa < end) {
		unsigned order = MIN(best_order(gpa, end - gpa), largest);
		hpa_t block = frame_alloc(order, FRAME_GUEST);
		int error;

		if (block == FRAME_NONE) {
			if (!order)
				return -ERR_NOMEM;
			largest = order - 1;
			continue;
		}
		error = remember(ram, block, order);
		if (error) {
			frame_free(block, order, FRAME_GUEST);
			return error;
		}
		error = map_block(ram, gpa, gpa + (PAGE_SIZE << order), block);
		if (error)
			return error;
		gpa += PAGE_SIZE << order;
	}
	return 0;
}

static void add_range(struct ram *ram, gpa_t start, gpa_t end)
{
	if (start < end)
		ram->ranges[ram->range_count++] = (struct ram_range){ start, end - start };
}

int ram_create(struct ram *ram, struct ept *ept, u64 size)
{
	u64 low = MIN(size, MAP_LOW_END), high = size - low;
	int error;

	if (!IS_ALIGNED(size, PAGE_SIZE) || size < MAP_RAM_MIN || size > MAP_RAM_MAX)
		return -ERR_INVAL;
	*ram = (struct ram){ .ept = ept, .size = size };
	add_range(ram, 0, MAP_VGA_START);
	add_range(ram, MAP_VGA_END, low);
	add_range(ram, MAP_HIGH_START, MAP_HIGH_START + high);

	error = fill(ram, 0, low);
	if (!error)
		error = fill(ram, MAP_HIGH_START, MAP_HIGH_START + high);
	if (error)
		ram_destroy(ram);
	return error;
}

void ram_destroy(struct ram *ram)
{
	while (ram->blocks) {
		struct block_list *list = list_of(ram);
		hpa_t next = list->next;

		for (u64 i = 0; i < list->count; i++)
			frame_free(ALIGN_DOWN(list->entries[i], PAGE_SIZE),
				   list->entries[i] & (PAGE_SIZE - 1), FRAME_GUEST);
		frame_free(ram->blocks, FRAME_ORDER_4K, FRAME_VM);
		ram->blocks = next;
	}
}

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	if (!length)
		return true;
	for (unsigned i = 0; i < ram->range_count; i++) {
		const struct ram_range *range = &ram->ranges[i];

		if (gpa >= range->start && gpa - range->start < range->length) {
			u64 left = range->length - (gpa - range->start);

			/* Two ranges never touch: what goes on behind one is not RAM. */
			return length <= left;
		}
	}
	return false;
}

/* The frame behind gpa, cleared and open to the guest; FRAME_NONE if it is not RAM. */
static hpa_t touch(struct ram *ram, gpa_t gpa)
{
	u64 size, entry, *leaf;
	hpa_t block;

	if (!ram_contains(ram, gpa, 1))
		return FRAME_NONE;
	leaf = table_leaf(&ram->ept->table, gpa, &size);
	if (!leaf)
		return FRAME_NONE;
	entry = *leaf;
	block = ALIGN_DOWN(entry & EPT_ADDRESS, size);
	if (unlikely(entry & EPT_RESERVED)) {
		memset(phys_to_virt(block), 0, size);
		ram->cleared += size;
		*leaf = (entry & ~EPT_RESERVED) | EPT_RWX;
	}
	return block + (gpa & (size - 1));
}

bool ram_touch(struct ram *ram, gpa_t gpa)
{
	return touch(ram, gpa) != FRAME_NONE;
}

void *ram_pointer(struct ram *ram, gpa_t gpa, u64 length)
{
	hpa_t frame;

	if (length > PAGE_SIZE - (gpa & (PAGE_SIZE - 1)))
		return NULL;
	frame = touch(ram, gpa);
	return frame == FRAME_NONE ? NULL : phys_to_virt(frame);
}

static int copy(struct ram *ram, gpa_t gpa, u8 *buffer, u64 length, bool write)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	while (length) {
		u64 part = MIN(length, PAGE_SIZE - (gpa & (PAGE_SIZE - 1)));
		u8 *page = ram_pointer(ram, gpa, part);

		if (write)
			memcpy(page, buffer, part);
		else
			memcpy(buffer, page, part);
		gpa += part;
		buffer += part;
		length -= part;
	}
	return 0;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	return copy(ram, gpa, (u8 *)from, length, true);
}

int ram_read(struct ram *ram, gpa_t gpa, void *to, u64 length)
{
	return copy(ram, gpa, to, length, false);
}
