/* SPDX-License-Identifier: MIT */
/*
 * Bounds of the parts of our own image, from boot/trivet.lds: virtual
 * addresses, all on page boundaries but the symbols'. Between text and
 * rodata, rodata and data there is nothing.
 */
#pragma once

#include "lib/types.h"

extern const u8 image_text_start[], image_text_end[];
extern const u8 image_rodata_start[], image_rodata_end[];
extern const u8 image_symbols_start[], image_symbols_end[]; /* in rodata; empty in the first link */
extern u8 image_data_start[];	/* data and bss ... */
extern u8 image_stack_guard[];	/* ... up to here; one page that is never mapped ... */
extern u8 image_stack_start[];	/* ... and the boot CPU's stack */
extern u8 image_data_end[];	/* also that stack's top, and the image's end */

/* The same as a table, for those who treat all parts alike. */
enum image_access { IMAGE_EXECUTE, IMAGE_READ, IMAGE_WRITE };

struct image_part {
	const char *name;
	const u8 *start, *end;
	enum image_access access;
};

#define IMAGE_PARTS 4
extern const struct image_part image_parts[IMAGE_PARTS];

/* TSC at the image's entry. */
extern u64 boot_entry_tsc;
