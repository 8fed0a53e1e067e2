/* SPDX-License-Identifier: MIT */
/* Multiboot 2: header, machine state. The boot information: loader_multiboot2_info.c. */
#include "machine/loader_multiboot2.h"

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/format.h"

#define HEADER_ARCHITECTURE 4 /* offsets */
#define HEADER_LENGTH	    8
#define HEADER_SIZE	    16
#define HEADER_MAX	    32768
#define ARCHITECTURE_I386   0

/* A tag: type u16, flags u16, size u32, and what follows. */
#define TAG_SIZE     8
#define TAG_OPTIONAL BIT(0)

enum tag {
	TAG_END = 0,
	TAG_INFORMATION_REQUEST = 1,
	TAG_ADDRESS = 2,
	TAG_ENTRY_ADDRESS = 3,
	TAG_CONSOLE_FLAGS = 4,
	TAG_FRAMEBUFFER = 5,
	TAG_MODULE_ALIGNMENT = 6,
	TAG_EFI_BOOT_SERVICES = 7,
	TAG_EFI_I386_ENTRY = 8,
	TAG_EFI_AMD64_ENTRY = 9,
	TAG_RELOCATABLE = 10,
	TAG_KINDS
};

/* What a tag must hold at least, with its first eight bytes. */
static const u8 tag_sizes[TAG_KINDS] = { 8, 8, 24, 12, 12, 20, 8, 8, 12, 12, 24 };

#define CONSOLE_REQUIRED BIT(0)

#define PREFER_LOWEST  1
#define PREFER_HIGHEST 2

struct header {
	u64 at, end; /* of the tags, in the file */
	bool has_addresses, has_entry;
	struct multiboot_addresses addresses;
	struct multiboot_relocation relocation;
};

bool loader_multiboot2_probe(const struct loader_file *f)
{
	return multiboot2_find(f) != MULTIBOOT_NOWHERE;
}

/* A tag that must be heeded and cannot; `field` is one more of it, or NULL. */
static int refuse(struct load *l, u64 at, const char *what, const char *field, u32 value)
{
	const struct loader_file *f = &l->request->kernel;
	char text[32] = "";

	if (field)
		format(text, sizeof(text), " %s=%#x", field, value);
	return load_fail(l, f, -ERR_UNSUPPORTED,
			 "Multiboot2 header, tag at offset %#lx: type=%u flags=%#x%s %s: make it optional, "
			 "or leave it out",
			 at, loader_read16(f, at), loader_read16(f, at + 2), text, what);
}

/* Kinds of information that are defined need not exist on each machine; others nobody can give. */
static int check_request(struct load *l, u64 at, u64 size)
{
	const struct loader_file *f = &l->request->kernel;

	for (u64 i = TAG_SIZE; i + 4 <= size; i += 4) {
		u32 type = loader_read32(f, at + i);

		if (type > MULTIBOOT2_INFO_LAST)
			return refuse(l, at, "is an unknown kind", "mbi_tag_types", type);
	}
	return 0;
}

static int take_tag(struct load *l, struct header *h, u64 at, unsigned type, bool optional, u64 size)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 body = at + TAG_SIZE;
	const u32 first = loader_read32(f, body);
	u32 preference;

	if (type >= TAG_KINDS)
		return optional ? 0 : refuse(l, at, "is required but unknown", NULL, 0);
	if (size < tag_sizes[type])
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 header, tag at offset %#lx: type=%u size=%lu is too small, it "
				 "has %u bytes: correct it",
				 at, type, size, tag_sizes[type]);
	switch ((enum tag)type) {
	case TAG_INFORMATION_REQUEST:
		return optional ? 0 : check_request(l, at, size);
	case TAG_ADDRESS:
		h->has_addresses = true;
		h->addresses.header = first;
		h->addresses.load = loader_read32(f, body + 4);
		h->addresses.load_end = loader_read32(f, body + 8);
		h->addresses.bss_end = loader_read32(f, body + 12);
		h->addresses.whole_file = h->addresses.load == ~0U;
		return 0;
	case TAG_ENTRY_ADDRESS:
		h->has_entry = true;
		h->addresses.entry = first;
		return 0;
	case TAG_CONSOLE_FLAGS:
		return optional || !(first & CONSOLE_REQUIRED) ?
			       0 : refuse(l, at, "requires a screen", "console_flags", first);
	case TAG_FRAMEBUFFER:
		return optional ? 0 : refuse(l, at, "requires a screen", NULL, 0);
	case TAG_RELOCATABLE:
		preference = loader_read32(f, body + 12);
		h->relocation = (struct multiboot_relocation){
			first, loader_read32(f, body + 4), loader_read32(f, body + 8), true,
			preference == PREFER_HIGHEST, preference == PREFER_LOWEST
		};
		return 0;
	default:
		return 0; /* modules are always page-aligned; there is no EFI here */
	}
}

static int read_tags(struct load *l, struct header *h)
{
	const struct loader_file *f = &l->request->kernel;
	u64 size;
	int error = 0;

	for (u64 at = h->at; !error; at = ALIGN_UP(at + size, 8UL)) {
		unsigned type = loader_read16(f, at), flags = loader_read16(f, at + 2);

		size = loader_read32(f, at + 4);
		if (at + TAG_SIZE > h->end || size < TAG_SIZE || at + size > h->end)
			return load_fail(l, f, -ERR_CORRUPT,
					 "Multiboot2 header, tag at offset %#lx: type=%u size=%lu leaves the "
					 "header, header_length=%#lx: correct it",
					 at, type, size, h->end - h->at + HEADER_SIZE);
		if (type == TAG_END)
			return 0;
		error = take_tag(l, h, at, type, flags & TAG_OPTIONAL, size);
	}
	return error;
}

static int read_header(struct load *l, struct header *h)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 at = multiboot2_find(f);
	const u32 architecture = loader_read32(f, at + HEADER_ARCHITECTURE);
	const u32 length = loader_read32(f, at + HEADER_LENGTH);

	if (architecture != ARCHITECTURE_I386)
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "Multiboot2 header: architecture=%u is not 0: give one for i386", architecture);
	if (length < HEADER_SIZE || !loader_has(f, at, length) || at + length > HEADER_MAX)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 header: header_length=%#x at offset %#lx leaves the file, or "
				 "its first 32K: correct it", length, at);
	*h = (struct header){ .at = at + HEADER_SIZE, .end = at + length };
	return read_tags(l, h);
}

static int load_image(struct load *l, const struct header *h, struct multiboot_image *image,
		      u64 *entry)
{
	const struct loader_file *f = &l->request->kernel;
	int error;

	if (h->has_addresses && !h->has_entry)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 header: header_length=%#lx has an address tag, but no entry "
				 "address tag: add one", h->end - h->at + HEADER_SIZE);
	if (!h->has_addresses && !elf_probe(f))
		return load_fail(l, f, -ERR_CORRUPT,
				 "Multiboot2 header: header_length=%#lx has no address tag, and the file "
				 "is no ELF file: add one", h->end - h->at + HEADER_SIZE);
	if (h->has_addresses) {
		*entry = h->addresses.entry;
		error = multiboot_load_flat(l, h->at - HEADER_SIZE, &h->addresses, &h->relocation,
					    image);
	} else {
		error = multiboot_load_elf(l, &h->relocation, image);
		if (!error && h->has_entry)
			error = elf_entry(&image->elf, l, "entry_addr", h->addresses.entry, false,
					  entry);
		else if (!error)
			error = elf_entry(&image->elf, l, "e_entry", image->elf.entry, true, entry);
	}
	*entry += image->shift;
	return error;
}

int loader_multiboot2_load(struct load *l)
{
	struct multiboot_image image = { 0 };
	struct entry_state s = { .rax = MULTIBOOT2_BOOT_MAGIC };
	struct header h = { 0 };
	int error = read_header(l, &h);
	gpa_t start;

	if (!error)
		error = load_image(l, &h, &image, &s.rip);
	start = image.start;
	if (!error)
		error = multiboot2_put_info(l, &image, h.relocation.wanted, &s.rbx);
	if (!error)
		error = load_enter_protected(l, &s);
	if (!error)
		log_info("loader", "%s: %s is a Multiboot2 kernel (%s): load=%#lx entry=%#lx info=%#lx "
			 "modules=%u", l->vm->name, l->request->kernel.name,
			 image.is_elf ? "ELF" : "flat", start, s.rip, s.rbx,
			 l->request->module_count);
	return error;
}
