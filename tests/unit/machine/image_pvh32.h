/* SPDX-License-Identifier: MIT */
/* A PVH kernel of 32 bits for the loader's tests: its note and one segment. */
#pragma once

#include <elf.h>
#include <string.h>

#include "lib/types.h"

struct file32 {
	Elf32_Ehdr header;
	Elf32_Phdr segments[2];
	struct note32 {
		Elf32_Nhdr header;
		char name[4];
		u32 entry;
	} note;
	char code[64];
};

static inline struct file32 image_pvh32(void)
{
	struct file32 f32 = {
		.header = { .e_type = ET_EXEC, .e_machine = EM_386, .e_version = 1,
			    .e_phoff = offsetof(struct file32, segments), .e_ehsize = sizeof(Elf32_Ehdr),
			    .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2 },
		.segments = { { PT_NOTE, offsetof(struct file32, note), 0, 0, sizeof(f32.note), 0, 0, 4 },
			      { PT_LOAD, offsetof(struct file32, code), 0xc0100000, 0x100000,
				sizeof(f32.code), sizeof(f32.code), PF_X, 4096 } },
		.note = { { 4, 4, 18 }, "Xen", 0x100020 },
		.code = "thirty-two bits",
	};
	memcpy(f32.header.e_ident, ELFMAG "\1\1\1", 7);
	return f32;
}
