/* SPDX-License-Identifier: MIT */
#include "machine/loader.h"

#include "kernel/log.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/acpi_build.h"
#include "machine/bios_data.h"
#include "machine/loader_elf.h"
#include "machine/loader_multiboot.h"
#include "machine/loader_place.h"
#include "machine/mp_build.h"

#define GZIP_MAGIC 0x8b1f

static u64 read_le(const struct loader_file *file, u64 offset, unsigned size)
{
	u64 value = 0;

	if (loader_has(file, offset, size))
		memcpy(&value, file->data + offset, size);
	return value;
}

bool loader_has(const struct loader_file *file, u64 offset, u64 length)
{
	return offset <= file->length && length <= file->length - offset;
}

u16 loader_read16(const struct loader_file *file, u64 offset)
{
	return (u16)read_le(file, offset, 2);
}

u32 loader_read32(const struct loader_file *file, u64 offset)
{
	return (u32)read_le(file, offset, 4);
}

/* ---- What is recognized only to say what to do ----------------------------------- */

static bool is_gzip(const struct loader_file *f)
{
	return loader_read16(f, 0) == GZIP_MAGIC;
}

static int refuse_gzip(struct load *l)
{
	return load_fail(l, &l->request->kernel, -ERR_UNSUPPORTED,
			 "it is packed by gzip: unpack it, or let GRUB do so (insmod gzio)");
}

/* Whoever says where it goes has a raw blob, whatever it contains. */
static bool is_damaged_multiboot(const struct loader_file *f)
{
	const char *value;

	return multiboot_magic_at(f) != MULTIBOOT_NOWHERE &&
	       option_find(f->cmdline, "load", &value) < 0;
}

/* Most telling first: a Multiboot kernel may be an ELF file, too, and GRUB on a disk is one. */
static const struct loader_format formats[] = {
	{ "Linux bzImage", loader_linux_probe, loader_linux_load },
	{ "firmware", loader_firmware_probe, loader_firmware_load },
	{ "boot sector", loader_disk_probe, loader_disk_load },
	{ "Multiboot2 kernel", loader_multiboot2_probe, loader_multiboot2_load },
	{ "Multiboot kernel", loader_multiboot1_probe, loader_multiboot1_load },
	{ "PVH kernel", loader_pvh_probe, loader_pvh_load },
	{ "damaged Multiboot kernel", is_damaged_multiboot, multiboot_refuse },
	{ "ELF file", elf_probe, loader_elf_refuse },
	{ "gzip file", is_gzip, refuse_gzip },
	{ "raw blob", loader_raw_probe, loader_raw_load },
};

/* A loader may pass that on, or may have nothing to pass on; but was it meant? */
static void tell_empty(const struct vm *vm, const struct loader_request *r)
{
	for (unsigned i = 0; i < r->module_count; i++)
		if (!r->modules[i].length)
			log_warn("loader", "%s: %s is empty", vm->name, r->modules[i].name);
}

int loader_load(struct vm *vm, const struct loader_request *r, char *why)
{
	const struct loader_file *kernel = &r->kernel;
	const struct loader_format *f = formats;
	struct load l;

	if (!kernel->length) {
		format(why, VM_WHY_MAX, "%s is empty: give a guest kernel with module2",
		       kernel->name);
		return -ERR_INVAL;
	}
	while (!f->probe(kernel))
		f++;
	tell_empty(vm, r);
	load_begin(&l, vm, r, why);
	bios_data_write(vm);
	acpi_build(vm);
	mp_build(vm);
	return f->load(&l);
}
