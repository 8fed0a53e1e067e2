/* SPDX-License-Identifier: MIT */
/*
 * ELF files of both classes in one shape, and putting their segments at
 * their physical addresses. Numbers are those of the file, checked where
 * it says so.
 */
#pragma once

#include "machine/loader_place.h"

struct elf {
	const struct loader_file *file;
	bool is64;
	u64 entry;
	u64 segments, sections; /* offsets of the header tables; both are in the file */
	unsigned segment_count, section_count, section_size, section_names;
};

struct elf_segment {
	u32 type;
	u64 offset, virtual, physical, file_size, memory_size, align;
};

struct elf_section {
	u32 type;
	u64 flags, offset, size;
};

bool elf_probe(const struct loader_file *file);

/* Check the header. -ERR_CORRUPT or -ERR_UNSUPPORTED with a complaint. */
int elf_open(struct elf *e, struct load *l, const struct loader_file *file) __must_check;

/* Without a complaint; for probes. */
bool elf_open_quietly(struct elf *e, const struct loader_file *file);

void elf_segment(const struct elf *e, unsigned index, struct elf_segment *s);
void elf_section(const struct elf *e, unsigned index, struct elf_section *s);

/* Where the loadable segments lie in guest memory. -ERR_CORRUPT: there are none, or a bad one. */
struct elf_extent {
	u64 start, end;
	unsigned last; /* the segment that ends last */
};
int elf_extent(const struct elf *e, struct load *l, struct elf_extent *x) __must_check;

/*
 * Load all segments, which elf_extent() has found good, each `shift` bytes
 * above where it was linked (modulo 2^64). With `claimed`, their memory has
 * been taken already.
 */
int elf_load(const struct elf *e, struct load *l, u64 shift, bool claimed) __must_check;

/*
 * Where a program of that entry begins in physical memory, below 4 GiB. With
 * `virtual`, `value` is a virtual address, as e_entry is; but some linker scripts
 * give the physical one, so that is looked for, too. -ERR_RANGE with a complaint
 * about `field`.
 */
int elf_entry(const struct elf *e, struct load *l, const char *field, u64 value, bool virtual,
	      u64 *physical) __must_check;
