/* SPDX-License-Identifier: MIT */
/*
 * The host's own page tables: the image W^X, usable RAM in the direct map,
 * devices one by one, stacks with guard pages. See mm/layout.h.
 *
 * Made at boot by the boot CPU alone: no locks, and no unmapping.
 */
#pragma once

#include "boot/info.h"
#include "lib/types.h"

/*
 * Give the frame allocator all usable RAM except what is in use (image,
 * modules, loader's block, first MiB), build the host's tables and switch to
 * them. Boot CPU, once, on the boot code's tables and after
 * cpu_features_read(). Modules and the loader's block stay reachable by
 * phys_to_virt(). Returns 0, or -ERR_NOMEM when this computer has too little
 * memory.
 */
int host_map_init(const struct boot_info *boot) __must_check;

/* CR3 for an AP. */
hpa_t host_map_root(void);

/*
 * The PAT that the tables count on: entry 0 WB, 1 WC (instead of WT), 2 UC-,
 * 3 UC. Every CPU loads it before it loads CR3; it is also the VMCS's host PAT.
 */
#define HOST_MAP_PAT 0x0007040600070106UL

/* Load PAT and CR3 on this CPU. host_map_init() does it on the boot CPU. */
void host_map_load(void);

enum host_cache { HOST_UNCACHED, HOST_WRITE_COMBINING, HOST_CACHED };

/*
 * Map a device or table at a virtual address of its own, read-write (read-only
 * when cached), no execute. Any alignment. NULL when out of memory, when `length`
 * is 0, or when the range is beyond what this computer can address.
 */
void *host_map_device(hpa_t address, u64 length, enum host_cache cache);

/* A stack of STACK_SIZE with an unmapped page below; returns its top, or NULL. */
void *host_map_stack(void);

/* Name of what a faulting address belongs to ("stack guard page", ...), for panics. */
const char *host_map_name(u64 address);
