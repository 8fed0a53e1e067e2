/* SPDX-License-Identifier: MIT */
/* A Multiboot kernel by its address fields, whatever file it is. */
#include "machine/loader_multiboot.h"

#include "lib/error.h"
#include "lib/format.h"

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

/* The two of them that say how much it takes, wherever that is. */
static void quote_size(char text[QUOTE_MAX], const struct multiboot_addresses *a)
{
	const bool has_end = a->bss_end || a->load_end;
	size_t n = a->whole_file || !has_end ?
			   format(text, QUOTE_MAX, "header_addr=%#x ", a->header) :
			   format(text, QUOTE_MAX, "load_addr=%#x ", a->load);

	if (a->bss_end)
		format(text + n, QUOTE_MAX - n, "bss_end_addr=%#x", a->bss_end);
	else if (a->load_end)
		format(text + n, QUOTE_MAX - n, "load_end_addr=%#x", a->load_end);
	else
		format(text + n, QUOTE_MAX - n, "load_addr=%#x", a->load);
}

int multiboot_load_flat(struct load *l, u64 at, const struct multiboot_addresses *a,
			const struct multiboot_relocation *r, struct multiboot_image *image)
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
	if (r->wanted) {
		quote_size(fields, a);
		error = multiboot_move(l, r, image, fields);
	} else {
		error = load_claim(l, f, load, image->end - load, "%s", fields);
	}
	if (!error)
		load_write(l, image->start, f->data + offset, length);
	return error;
}
