/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/damage_elf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <elf.h>

#include "machine/memory_map.h"
#include "tests/unit/machine/fake_loader.h"

struct row {
	const char *name;
	u16 at32, size32, at64, size64;
};

#define ROW(t, field) { #field, offsetof(Elf32_##t, field), sizeof(((Elf32_##t *)0)->field), \
			offsetof(Elf64_##t, field), sizeof(((Elf64_##t *)0)->field) }

static const struct row header[] = {
	{ "EI_CLASS", EI_CLASS, 1, EI_CLASS, 1 }, { "EI_DATA", EI_DATA, 1, EI_DATA, 1 },
	ROW(Ehdr, e_type), ROW(Ehdr, e_machine), ROW(Ehdr, e_version), ROW(Ehdr, e_entry),
	ROW(Ehdr, e_phoff), ROW(Ehdr, e_phentsize), ROW(Ehdr, e_phnum),
};

static const struct row segment[] = {
	ROW(Phdr, p_type), ROW(Phdr, p_offset), ROW(Phdr, p_vaddr), ROW(Phdr, p_paddr),
	ROW(Phdr, p_filesz), ROW(Phdr, p_memsz), ROW(Phdr, p_align),
};

static const struct row note[] = { ROW(Nhdr, n_namesz), ROW(Nhdr, n_descsz), ROW(Nhdr, n_type) };

static bool is64(const u8 *file)
{
	return file[EI_CLASS] == ELFCLASS64;
}

static bool lookup(const struct row *rows, unsigned count, const u8 *file, u64 length, u64 base,
		   const char *name, u64 *value)
{
	for (unsigned i = 0; i < count; i++) {
		u64 at = base + (is64(file) ? rows[i].at64 : rows[i].at32);
		unsigned size = is64(file) ? rows[i].size64 : rows[i].size32;

		if (strcmp(rows[i].name, name) || at > length || size > length - at)
			continue;
		*value = damage_read(file, at, size);
		return true;
	}
	return false;
}

static u64 header_field(const u8 *file, const char *name)
{
	u64 value = 0;

	lookup(header, ARRAY_SIZE(header), file, sizeof(Elf64_Ehdr), 0, name, &value);
	return value;
}

/* No image here has so many: then it is refused for that. */
static u64 segments(const u8 *file)
{
	u64 count = header_field(file, "e_phnum");

	return count < 16 ? count : 0;
}

static u64 segment_at(const u8 *file, u64 index)
{
	return header_field(file, "e_phoff") + index * (is64(file) ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

static u64 segment_field(const u8 *file, u64 length, u64 index, const char *name)
{
	u64 value = 0;

	lookup(segment, ARRAY_SIZE(segment), file, length, segment_at(file, index), name, &value);
	return value;
}

/* The number behind a word of the complaint; 0 if there is none. */
static u64 number_behind(const char *why, const char *word)
{
	const char *p = strstr(why, word);

	return p ? strtoull(p + strlen(word), NULL, 0) : 0;
}

/* Whoever names no segment means the one that ends last. */
static u64 subject(const u8 *file, u64 length, const char *why)
{
	u64 best = 0, highest = 0;

	if (strstr(why, "; segment "))
		return number_behind(why, "; segment ");
	if (strstr(why, "segment "))
		return number_behind(why, "segment ");
	for (u64 i = 0; i < segments(file); i++) {
		u64 size = segment_field(file, length, i, "p_memsz");
		u64 end = segment_field(file, length, i, "p_paddr") + size;

		if (segment_field(file, length, i, "p_type") == PT_LOAD && size && end > highest) {
			highest = end;
			best = i;
		}
	}
	return best;
}

bool damage_elf_raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value)
{
	if (!damage_is_elf(file))
		return false;
	if (lookup(note, ARRAY_SIZE(note), file, length, number_behind(why, "ELF note at "), name, value))
		return true;
	if (lookup(segment, ARRAY_SIZE(segment), file, length,
		   segment_at(file, subject(file, length, why)), name, value))
		return true;
	return lookup(header, ARRAY_SIZE(header), file, length, 0, name, value);
}

bool damage_is_elf(const u8 *file)
{
	return !memcmp(file, ELFMAG, SELFMAG);
}

const char *damage_elf_wrong(const u8 *file, u64 length, u64 shift)
{
	for (u64 i = 0; i < segments(file); i++) {
		u64 at = segment_field(file, length, i, "p_paddr") + shift;
		u64 offset = segment_field(file, length, i, "p_offset");
		u64 size = segment_field(file, length, i, "p_filesz");
		u64 memory = segment_field(file, length, i, "p_memsz");
		const char *wrong;

		if (segment_field(file, length, i, "p_type") == PT_LOAD && size > memory)
			return "it has more in the file than in memory";
		if (segment_field(file, length, i, "p_type") != PT_LOAD || !memory)
			continue;
		wrong = damage_overlap(&(struct damage_range){ at, memory }, 1);
		if (wrong)
			return wrong;
		if (memcmp(fake_memory + at, file + offset, size))
			return "a segment is not there";
		for (u64 j = size; j < memory; j++)
			if (fake_memory[at + j])
				return "a .bss is not zero";
	}
	return NULL;
}

u64 damage_elf_entry(const u8 *file)
{
	u64 entry = header_field(file, "e_entry");

	for (u64 i = 0; i < segments(file); i++) {
		u64 start = segment_field(file, ~0UL, i, "p_vaddr");

		if (segment_field(file, ~0UL, i, "p_type") == PT_LOAD &&
		    entry - start < segment_field(file, ~0UL, i, "p_memsz"))
			return entry - start + segment_field(file, ~0UL, i, "p_paddr");
	}
	return entry;
}
