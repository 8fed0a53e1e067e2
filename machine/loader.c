/* SPDX-License-Identifier: MIT */
#include "machine/loader.h"

#include <asm/bootparam.h>
#include <elf.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"

/* "HdrS" in the setup header, at 1f1H of the file. Linux "The Linux/x86 Boot Protocol". */
#define LINUX_HEADER 0x1f1
#define LINUX_MAGIC  0x53726448U

/* Multiboot headers lie anywhere in the first part of a file, aligned. */
#define MULTIBOOT1_MAGIC  0x1badb002U
#define MULTIBOOT2_MAGIC  0xe85250d6U
#define MULTIBOOT1_SEARCH 8192
#define MULTIBOOT2_SEARCH 32768

static u64 read_le(const struct loader_file *file, u64 offset, unsigned size)
{
	u64 value = 0;

	if (offset > file->length || size > file->length - offset)
		return 0;
	memcpy(&value, file->data + offset, size);
	return value;
}

u16 loader_read16(const struct loader_file *file, u64 offset)
{
	return (u16)read_le(file, offset, 2);
}

u32 loader_read32(const struct loader_file *file, u64 offset)
{
	return (u32)read_le(file, offset, 4);
}

static bool is_linux(const struct loader_file *f)
{
	return loader_read32(f, LINUX_HEADER + offsetof(struct setup_header, header)) ==
	       LINUX_MAGIC;
}

static bool is_multiboot1(const struct loader_file *f)
{
	for (u64 at = 0; at < MULTIBOOT1_SEARCH && at + 12 <= f->length; at += 4)
		if (loader_read32(f, at) == MULTIBOOT1_MAGIC &&
		    loader_read32(f, at) + loader_read32(f, at + 4) + loader_read32(f, at + 8) == 0)
			return true;
	return false;
}

static bool is_multiboot2(const struct loader_file *f)
{
	for (u64 at = 0; at < MULTIBOOT2_SEARCH && at + 16 <= f->length; at += 8)
		if (loader_read32(f, at) == MULTIBOOT2_MAGIC &&
		    loader_read32(f, at) + loader_read32(f, at + 4) + loader_read32(f, at + 8) +
				    loader_read32(f, at + 12) ==
			    0)
			return true;
	return false;
}

static bool is_elf(const struct loader_file *f)
{
	return f->length >= SELFMAG && !memcmp(f->data, ELFMAG, SELFMAG);
}

/* Most telling first: a Multiboot kernel may be an ELF file, too. */
static const struct loader_format formats[] = {
	{ "Linux bzImage", is_linux, NULL },
	{ "Multiboot2 kernel", is_multiboot2, NULL },
	{ "Multiboot kernel", is_multiboot1, NULL },
	{ "ELF file", is_elf, NULL },
	{ "raw blob", loader_raw_probe, loader_raw_load },
};

int loader_load(struct vm *vm, const struct loader_request *r, char *why)
{
	const struct loader_file *kernel = &r->kernel;
	const struct loader_format *f = formats;

	if (!kernel->length) {
		format(why, VM_WHY_MAX, "%s is empty: give a guest kernel with module2",
		       kernel->name);
		return -ERR_INVAL;
	}
	while (!f->probe(kernel))
		f++;
	if (!f->load) {
		format(why, VM_WHY_MAX,
		       "%s is a %s, which cannot be booted yet: give a raw blob", kernel->name,
		       f->name);
		return -ERR_UNSUPPORTED;
	}
	return f->load(vm, r, why);
}
