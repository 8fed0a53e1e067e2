/* SPDX-License-Identifier: MIT */
/*
 * Which memory is mapped where and with which rights; mm/walker.c does the
 * mapping. Runs first on the boot code's tables (4 GiB at DIRECT_BASE), so
 * all frames that exist before the switch must lie below 4 GiB.
 */
#include "mm/host_map.h"

#include "kernel/cpu.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "mm/layout.h"
#include "mm/reserve.h"
#include "mm/walker.h"

/* SDM "Paging Entries": bits of an entry that maps a page. */
#define ENTRY_PRESENT  BIT(0)
#define ENTRY_WRITE    BIT(1)
#define ENTRY_PAT_WC   BIT(3)		 /* PWT: entry 1 of HOST_MAP_PAT */
#define ENTRY_PAT_UC   (BIT(3) | BIT(4)) /* PWT and PCD: entry 3 */
#define ENTRY_ACCESSED BIT(5)		 /* set, so that the CPU never writes to the tables */
#define ENTRY_DIRTY    BIT(6)
#define ENTRY_LEAF     BIT(7)
#define ENTRY_NX       BIT(63)

#define FLAGS_EXECUTE (ENTRY_PRESENT | ENTRY_ACCESSED)
#define FLAGS_READ    (ENTRY_PRESENT | ENTRY_ACCESSED | ENTRY_NX)
#define FLAGS_WRITE   (FLAGS_READ | ENTRY_WRITE | ENTRY_DIRTY)

#define BOOT_MAP_END GIB(4)
#define FIRST_MIB    MIB(1) /* BIOS data, AP trampoline, and modules of UEFI's GRUB */

/* From one stack to the next: a hole and a stack. */
#define STACK_STRIDE (PAGE_SIZE + STACK_SIZE)
#define STACK_ORDER  2
_Static_assert(STACK_SIZE == PAGE_SIZE << STACK_ORDER, "a stack is one block of frames");

static const struct table_format format = {
	.name = "host",
	.present = ENTRY_PRESENT,
	.leaf = ENTRY_LEAF,
	.address = BITS(51, 12),
	.table_flags = ENTRY_PRESENT | ENTRY_WRITE | ENTRY_ACCESSED,
	.levels = 4,
};

static struct table host;
static u64 stack_next = STACK_BASE;
static u64 device_next = DEVICE_BASE;

_Static_assert(FRAME_REACH <= STACK_BASE - DIRECT_BASE, "the direct map has room for all frames");

static hpa_t cpu_limit(void)
{
	return 1UL << cpu_features.physical_bits;
}

/* RAM beyond is of no use to us. */
static hpa_t ram_limit(void)
{
	return MIN(cpu_limit(), FRAME_REACH);
}

static hpa_t image_phys(const u8 *address)
{
	return (u64)address - KERNEL_BASE;
}

static int map_image(void)
{
	static const u64 flags[] = {
		[IMAGE_EXECUTE] = FLAGS_EXECUTE,
		[IMAGE_READ] = FLAGS_READ,
		[IMAGE_WRITE] = FLAGS_WRITE,
	};
	int err = 0;

	for (unsigned i = 0; i < IMAGE_PARTS && !err; i++) {
		const struct image_part *part = &image_parts[i];

		err = table_map(&host, (u64)part->start, image_phys(part->start),
				(u64)(part->end - part->start), flags[part->access]);
	}
	return err;
}

static int map_direct(const struct reserve_list *ram)
{
	int err = 0;

	for (unsigned i = 0; i < ram->count && !err; i++)
		err = table_map(&host, DIRECT_BASE + ram->spans[i].start, ram->spans[i].start,
				ram->spans[i].end - ram->spans[i].start, FLAGS_WRITE);
	return err;
}

/* The part of all spans that lies in [from, to) goes to the frame allocator. */
static void add_frames(const struct reserve_list *unused, hpa_t from, hpa_t to)
{
	for (unsigned i = 0; i < unused->count; i++) {
		hpa_t start = MAX(unused->spans[i].start, from);
		hpa_t end = MIN(unused->spans[i].end, to);
		int err;

		if (start >= end)
			continue;
		err = frame_add_range(start, end - start);
		if (err)
			log_debug("mm", "range unused: %s start=%lx end=%lx", error_name(err),
				  start, end);
	}
}

/* Everything in use that the firmware's map calls usable. The image comes first. */
static unsigned list_taken(struct reserve_span *taken, const struct boot_info *boot)
{
	unsigned n = 0;

	taken[n++] =
		(struct reserve_span){KERNEL_PHYS, image_phys(image_parts[IMAGE_PARTS - 1].end)};
	taken[n++] = (struct reserve_span){0, FIRST_MIB};
	taken[n++] = (struct reserve_span){boot->mbi_start, boot->mbi_start + boot->mbi_length};
	for (unsigned i = 0; i < boot->module_count; i++)
		taken[n++] = (struct reserve_span){
			boot->modules[i].start, boot->modules[i].start + boot->modules[i].length};
	return n;
}

static void tell(const struct boot_info *boot, const struct reserve_list *ram, bool lost)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	log_info("mm", "frames=%luM tables=%luK ranges=%u largest-page=%s", stats.total_bytes >> 20,
		 stats.bytes[FRAME_HOST_TABLES] >> 10, ram->count,
		 host.max_leaf_level == 3 ? "1G" : "2M");
	if (lost || boot->ranges_dropped)
		log_warn("mm", "memory map: %u ranges too many, some memory is unused",
			 boot->ranges_dropped);
}

int host_map_init(const struct boot_info *boot)
{
	static struct reserve_list ram, unused; /* too large for the stack */
	struct reserve_span taken[3 + BOOT_MAX_MODULES];
	unsigned taken_count = list_taken(taken, boot);
	hpa_t limit = ram_limit();
	int err, lost;

	/* The image's frames must not be writable a second time through the direct map. */
	lost = reserve_subtract(&ram, boot->ranges, boot->range_count, taken, 1, limit);
	lost |= reserve_subtract(&unused, boot->ranges, boot->range_count, taken, taken_count,
				 limit);

	add_frames(&unused, 0, BOOT_MAP_END);
	err = table_init(&host, &format, FRAME_HOST_TABLES, cpu_features.page_1g ? 3 : 2);
	if (!err)
		err = map_image();
	if (!err)
		err = map_direct(&ram);
	if (err)
		return err;
	host_map_load();
	add_frames(&unused, BOOT_MAP_END, limit);
	tell(boot, &ram, lost);
	return 0;
}

hpa_t host_map_root(void)
{
	return host.root;
}

void *host_map_device(hpa_t address, u64 length, enum host_cache cache)
{
	static const u64 flags[] = {
		[HOST_UNCACHED] = FLAGS_WRITE | ENTRY_PAT_UC,
		[HOST_WRITE_COMBINING] = FLAGS_WRITE | ENTRY_PAT_WC,
		[HOST_CACHED] = FLAGS_READ,
	};
	hpa_t start = ALIGN_DOWN(address, PAGE_SIZE), end;
	u64 virt;

	if (length == 0 || address + length < address || address + length > cpu_limit())
		return NULL;
	end = ALIGN_UP(address + length, PAGE_SIZE);
	/* Congruent addresses let a large framebuffer have large pages. */
	virt = device_next;
	if (end - start >= SIZE_2M)
		virt = ALIGN_UP(virt, SIZE_2M) + (start & (SIZE_2M - 1));
	if (table_map(&host, virt, start, end - start, flags[cache]))
		return NULL;
	device_next = virt + (end - start) + PAGE_SIZE; /* a hole between any two */
	return (void *)(virt + (address - start));
}

void *host_map_stack(void)
{
	u64 bottom = stack_next + PAGE_SIZE;
	hpa_t frames = frame_alloc(STACK_ORDER, FRAME_STACK);

	if (frames == FRAME_NONE)
		return NULL;
	if (table_map(&host, bottom, frames, STACK_SIZE, FLAGS_WRITE)) {
		frame_free(frames, STACK_ORDER, FRAME_STACK);
		return NULL;
	}
	stack_next += STACK_STRIDE;
	return (void *)(bottom + STACK_SIZE);
}

const char *host_map_name(u64 address)
{
	for (unsigned i = 0; i < IMAGE_PARTS; i++)
		if (address >= (u64)image_parts[i].start && address < (u64)image_parts[i].end)
			return image_parts[i].name;
	/* The hole below the boot stack is part of the image. */
	if (address >= (u64)image_parts[0].start && address < (u64)image_parts[IMAGE_PARTS - 1].end)
		return "stack guard page";
	if (address >= STACK_BASE && address < stack_next)
		return (address - STACK_BASE) % STACK_STRIDE < PAGE_SIZE ? "stack guard page"
									 : "stack";
	if (address >= DEVICE_BASE && address < device_next)
		return "device";
	if (address >= DIRECT_BASE && address < DIRECT_BASE + ram_limit())
		return "direct map";
	if (address < PAGE_SIZE)
		return "null pointer";
	if (!address_is_canonical(address))
		return "no canonical address";
	return "not mapped";
}
