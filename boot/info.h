/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us, in our own words. boot/multiboot2.c fills
 * this from the Multiboot2 tags; nothing after it looks at a tag again.
 * All addresses are physical; strings are copied, so the loader's memory
 * may be reused once its modules are done with.
 */
#pragma once

#include "lib/types.h"

#define BOOT_MAX_RANGES	 256
#define BOOT_MAX_MODULES 16
#define BOOT_CMDLINE_MAX 2048 /* what Linux takes, which has the longest ones */

enum boot_memory {
	BOOT_MEMORY_USABLE = 1,
	BOOT_MEMORY_RESERVED = 2, /* also every type that is not known */
	BOOT_MEMORY_ACPI = 3,	  /* ACPI tables, reclaimable after reading */
	BOOT_MEMORY_NVS = 4,
	BOOT_MEMORY_BAD = 5,
};

struct boot_range {
	hpa_t start; /* bytes; as the firmware said, not page-aligned */
	u64 length;
	enum boot_memory type;
};

struct boot_module {
	hpa_t start;
	u64 length;
	char cmdline[BOOT_CMDLINE_MAX]; /* without the file name: GRUB leaves it out */
};

struct boot_framebuffer {
	hpa_t address;
	u32 pitch; /* bytes a line */
	u32 width, height;
	u8 bits_per_pixel;
	enum boot_framebuffer_type {
		BOOT_FB_NONE,
		BOOT_FB_RGB,  /* direct color, see the shifts */
		BOOT_FB_TEXT, /* EGA text: width and height in characters */
		BOOT_FB_OTHER /* indexed or planar: no console there */
	} type;
	u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

struct boot_info {
	char cmdline[BOOT_CMDLINE_MAX];
	char loader[64];
	bool cmdline_truncated; /* this one or a module's; the first of them: */
	unsigned truncated_module; /* counted from 1; 0 is this one */
	u32 truncated_length; /* what it had */
	bool efi; /* started by UEFI firmware */

	struct boot_range ranges[BOOT_MAX_RANGES];
	unsigned range_count;
	unsigned ranges_dropped; /* ranges beyond the table's end */

	struct boot_module modules[BOOT_MAX_MODULES];
	unsigned module_count;
	unsigned modules_dropped;

	struct boot_framebuffer framebuffer;

	u8 rsdp[36]; /* copy of the ACPI RSDP (tag 15 wins over 14) */
	unsigned rsdp_length; /* 0, 20 or 36 */

	hpa_t mbi_start; /* the loader's own block: reserved until parsed */
	u64 mbi_length;
};

/*
 * Read the Multiboot2 information block of `length` bytes at `mbi` into
 * `info`. Pure: touches nothing else. Returns 0, or -ERR_CORRUPT when the
 * block is malformed (a tag that runs past the end; what was read until
 * then is kept), or -ERR_NOENT without a memory map.
 */
int boot_info_read(struct boot_info *info, const void *mbi, u32 length) __must_check;
