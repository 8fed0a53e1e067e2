/* SPDX-License-Identifier: MIT */
#include "machine/loader_multiboot.h"

#include <elf.h>

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/error.h"
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
	u32 sum = 0;

	if (at + size > MIN(search, f->length))
		return load_fail(l, f, -ERR_CORRUPT,
				 "the Multiboot header at offset %#lx does not end within %#lx bytes: is "
				 "the file cut off? For a raw blob give load=",
				 at, MIN(search, f->length));
	for (u64 i = 0; i + 4 < size; i += 4)
		sum += loader_read32(f, at + i);
	return load_fail(l, f, -ERR_CORRUPT,
			 "the Multiboot header at offset %#lx has checksum=%#x instead of %#x: correct "
			 "it, or give load= for a raw blob",
			 at, loader_read32(f, at + size - 4), 0U - sum);
}

/* ---- The image -------------------------------------------------------------------- */

int multiboot_load_flat(struct load *l, u64 at, const struct multiboot_addresses *a,
			struct multiboot_image *image)
{
	const struct loader_file *f = &l->request->kernel;
	u64 header = a->header, load = a->load, length, offset;
	int error;

	if (a->load == ~0U) /* Multiboot2: the file from its beginning */
		load = header - at;
	offset = at - (header - load);
	if (load > header || header - load > at)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: load_addr=%#lx header_addr=%#lx do not fit a header at "
				 "offset %#lx", load, header, at);
	length = a->load_end ? a->load_end - load : f->length - offset;
	if ((a->load_end && a->load_end < load) || !loader_has(f, offset, length))
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: load_addr=%#lx load_end_addr=%#x at offset %#lx go beyond "
				 "the file's %#lx bytes: is it cut off?", load, a->load_end, offset,
				 f->length);
	if (a->bss_end && a->bss_end < load + length)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot: bss_end_addr=%#x is below the end of the data, %#lx",
				 a->bss_end, load + length);
	image->start = load;
	image->end = a->bss_end ? a->bss_end : load + length;
	error = load_claim(l, f, "the kernel (load_addr to bss_end_addr)", load, image->end - load);
	if (!error)
		load_write(l, load, f->data + offset, length);
	return error;
}

/* Take memory for the whole of an image that may be moved. */
static int move(struct load *l, const struct multiboot_relocation *r, struct multiboot_image *image)
{
	const u64 size = image->end - image->start;
	const struct load_place p = { size, r->align ? r->align : 1, r->min, r->max, r->high };
	gpa_t at = image->start;
	int error;

	if (!IS_POW2(p.align))
		return load_fail(l, image->elf.file, -ERR_CORRUPT,
				 "Multiboot2 relocatable tag: align=%#x is no power of two", r->align);
	if (r->high || r->low || at < r->min || at + size - 1 > r->max || !IS_ALIGNED(at, p.align) ||
	    !load_try_claim(l, at, size)) {
		error = load_place(l, image->elf.file, "the relocatable kernel", &p, &at);
		if (error)
			return error;
	}
	image->shift = at - image->start;
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
		error = move(l, r, image);
	return error ? error : elf_load(&image->elf, l, image->shift, r->wanted);
}

int multiboot_check_entry(struct load *l, const struct multiboot_image *image, u64 entry)
{
	if (entry >= image->start && entry < MIN(image->end, GIB(4)))
		return 0;
	return load_fail(l, &l->request->kernel, -ERR_RANGE,
			 "Multiboot: the entry %#lx is not in the kernel at %#lx to %#lx", entry,
			 image->start, image->end - 1);
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
