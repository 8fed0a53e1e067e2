/* SPDX-License-Identifier: MIT */
#include "machine/loader_multiboot.h"

#include <elf.h>

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/memory_map.h"

#define MAGIC1	0x1badb002U
#define MAGIC2	0xe85250d6U
#define SEARCH1 8192
#define SEARCH2 32768
#define SIZE1	12
#define SIZE2	16

/* Offset of the first header of `words` words that sum up to zero; with words = 1 of any. */
static u64 find(const struct loader_file *f, u32 magic, unsigned words, u64 search, u64 align)
{
	for (u64 at = 0; at + 4UL * words <= MIN(search, f->length); at += align) {
		u32 sum = 0;

		if (loader_read32(f, at) != magic)
			continue;
		for (unsigned i = 0; i < words; i++)
			sum += loader_read32(f, at + 4UL * i);
		if (!sum || words == 1)
			return at;
	}
	return MULTIBOOT_NOWHERE;
}

u64 multiboot1_find(const struct loader_file *f)
{
	return find(f, MAGIC1, SIZE1 / 4, SEARCH1, 4);
}

u64 multiboot2_find(const struct loader_file *f)
{
	return find(f, MAGIC2, SIZE2 / 4, SEARCH2, 8);
}

u64 multiboot_magic_at(const struct loader_file *f)
{
	return MIN(find(f, MAGIC1, 1, SEARCH1, 4), find(f, MAGIC2, 1, SEARCH2, 8));
}

int multiboot_refuse(struct load *l)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 at = multiboot_magic_at(f);
	const bool second = loader_read32(f, at) == MAGIC2;
	const u64 size = second ? SIZE2 : SIZE1, search = second ? SEARCH2 : SEARCH1;
	const u32 word1 = loader_read32(f, at + 4), word2 = loader_read32(f, at + 8);

	if (at + size > MIN(search, f->length))
		return load_fail(l, f, -ERR_CORRUPT,
				 "the Multiboot header at offset %#lx does not end within %#lx bytes: is "
				 "the file cut off? For a raw blob give load=",
				 at, MIN(search, f->length));
	if (second)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 header at %#lx: architecture=%#x header_length=%#x "
				 "checksum=%#x instead of %#x: correct it, or give load=",
				 at, word1, word2, loader_read32(f, at + 12), 0U - MAGIC2 - word1 - word2);
	return load_fail(l, f, -ERR_CORRUPT,
			 "Multiboot header at %#lx: flags=%#x checksum=%#x instead of %#x: correct it, or "
			 "give load= for a raw blob",
			 at, word1, word2, 0U - MAGIC1 - word1);
}

/* ---- The image by its address fields ------------------------------------------------ */

#define QUOTE_MAX 96

/* Those fields that say where it lies. */
static void quote(char text[QUOTE_MAX], const struct multiboot_addresses *a)
{
	size_t n = 0;

	if (a->whole_file || (!a->load_end && !a->bss_end))
		n = format(text, QUOTE_MAX, "header_addr=%#x ", a->header);
	n += format(text + n, QUOTE_MAX - n, "load_addr=%#x", a->load);
	if (!a->bss_end)
		n += format(text + n, QUOTE_MAX - n, " load_end_addr=%#x", a->load_end);
	format(text + n, QUOTE_MAX - n, " bss_end_addr=%#x", a->bss_end);
}

/* Which part of the file: from *offset on, so that it is loaded at *load. */
static int find_part(struct load *l, u64 at, const struct multiboot_addresses *a, u64 *load,
		     u64 *offset, u64 *length)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 header = a->header;

	*load = a->whole_file ? header - at : a->load;
	*offset = at - (header - *load);
	if (*load > header || header - *load > at)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: load_addr=%#x header_addr=%#x do not fit a header at offset "
				 "%#lx: correct them", a->load, a->header, at);
	*length = a->load_end ? a->load_end - *load : f->length - *offset;
	if ((a->load_end && a->load_end < *load) || !loader_has(f, *offset, *length))
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: header_addr=%#x load_addr=%#x load_end_addr=%#x go beyond the "
				 "file's %#lx bytes: is it cut off?", a->header, a->load, a->load_end,
				 f->length);
	if (a->bss_end && a->bss_end < *load + *length)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: bss_end_addr=%#x is below the data's end (header_addr=%#x "
				 "load_addr=%#x load_end_addr=%#x): correct it",
				 a->bss_end, a->header, a->load, a->load_end);
	return 0;
}

int multiboot_load_flat(struct load *l, u64 at, const struct multiboot_addresses *a,
			struct multiboot_image *image)
{
	const struct loader_file *f = &l->request->kernel;
	char fields[QUOTE_MAX];
	u64 load = 0, length = 0, offset = 0;
	int error;

	error = find_part(l, at, a, &load, &offset, &length);
	if (error)
		return error;
	quote(fields, a);
	image->start = load;
	image->end = a->bss_end ? a->bss_end : load + length;
	if (a->entry < image->start || a->entry >= image->end)
		return load_fail(l, f, -ERR_RANGE,
				 "Multiboot: entry_addr=%#x is outside of %s: correct it", a->entry,
				 fields);
	error = load_claim(l, f, load, image->end - load, "%s", fields);
	if (!error)
		load_write(l, load, f->data + offset, length);
	return error;
}

/* ---- The image by its segments ------------------------------------------------------ */

static int place(struct load *l, const struct multiboot_relocation *r, const struct elf *e,
		 const struct elf_extent *x, gpa_t *at)
{
	const struct load_place p = { x->end - x->start, r->align ? r->align : 1, r->min, r->max,
				      r->high };
	struct elf_segment s;

	elf_segment(e, x->last, &s);
	if (p.size > l->vm->ram.size)
		return load_fail(l, e->file, -ERR_RANGE,
				 "ELF segment %u: p_paddr=%#lx p_memsz=%#lx ends %luK above the first, more "
				 "than all RAM: give more with mem=, or link elsewhere",
				 x->last, s.physical, s.memory_size, p.size >> 10);
	return load_place(l, e->file, &p, at,
			  "min_addr=%#x max_addr=%#x align=%#x p_paddr=%#lx p_memsz=%#lx", r->min, r->max, r->align, s.physical, s.memory_size);
}

/* Take memory for the whole of an image that may be moved. */
static int move(struct load *l, const struct multiboot_relocation *r, struct multiboot_image *image,
		const struct elf_extent *x)
{
	const u64 size = x->end - x->start, align = r->align ? r->align : 1;
	gpa_t at = x->start;
	int error;

	if (!IS_POW2(align))
		return load_fail(l, image->elf.file, -ERR_CORRUPT,
				 "Multiboot2 relocatable tag: align=%#x is no power of two: correct it",
				 r->align);
	if (r->high || r->low || at < r->min || at + size - 1 > r->max || !IS_ALIGNED(at, align) ||
	    !load_try_claim(l, at, size)) {
		error = place(l, r, &image->elf, x, &at);
		if (error)
			return error;
	}
	image->shift = at - x->start;
	image->start = at;
	image->end = at + size;
	return 0;
}

int multiboot_load_elf(struct load *l, const struct multiboot_relocation *r,
		       struct multiboot_image *image)
{
	struct elf_extent x;
	int error = elf_open(&image->elf, l, &l->request->kernel);

	if (!error)
		error = elf_extent(&image->elf, l, &x);
	if (error)
		return error;
	image->is_elf = true;
	image->start = x.start;
	image->end = x.end;
	if (r->wanted)
		error = move(l, r, image, &x);
	return error ? error : elf_load(&image->elf, l, image->shift, r->wanted);
}

/* ---- Symbols ------------------------------------------------------------------------ */

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
	gpa_t at;

	*contents = 0;
	for (unsigned i = 0; i < e->section_count; i++)
		if (is_extra(e, i, &s) && p.size <= l->vm->ram.size)
			p.size += room(&s);
	if (!p.size)
		return;
	if (!load_find(l, &p, &at)) {
		log_warn("loader", "%s: no room for the symbols of %s, %luK: they are left out",
			 l->vm->name, e->file->name, p.size >> 10);
		return;
	}
	*contents = at;
	image->end = at + p.size;
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
