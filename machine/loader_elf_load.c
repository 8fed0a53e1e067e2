/* SPDX-License-Identifier: MIT */
/*
 * The segments of an ELF file: where they may lie, putting them there, and
 * where the program begins.
 */
#include "machine/loader_elf.h"

#include <elf.h>

#include "lib/error.h"

/* Each is a piece of memory of its own; modules and more need some of LOAD_CLAIMS, too. */
#define SEGMENTS_MAX 32U

static bool loadable(const struct elf *e, unsigned index, struct elf_segment *s)
{
	elf_segment(e, index, s);
	return s->type == PT_LOAD && (s->memory_size || s->file_size);
}

static int check_segment(const struct elf *e, struct load *l, unsigned index,
			 const struct elf_segment *s)
{
	u64 end;

	if (!loader_has(e->file, s->offset, s->file_size))
		return load_fail(l, e->file, -ERR_CORRUPT,
				 "ELF segment %u has p_offset=%#lx p_filesz=%#lx, beyond the file's "
				 "%#lx bytes: is it cut off?",
				 index, s->offset, s->file_size, e->file->length);
	if (s->file_size > s->memory_size)
		return load_fail(l, e->file, -ERR_CORRUPT,
				 "ELF segment %u has p_filesz=%#lx, more than p_memsz=%#lx: is the file "
				 "damaged?",
				 index, s->file_size, s->memory_size);
	if (__builtin_add_overflow(s->physical, s->memory_size, &end))
		return load_fail(l, e->file, -ERR_RANGE,
				 "ELF segment %u has p_paddr=%#lx p_memsz=%#lx, beyond the last address: "
				 "is the file damaged?",
				 index, s->physical, s->memory_size);
	return 0;
}

/* Does segment `index` overlap one of those before it? */
static int check_overlap(const struct elf *e, struct load *l, unsigned index, const unsigned before[],
			 unsigned count)
{
	struct elf_segment s, other;

	elf_segment(e, index, &s);
	for (unsigned i = 0; i < count; i++) {
		elf_segment(e, before[i], &other);
		if (s.physical < other.physical + other.memory_size &&
		    other.physical < s.physical + s.memory_size)
			return load_fail(l, e->file, -ERR_CORRUPT,
					 "ELF segment %u: p_paddr=%#lx p_memsz=%#lx is over segment %u, "
					 "%#lx to %#lx: link it elsewhere",
					 index, s.physical, s.memory_size, before[i], other.physical,
					 other.physical + other.memory_size - 1);
	}
	return 0;
}

int elf_extent(const struct elf *e, struct load *l, struct elf_extent *x)
{
	unsigned loaded[SEGMENTS_MAX], count = 0;
	struct elf_segment s;
	int error = 0;

	*x = (struct elf_extent){ .start = ~0UL };
	for (unsigned i = 0; i < e->segment_count && !error; i++) {
		if (!loadable(e, i, &s))
			continue;
		if (count == SEGMENTS_MAX)
			return load_fail(l, e->file, -ERR_UNSUPPORTED,
					 "the ELF file's e_phnum=%u are more than %u segments to load: "
					 "link it in fewer", e->segment_count, SEGMENTS_MAX);
		error = check_segment(e, l, i, &s);
		if (!error)
			error = check_overlap(e, l, i, loaded, count);
		loaded[count++] = i;
		x->start = MIN(x->start, s.physical);
		if (s.physical + s.memory_size > x->end) {
			x->end = s.physical + s.memory_size;
			x->last = i;
		}
	}
	if (!error && !x->end)
		return load_fail(l, e->file, -ERR_CORRUPT,
				 "the ELF file has no segment to load (e_phnum=%u): link it with one",
				 e->segment_count);
	return error;
}

int elf_load(const struct elf *e, struct load *l, u64 shift, bool claimed)
{
	struct elf_segment s;
	int error = 0;

	for (unsigned i = 0; i < e->segment_count && !error; i++) {
		if (!loadable(e, i, &s))
			continue;
		if (!claimed)
			error = load_claim(l, e->file, s.physical + shift, s.memory_size,
					   "ELF segment %u: p_paddr=%#lx p_memsz=%#lx", i, s.physical,
					   s.memory_size);
		if (!error)
			load_write(l, s.physical + shift, e->file->data + s.offset, s.file_size);
	}
	return error;
}

/* The segment to show to somebody whose entry is in none: the last one below it, or else any. */
static bool is_nearer(const struct elf_segment *s, const struct elf_segment *best, u64 at,
		      bool virtual)
{
	const u64 start = virtual ? s->virtual : s->physical;
	const u64 other = virtual ? best->virtual : best->physical;

	return best->type != PT_LOAD || (start <= at && at - start <= at - other);
}

int elf_entry(const struct elf *e, struct load *l, const char *field, u64 value, bool virtual,
	      u64 *physical)
{
	struct elf_segment s, near = { 0 };
	unsigned nearest = 0;
	bool found = false;

	for (unsigned i = 0; i < e->segment_count && !found; i++) {
		if (!loadable(e, i, &s))
			continue;
		if (virtual && value - s.virtual < s.memory_size) {
			*physical = value - s.virtual + s.physical;
			found = true;
		}
		if (found || is_nearer(&s, &near, value, virtual)) {
			near = s;
			nearest = i;
		}
	}
	for (unsigned i = 0; i < e->segment_count && !found; i++) {
		if (!loadable(e, i, &s) || value - s.physical >= s.memory_size)
			continue;
		*physical = value;
		found = true;
	}
	if (found && *physical < GIB(4))
		return 0;
	if (found)
		return load_fail(l, e->file, -ERR_RANGE,
				 "%s=%#lx is above 4G in ELF segment %u: p_vaddr=%#lx p_paddr=%#lx: "
				 "link it lower", field, value, nearest, near.virtual, near.physical);
	if (virtual)
		return load_fail(l, e->file, -ERR_RANGE,
				 "%s=%#lx is in no ELF segment; segment %u has p_vaddr=%#lx p_paddr=%#lx "
				 "p_memsz=%#lx: correct it",
				 field, value, nearest, near.virtual, near.physical, near.memory_size);
	return load_fail(l, e->file, -ERR_RANGE,
			 "%s=%#lx is in no ELF segment; segment %u has p_paddr=%#lx p_memsz=%#lx: correct it",
			 field, value, nearest, near.physical, near.memory_size);
}
