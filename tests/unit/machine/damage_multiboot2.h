/* SPDX-License-Identifier: MIT */
/* Multiboot2 kernels for damage.h: an image, its fields, read anew, and what it was told. */
#pragma once

#include <elf.h>

#include "tests/unit/machine/damage.h"

#define MAGIC 0xe85250d6U

struct tag {
	u16 type, flags;
	u32 size;
};
/* Two kernels: with addresses, and with an ELF header and a relocatable tag. */
struct kernel {
	Elf32_Ehdr ehdr;
	Elf32_Phdr segment;
	u32 padding;
	struct header {
		u32 magic, architecture, length, checksum;
	} header;
	struct request {
		struct tag tag;
		u32 types[2];
	} request;
	struct placing { /* addresses, or relocatable */
		struct tag tag;
		u32 words[4];
	} placing;
	struct entry {
		struct tag tag;
		u32 entry, padding;
	} entry, console, efi;
	struct screen {
		struct tag tag;
		u32 width, height, depth, padding;
	} screen;
	struct tag alignment, services, end;
	char code[64];
};

#define AT(member) offsetof(struct kernel, member)

/* The last tag of a type: its first word's offset, or 0. */
u64 damage_multiboot2_body(const u8 *file, unsigned type);

/* Are all tags as large as their types must be? */
bool damage_multiboot2_sizes(const u8 *file);

/* For damage_image.raw: a field of the tag that the complaint is about, or of whichever tag there is. */
bool damage_multiboot2_raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value);

/* For damage_image.repair: the checksum. */
void damage_multiboot2_repair(u8 *file);

/* A tag of the boot information; 0 if there is none. */
u64 damage_multiboot2_find(u32 type);

/* How the kernel at `start` was entered, and what it was told: what is wrong, or NULL. */
const char *damage_multiboot2_wrong(u64 start, u64 length);
