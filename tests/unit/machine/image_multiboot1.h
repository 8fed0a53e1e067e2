/* SPDX-License-Identifier: MIT */
/* Multiboot 1 kernels for the loader's tests: a flat one and an ELF one with symbols. */
#pragma once

#include <elf.h>
#include <string.h>

#include "lib/types.h"

#define MAGIC	  0x1badb002U
#define ADDRESSES (1U << 16)

/* A flat kernel whose header is not at its start. */
struct flat {
	char junk[16];
	struct header {
		u32 magic, flags, checksum, header, load, load_end, bss_end, entry;
	} header;
	char code[64];
};

struct elf_file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr segment;
	struct header header;
	char code[60];
	Elf64_Shdr sections[4];
	char strings[24], symbols[48];
};

/* Its checksum; the magic number stays as it is, good or damaged. */
static inline void seal(struct header *h)
{
	h->checksum = 0U - h->magic - h->flags;
}

static inline struct flat image_multiboot1_flat(void)
{
	struct flat flat = {
		.header = { .magic = MAGIC, .flags = ADDRESSES | 3, .header = 0x100010, .load = 0x100008,
			    .load_end = 0x100000 + sizeof(struct flat), .bss_end = 0x102000,
			    .entry = 0x100030 },
		.junk = "abcdefghijklmno",
		.code = "here is the kernel",
	};
	seal(&flat.header);
	return flat;
}

static inline struct elf_file image_multiboot1_elf(void)
{
	struct elf_file elf = {
		.ehdr = { .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_entry = 0xffffffff80200010,
			  .e_phoff = offsetof(struct elf_file, segment),
			  .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
			  .e_shoff = offsetof(struct elf_file, sections),
			  .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 4, .e_shstrndx = 2 },
		.segment = { PT_LOAD, PF_X, offsetof(struct elf_file, header), 0xffffffff80200000,
			     0x200000, sizeof(elf.header) + sizeof(elf.code), 0x1800, 4 },
		.header = { .magic = MAGIC, .flags = 3 },
		.code = "the ELF kernel",
		.sections = { { 0 },
			      { .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC, .sh_addr = 0x200000,
				.sh_offset = offsetof(struct elf_file, header), .sh_size = 64 },
			      { .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct elf_file, strings),
				.sh_size = sizeof(elf.strings) },
			      { .sh_type = SHT_SYMTAB, .sh_offset = offsetof(struct elf_file, symbols),
				.sh_size = sizeof(elf.symbols) } },
		.strings = "the strings",
		.symbols = "the symbols",
	};
	memcpy(elf.ehdr.e_ident, ELFMAG "\2\1\1", 7);
	seal(&elf.header);
	return elf;
}
