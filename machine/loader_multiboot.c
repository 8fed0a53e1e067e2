/* SPDX-License-Identifier: MIT */
#include "machine/loader_multiboot.h"

#include "lib/bits.h"
#include "lib/error.h"
#include "lib/format.h"

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

/* ---- The image ------------------------------------------------------------------------ */

int multiboot_move(struct load *l, const struct multiboot_relocation *r,
		   struct multiboot_image *image, const char *fields)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 size = image->end - image->start;
	const struct load_place p = { size, r->align ? r->align : 1, r->min, r->max, r->high };
	gpa_t at = image->start;
	int error = 0;

	if (!IS_POW2(p.align))
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 relocatable tag: align=%#x is no power of two: correct it",
				 r->align);
	if (size > l->vm->ram.size)
		return load_fail(l, f, -ERR_RANGE,
				 "%s ends %luK above its start: give more with mem=, or link elsewhere",
				 fields, size >> 10);
	if (r->high || r->low || at < r->min || at + size - 1 > r->max || !IS_ALIGNED(at, p.align) ||
	    !load_try_claim(l, at, size))
		error = load_place(l, f, &p, &at, "min_addr=%#x max_addr=%#x align=%#x %s", r->min,
				   r->max, r->align, fields);
	image->shift = at - image->start;
	image->start = at;
	image->end = at + size;
	return error;
}

int multiboot_load_elf(struct load *l, const struct multiboot_relocation *r,
		       struct multiboot_image *image)
{
	struct elf_segment s;
	struct elf_extent x;
	char fields[64];
	int error = elf_open(&image->elf, l, &l->request->kernel);

	if (!error)
		error = elf_extent(&image->elf, l, &x);
	if (error)
		return error;
	image->is_elf = true;
	image->start = x.start;
	image->end = x.end;
	if (r->wanted) {
		elf_segment(&image->elf, x.last, &s);
		format(fields, sizeof(fields), "p_paddr=%#lx p_memsz=%#lx", s.physical, s.memory_size);
		error = multiboot_move(l, r, image, fields);
	}
	return error ? error : elf_load(&image->elf, l, image->shift, r->wanted);
}
