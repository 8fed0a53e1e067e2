/* SPDX-License-Identifier: MIT */
/* ELF files for damage.h: their fields, read anew, and whether their segments were loaded. */
#pragma once

#include "tests/unit/machine/damage.h"

/* Rows for the fields of a header, of segment N at an offset, and of a note. */
#define ELF_FIELD(type, field, leads) \
	{ #field, NULL, offsetof(type, field), sizeof(((type *)0)->field), leads, NULL }
#define ELF_IDENT(index, leads) { #index, NULL, index, 1, leads, NULL }
#define SEGMENT_FIELD(type, n, base, field, leads, otherwise) \
	{ #field, "segment " #n, (base) + offsetof(type, field), sizeof(((type *)0)->field), leads, otherwise }

#define ELF_HEADER(type) \
	ELF_IDENT(EI_CLASS, true), ELF_IDENT(EI_DATA, false), ELF_IDENT(EI_VERSION, false), \
	ELF_IDENT(EI_OSABI, false), ELF_FIELD(type, e_type, false), ELF_FIELD(type, e_machine, false), \
	ELF_FIELD(type, e_version, false), ELF_FIELD(type, e_entry, false), \
	ELF_FIELD(type, e_phoff, true), ELF_FIELD(type, e_shoff, false), ELF_FIELD(type, e_flags, false), \
	ELF_FIELD(type, e_ehsize, false), ELF_FIELD(type, e_phentsize, false), \
	ELF_FIELD(type, e_phnum, true), ELF_FIELD(type, e_shentsize, false), \
	ELF_FIELD(type, e_shnum, false), ELF_FIELD(type, e_shstrndx, false)

#define ELF_SEGMENT(type, n, base, otherwise) \
	SEGMENT_FIELD(type, n, base, p_type, true, otherwise), \
	SEGMENT_FIELD(type, n, base, p_flags, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_offset, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_vaddr, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_paddr, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_filesz, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_memsz, false, NULL), \
	SEGMENT_FIELD(type, n, base, p_align, false, NULL)

/* For damage_image.raw: e_*, p_* of the segment, n_* of the note that the complaint is about. */
bool damage_elf_raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value);

/* Does the file still begin as an ELF file? */
bool damage_is_elf(const u8 *file);

/* Are all segments at p_paddr + shift, and nothing behind them up to p_memsz? What is wrong, or NULL. */
const char *damage_elf_wrong(const u8 *file, u64 length, u64 shift);

/* The physical address of e_entry. */
u64 damage_elf_entry(const u8 *file);
