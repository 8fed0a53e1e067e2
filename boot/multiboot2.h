/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 information block as GRUB lays it out. Only what
 * boot/multiboot2.c reads. Multiboot2 Specification "Boot information".
 */
#pragma once

#include "lib/types.h"

#define MULTIBOOT2_LOADER_MAGIC 0x36d76289
#define MULTIBOOT2_TAG_ALIGN	8

enum multiboot2_tag_type {
	MULTIBOOT2_END = 0,
	MULTIBOOT2_CMDLINE = 1,
	MULTIBOOT2_LOADER = 2,
	MULTIBOOT2_MODULE = 3,
	MULTIBOOT2_MMAP = 6,
	MULTIBOOT2_FRAMEBUFFER = 8,
	MULTIBOOT2_EFI32 = 11,
	MULTIBOOT2_EFI64 = 12,
	MULTIBOOT2_ACPI_OLD = 14,
	MULTIBOOT2_ACPI_NEW = 15,
	MULTIBOOT2_EFI_MMAP = 17,
	MULTIBOOT2_EFI_SERVICES = 18,
};

struct multiboot2_info {
	u32 total_size; /* with this */
	u32 reserved;
};
_Static_assert(sizeof(struct multiboot2_info) == 8, "fixed by the specification");

struct multiboot2_tag {
	u32 type;
	u32 size; /* with this, without the padding to the next tag */
};
_Static_assert(sizeof(struct multiboot2_tag) == 8, "fixed by the specification");

struct multiboot2_module {
	u32 start, end; /* end is exclusive; a string follows */
};
_Static_assert(sizeof(struct multiboot2_module) == 8, "fixed by the specification");

struct multiboot2_mmap {
	u32 entry_size, entry_version; /* entries follow */
};
_Static_assert(sizeof(struct multiboot2_mmap) == 8, "fixed by the specification");

struct multiboot2_mmap_entry {
	u64 start, length;
	u32 type, reserved; /* type: numbered as enum boot_memory */
};
_Static_assert(sizeof(struct multiboot2_mmap_entry) == 24, "fixed by the specification");

struct multiboot2_framebuffer {
	u64 address;
	u32 pitch, width, height;
	u8 bits_per_pixel;
	u8 type;
	u16 reserved; /* GRUB writes two bytes where the specification says one */
};
_Static_assert(sizeof(struct multiboot2_framebuffer) == 24, "as GRUB writes it");

#define MULTIBOOT2_FB_INDEXED 0
#define MULTIBOOT2_FB_RGB     1
#define MULTIBOOT2_FB_TEXT    2

struct multiboot2_colors { /* follows a framebuffer of type RGB */
	u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};
_Static_assert(sizeof(struct multiboot2_colors) == 6, "fixed by the specification");
