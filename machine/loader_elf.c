/* SPDX-License-Identifier: MIT */
/* The format: <elf.h>, and the System V ABI's chapter "Object Files". */
#include "machine/loader_elf.h"

#include <elf.h>

#include "lib/error.h"
#include "lib/string.h"

/* What both classes have, with the same names; C has no better way to say "the same but wider". */
#define TAKE_HEADER(e, h)                                                                          \
	do {                                                                                       \
		(e)->entry = (h).e_entry;                                                          \
		(e)->segments = (h).e_phoff;                                                       \
		(e)->sections = (h).e_shoff;                                                       \
		(e)->segment_count = (h).e_phnum;                                                  \
		(e)->section_count = (h).e_shoff ? (h).e_shnum : 0;                                \
		(e)->section_size = (h).e_shentsize;                                               \
		(e)->section_names = (h).e_shstrndx;                                               \
		type = (h).e_type;                                                                 \
		machine = (h).e_machine;                                                           \
		segment_size = (h).e_phentsize;                                                    \
	} while (0)

#define TAKE_SEGMENT(s, p)                                                                         \
	(*(s) = (struct elf_segment){ (p).p_type,   (p).p_offset, (p).p_vaddr, (p).p_paddr,        \
				      (p).p_filesz, (p).p_memsz,  (p).p_align })

#define TAKE_SECTION(s, h)                                                                         \
	(*(s) = (struct elf_section){ (h).sh_type, (h).sh_flags, (h).sh_offset, (h).sh_size })

bool elf_probe(const struct loader_file *f)
{
	return loader_has(f, 0, SELFMAG) && !memcmp(f->data, ELFMAG, SELFMAG);
}

/* The first thing wrong with the header, or NULL; *value is the field's. */
static const char *examine(struct elf *e, const struct loader_file *f, u64 *value)
{
	unsigned type, machine, segment_size, section_size;
	const u8 *ident = f->data;
	Elf64_Ehdr h64;
	Elf32_Ehdr h32;

	*e = (struct elf){ .file = f };
	*value = f->length;
	if (!loader_has(f, 0, sizeof(h32)))
		return "length";
	*value = ident[EI_CLASS];
	e->is64 = ident[EI_CLASS] == ELFCLASS64;
	if (!e->is64 && ident[EI_CLASS] != ELFCLASS32)
		return "EI_CLASS";
	*value = ident[EI_DATA];
	if (ident[EI_DATA] != ELFDATA2LSB)
		return "EI_DATA";
	if (e->is64) {
		*value = f->length;
		if (!loader_has(f, 0, sizeof(h64)))
			return "length";
		memcpy(&h64, f->data, sizeof(h64));
		TAKE_HEADER(e, h64);
	} else {
		memcpy(&h32, f->data, sizeof(h32));
		TAKE_HEADER(e, h32);
	}
	*value = machine;
	if (machine != EM_386 && machine != EM_X86_64)
		return "e_machine";
	*value = type;
	if (type != ET_EXEC && type != ET_DYN)
		return "e_type";
	*value = segment_size;
	if (segment_size != (e->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return "e_phentsize";
	*value = e->segment_count;
	if (!loader_has(f, e->segments, (u64)e->segment_count * segment_size))
		return "e_phnum";
	section_size = e->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	if (e->section_size != section_size ||
	    !loader_has(f, e->sections, (u64)e->section_count * section_size))
		e->section_count = 0; /* nobody needs sections to run */
	return NULL;
}

bool elf_open_quietly(struct elf *e, const struct loader_file *file)
{
	u64 value;

	return elf_probe(file) && !examine(e, file, &value);
}

int elf_open(struct elf *e, struct load *l, const struct loader_file *file)
{
	u64 value = 0;
	const char *bad = elf_probe(file) ? examine(e, file, &value) : "magic";

	if (bad && !strcmp(bad, "e_phnum"))
		return load_fail(l, file, -ERR_CORRUPT,
				 "the ELF header's e_phoff=%#lx e_phnum=%lu go beyond the file's %#lx "
				 "bytes: is it cut off?",
				 e->segments, value, file->length);
	if (bad)
		return load_fail(l, file, -ERR_CORRUPT,
				 "the ELF header's %s=%#lx is wrong or unknown: is it cut off, or for "
				 "another machine?",
				 bad, value);
	return 0;
}

void elf_segment(const struct elf *e, unsigned index, struct elf_segment *s)
{
	const u8 *table = e->file->data + e->segments;
	Elf64_Phdr p64;
	Elf32_Phdr p32;

	if (e->is64) {
		memcpy(&p64, table + index * sizeof(p64), sizeof(p64));
		TAKE_SEGMENT(s, p64);
	} else {
		memcpy(&p32, table + index * sizeof(p32), sizeof(p32));
		TAKE_SEGMENT(s, p32);
	}
}

void elf_section(const struct elf *e, unsigned index, struct elf_section *s)
{
	const u8 *table = e->file->data + e->sections;
	Elf64_Shdr h64;
	Elf32_Shdr h32;

	if (e->is64) {
		memcpy(&h64, table + index * sizeof(h64), sizeof(h64));
		TAKE_SECTION(s, h64);
	} else {
		memcpy(&h32, table + index * sizeof(h32), sizeof(h32));
		TAKE_SECTION(s, h32);
	}
}
