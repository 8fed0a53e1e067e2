/* SPDX-License-Identifier: MIT */
/*
 * The host's virtual address space, drawn. Everything not named here is
 * not mapped.
 *
 *   ffff_ffff_ffff_ffff  ┬
 *                        │ the image: text R-X, rodata R--, data RW-; linked at
 *   ffff_ffff_8010_0000  ┴ KERNEL_BASE + its physical address (1 MiB)
 *
 *   ffff_c000_0000_0000  ┬ devices (uncached) and tables, mapped one by one
 *                        ┴ by host_map_device()
 *   ffff_b000_0000_0000  ┬ stacks: each with an unmapped guard page below
 *                        ┴
 *   ffff_8000_0000_0000  ┬ direct map: usable RAM, RW-, at DIRECT_BASE + physical;
 *                        ┴ the image's own frames are left out of it
 *
 *   0000_0000_0000_0000    nothing (only the boot code's identity map, until
 *                          host_map_init(); AP start-up borrows it again)
 */
#pragma once

#include "lib/types.h"

#define KERNEL_BASE  0xffffffff80000000UL
#define KERNEL_PHYS  0x100000UL
#define DIRECT_BASE  0xffff800000000000UL
#define STACK_BASE   0xffffb00000000000UL
#define DEVICE_BASE  0xffffc00000000000UL

#define STACK_SIZE   (4 * PAGE_SIZE)

#ifndef __ASSEMBLER__

/* Host tests give their own pool a base of its own through this symbol. */
extern u64 direct_base;

/* Only for frames of the direct map: usable RAM. */
static inline void *phys_to_virt(hpa_t address)
{
	return (void *)(direct_base + address);
}

static inline hpa_t virt_to_phys(const void *virt)
{
	return (u64)virt - direct_base;
}

#endif
