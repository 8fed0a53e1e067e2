/* SPDX-License-Identifier: MIT */
/*
 * What the two Multiboot loaders share: finding the header, loading the
 * image, symbols. Terms and numbers are those of the specifications,
 * "Multiboot Specification version 0.6.96" and "Multiboot2 Specification
 * version 2.0".
 */
#pragma once

#include "machine/loader_elf.h"

#define MULTIBOOT_NOWHERE (~0UL)
#define MULTIBOOT_LOADER_NAME "Trivet"

/* Where anything that begins like a Multiboot header of either version is; for complaints. */
u64 multiboot_magic_at(const struct loader_file *f);

/* Refuses such a file, of which no header is correct: which field is to blame. */
int multiboot_refuse(struct load *l) __must_check;

/* Offset of the first correct header, or MULTIBOOT_NOWHERE. */
u64 multiboot1_find(const struct loader_file *f);
u64 multiboot2_find(const struct loader_file *f);

/* The address fields of either header: they load any file, even an ELF file, by themselves. */
struct multiboot_addresses {
	u32 header, load, load_end, bss_end, entry;
	bool whole_file; /* `load` is the Multiboot2's -1 */
};

/* Where to put an image that may be moved. */
struct multiboot_relocation {
	u32 min, max, align;
	bool wanted, high, low; /* neither: where it was linked, if that is free */
};

struct multiboot_image {
	bool is_elf;
	struct elf elf;
	u64 start, end; /* in guest memory */
	u64 shift;	/* from where it was linked */
};

/*
 * Load by the address fields, and see that the entry is in what was loaded; the
 * header is at offset `at` of the file.
 */
int multiboot_load_flat(struct load *l, u64 at, const struct multiboot_addresses *a,
			const struct multiboot_relocation *r, struct multiboot_image *image)
	__must_check;

int multiboot_load_elf(struct load *l, const struct multiboot_relocation *r,
		       struct multiboot_image *image) __must_check;

/*
 * Take memory for an image that may be moved, `start` to `end`, and say by
 * `shift` how far it moves. `fields`: those that make it so large, for complaints.
 */
int multiboot_move(struct load *l, const struct multiboot_relocation *r,
		   struct multiboot_image *image, const char *fields) __must_check;

/*
 * Put the sections that are not part of the program (symbols, strings,
 * debugging information) behind the image. `contents` is where the first one
 * goes, 0 if there are none or no room for them. Each is a multiple of
 * MULTIBOOT_SECTION_ALIGN after the one before.
 */
#define MULTIBOOT_SECTION_ALIGN 64UL
void multiboot_load_sections(struct load *l, struct multiboot_image *image, gpa_t *contents);

/* The table of section headers, with the addresses of those. Size: section_count * section_size. */
gpa_t multiboot_put_sections(struct load_block *b, const struct elf *e, gpa_t contents, u64 align);
