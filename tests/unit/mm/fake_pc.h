/* SPDX-License-Identifier: MIT */
/*
 * A PC for the tests of mm/host_map.c: a pool with the real layout of memory,
 * an image that is not there, and a look at the host's tables entry by
 * entry, as the processor reads them and not by our own walker.
 */
#pragma once

#include "boot/info.h"
#include "lib/bits.h"
#include "lib/types.h"

#define PAGE_WRITE   BIT(1)
#define PAGE_CACHE   (BIT(3) | BIT(4))
#define PAGE_LEAF    BIT(7)
#define PAGE_NX	     BIT(63)
#define PAGE_ADDRESS BITS(51, 12)

/* Image: boot part, 108000 text, 120000 rodata, 130000 data, 13f000 hole, 140000 stack. */
#define FAKE_PC_IMAGE_END 0x144000UL

extern struct boot_info fake_pc_boot;
extern u64 fake_pc_bytes_at_load; /* what the allocator had when the tables were switched */

/* `end` bytes of memory; nothing between 3 and 4 GiB. pool_close() ends it. */
void fake_pc_open(hpa_t end);

/* One more range of the firmware's map. */
void fake_pc_range(hpa_t start, hpa_t end, enum boot_memory type);

/* The entry that maps an address and its size in bytes, or 0. */
u64 fake_pc_entry(u64 virt, u64 *size);

/* Of that entry: PAGE_WRITE, PAGE_NX, PAGE_CACHE and the present bit, 1. */
u64 fake_pc_flags(u64 virt);
