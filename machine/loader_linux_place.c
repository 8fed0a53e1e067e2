/* SPDX-License-Identifier: MIT */
/*
 * Where a Linux kernel and its initrd go: by pref_address, init_size,
 * kernel_alignment, min_alignment and initrd_addr_max, as far as the header's
 * version has them.
 */
#include "machine/loader_linux.h"

#include "lib/bits.h"
#include "lib/error.h"

#define LOW_LOAD   0x100000UL	/* where kernels go that cannot be moved */
#define INITRD_OLD 0x37ffffffUL /* before version 2.03 */

/* pref_address, init_size and min_alignment */
static bool tells(const struct linux_kernel *k)
{
	return k->h.version >= 0x20a;
}

/* How much it needs. Before init_size, nobody knew: three times the packed kernel was the custom. */
static u64 size_of(const struct linux_kernel *k)
{
	return tells(k) ? MAX((u64)k->h.init_size, k->length) : 3 * k->length;
}

/* It is unpacked from LOW_LOAD to where it runs. */
static int place_fixed(struct load *l, struct linux_kernel *k)
{
	const u64 size = size_of(k);
	const u64 run = tells(k) && k->h.pref_address ? k->h.pref_address : LOW_LOAD; /* 0: none */
	const u64 start = MIN(run, LOW_LOAD);
	u64 end;

	k->load = LOW_LOAD;
	if (!tells(k))
		return load_claim(l, k->file, start, size,
				  "the Linux kernel, %lu bytes unpacked,", size);
	if (__builtin_add_overflow(run, size, &end))
		return load_fail(l, k->file, -ERR_RANGE,
				 "Linux header: pref_address=%#lx init_size=%#x wrap around: is the file "
				 "damaged?", (u64)k->h.pref_address, k->h.init_size);
	return load_claim(l, k->file, start, MAX(end, LOW_LOAD + k->length) - start,
			  "Linux header: pref_address=%#lx init_size=%#x", (u64)k->h.pref_address,
			  k->h.init_size);
}

static int check_alignments(struct load *l, const struct linux_kernel *k)
{
	const struct setup_header *h = &k->h;

	if (!IS_POW2(h->kernel_alignment))
		return load_fail(l, k->file, -ERR_CORRUPT,
				 "Linux header: kernel_alignment=%#x is no power of two: is the file "
				 "damaged?", h->kernel_alignment);
	if (tells(k) && h->min_alignment > 31)
		return load_fail(l, k->file, -ERR_CORRUPT,
				 "Linux header: min_alignment=%u is above 31: is the file damaged?",
				 h->min_alignment);
	if (tells(k) && h->pref_address >= GIB(4))
		return load_fail(l, k->file, -ERR_CORRUPT,
				 "Linux header: pref_address=%#lx is not below 4G: is the file damaged?",
				 (u64)h->pref_address);
	return 0;
}

static int place_by(struct load *l, struct linux_kernel *k, const struct load_place *p)
{
	const struct setup_header *h = &k->h;

	if (!tells(k))
		return load_place(l, k->file, p, &k->load, "Linux header: kernel_alignment=%#x",
				  h->kernel_alignment);
	return load_place(l, k->file, p, &k->load,
			  "Linux header: pref_address=%#lx init_size=%#x kernel_alignment=%#x "
			  "min_alignment=%u",
			  (u64)h->pref_address, h->init_size, h->kernel_alignment, h->min_alignment);
}

/*
 * A kernel that may be moved runs where it was loaded, but not below
 * pref_address: there it moves itself, and there it needs its memory. It wants
 * kernel_alignment; min_alignment is what it must have.
 */
static int place_movable(struct load *l, struct linux_kernel *k)
{
	const struct setup_header *h = &k->h;
	const u32 least =
		tells(k) && h->min_alignment ? (u32)BIT(h->min_alignment) : h->kernel_alignment;
	struct load_place p = { size_of(k), MAX(h->kernel_alignment, least),
				tells(k) ? MAX(h->pref_address, LOW_LOAD) : LOW_LOAD, GIB(4) - 1,
				false };

	k->alignment = (u32)p.align;
	if (load_find(l, &p, &k->load))
		return 0;
	p.align = k->alignment = least;
	return place_by(l, k, &p);
}

int linux_place(struct load *l, struct linux_kernel *k)
{
	int error;

	k->alignment = k->h.kernel_alignment;
	if (k->h.version < 0x205 || !k->h.relocatable_kernel)
		return place_fixed(l, k);
	error = check_alignments(l, k);
	return error ? error : place_movable(l, k);
}

static int find_initrd(struct load *l, const struct linux_kernel *k, const struct load_place *p,
		       gpa_t *at)
{
	const struct loader_file *first = &l->request->modules[0];

	if (k->h.version < 0x203)
		return load_place(l, first, p, at, "the initrd, below %#lx", p->max);
	return load_place(l, first, p, at, "the initrd, below the kernel's initrd_addr_max=%#x",
			  k->h.initrd_addr_max);
}

/* All modules behind the kernel are one initrd: archives in a row, each from a multiple of four. */
int linux_place_initrd(struct load *l, const struct linux_kernel *k, struct setup_header *h)
{
	const struct loader_request *r = l->request;
	struct load_place p = { .align = PAGE_SIZE, .min = LOW_LOAD, .high = true };
	gpa_t at;
	int error;

	for (unsigned i = 0; i < r->module_count; i++)
		p.size = ALIGN_UP(p.size, 4UL) + r->modules[i].length;
	if (!p.size)
		return 0;
	p.max = k->h.version >= 0x203 ? k->h.initrd_addr_max : INITRD_OLD;
	error = find_initrd(l, k, &p, &at);
	if (error)
		return error;
	h->ramdisk_image = (u32)at;
	h->ramdisk_size = (u32)p.size;
	for (unsigned i = 0; i < r->module_count; i++) {
		at = ALIGN_UP(at, 4UL);
		load_write(l, at, r->modules[i].data, r->modules[i].length);
		at += r->modules[i].length;
	}
	return 0;
}
