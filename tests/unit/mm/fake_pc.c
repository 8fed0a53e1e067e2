/* SPDX-License-Identifier: MIT */
#include "tests/unit/mm/fake_pc.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/cpu.h"
#include "kernel/image.h"
#include "lib/x86.h"
#include "mm/frame.h"
#include "mm/host_map.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/unit/kernel/fake_log.h"

#define PAGE_USER BIT(2)

#define AT(phys) ((const u8 *)(KERNEL_BASE + (phys)))

const struct image_part image_parts[IMAGE_PARTS] = {
	{"image text", AT(0x108000), AT(0x120000), IMAGE_EXECUTE},
	{"image rodata", AT(0x120000), AT(0x130000), IMAGE_READ},
	{"image data", AT(0x130000), AT(0x13f000), IMAGE_WRITE},
	{"boot stack", AT(0x140000), AT(0x144000), IMAGE_WRITE},
};

struct cpu_features cpu_features;
struct boot_info fake_pc_boot;
u64 fake_pc_bytes_at_load;

static void note_load(u32 msr, u64 value)
{
	struct frame_stats stats;

	assert_int_equal(msr, MSR_PAT);
	assert_int_equal(value, HOST_MAP_PAT);
	frame_get_stats(&stats);
	fake_pc_bytes_at_load = stats.total_bytes;
}

void fake_pc_range(hpa_t start, hpa_t end, enum boot_memory type)
{
	fake_pc_boot.ranges[fake_pc_boot.range_count++] =
		(struct boot_range){start, end - start, type};
}

void fake_pc_open(hpa_t end)
{
	pool_open(0, end);
	memset(&fake_pc_boot, 0, sizeof(fake_pc_boot));
	if (end > GIB(4))
		fake_pc_range(GIB(4), end, BOOT_MEMORY_USABLE); /* unsorted, as may be */
	fake_pc_range(0, 0x9fc00, BOOT_MEMORY_USABLE);
	fake_pc_range(0x9fc00, 0xa0000, BOOT_MEMORY_RESERVED);
	fake_pc_range(0xf0000, 0x100000, BOOT_MEMORY_RESERVED);
	fake_pc_range(0x100000, MIN(end, GIB(3)), BOOT_MEMORY_USABLE);
	fake_pc_range(0x7000000, 0x7003000, BOOT_MEMORY_ACPI); /* inside of usable RAM */
	fake_pc_boot.modules[0] = (struct boot_module){.start = 0x400000, .length = 0x123456};
	fake_pc_boot.modules[1] = (struct boot_module){.start = 0x12000, .length = 5000};
	fake_pc_boot.module_count = 2;
	fake_pc_boot.mbi_start = 0x145008;
	fake_pc_boot.mbi_length = 0x9b0;
	cpu_features.physical_bits = 46;
	cpu_features.page_1g = true;
	fake_pc_bytes_at_load = 0;
	sim.cr3 = 0;
	sim.msr_write = note_load;
	fake_log_reset();
}

u64 fake_pc_entry(u64 virt, u64 *size)
{
	hpa_t table = host_map_root();

	for (unsigned level = 4; level >= 1; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		u64 entry = ((const u64 *)phys_to_virt(table))[virt >> shift & 511];

		assert_true(table < GIB(4));
		assert_int_equal(entry & PAGE_USER, 0);
		if (!(entry & 1))
			return 0;
		if (level == 1 || entry & PAGE_LEAF) {
			*size = 1UL << shift;
			return entry;
		}
		table = entry & PAGE_ADDRESS;
	}
	return 0;
}

u64 fake_pc_flags(u64 virt)
{
	u64 size;

	return fake_pc_entry(virt, &size) & (PAGE_WRITE | PAGE_NX | PAGE_CACHE | 1);
}
