/* SPDX-License-Identifier: MIT */
/* The symbols of a Multiboot kernel: its section headers, and what the program does not load. */
#include "machine/loader_multiboot.h"

#include <elf.h>

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/string.h"

/* A section that the program itself does not load, but that has contents. */
static bool is_extra(const struct elf *e, unsigned index, struct elf_section *s)
{
	elf_section(e, index, s);
	return !(s->flags & SHF_ALLOC) && s->type != SHT_NULL && s->type != SHT_NOBITS && s->size &&
	       loader_has(e->file, s->offset, s->size);
}

static u64 room(const struct elf_section *s)
{
	return ALIGN_UP(s->size, MULTIBOOT_SECTION_ALIGN);
}

void multiboot_load_sections(struct load *l, struct multiboot_image *image, gpa_t *contents)
{
	const struct elf *e = &image->elf;
	struct load_place p = { 0, PAGE_SIZE, image->end, GIB(4) - 1, false };
	struct elf_section s;
	bool found;
	gpa_t at;

	*contents = 0;
	for (unsigned i = 0; i < e->section_count; i++)
		if (is_extra(e, i, &s) && p.size <= l->vm->ram.size)
			p.size += room(&s);
	if (!p.size)
		return;
	found = load_find(l, &p, &at);
	if (found) {
		image->end = at + p.size;
	} else { /* behind a kernel that lies as high as can be, there is none */
		p.min = PAGE_SIZE;
		found = load_find(l, &p, &at);
	}
	if (!found) {
		log_warn("loader", "%s: no room for the symbols of %s, %luK: they are left out",
			 l->vm->name, e->file->name, p.size >> 10);
		return;
	}
	*contents = at;
	for (unsigned i = 0; i < e->section_count; i++)
		if (is_extra(e, i, &s)) {
			load_write(l, at, e->file->data + s.offset, s.size);
			at += room(&s);
		}
}

gpa_t multiboot_put_sections(struct load_block *b, const struct elf *e, gpa_t contents, u64 align)
{
	const u8 *headers = e->file->data + e->sections;
	const u64 address_at = e->is64 ? offsetof(Elf64_Shdr, sh_addr)
				       : offsetof(Elf32_Shdr, sh_addr);
	u8 header[sizeof(Elf64_Shdr)];
	struct elf_section s;
	gpa_t first = 0;

	for (unsigned i = 0; i < e->section_count; i++) {
		gpa_t at;

		memcpy(header, headers + i * e->section_size, e->section_size);
		if (contents && is_extra(e, i, &s)) {
			memcpy(header + address_at, &contents, e->is64 ? 8 : 4);
			contents += room(&s);
		}
		at = load_put(b, header, e->section_size, i ? 1 : align);
		if (!i)
			first = at;
	}
	return first;
}
