/* SPDX-License-Identifier: MIT */
/* Multiboot 1: header, boot information, machine state. */
#include <asm/bootparam.h>

#include "kernel/log.h"
#include "lib/error.h"
#include "machine/loader_multiboot.h"
#include "machine/memory_map.h"

/* The header's flags: bits 0 to 15 are requirements. */
#define WANT_PAGE_ALIGN BIT(0) /* modules are always page-aligned */
#define WANT_MEMORY	BIT(1)
#define WANT_VIDEO	BIT(2)
#define WANT_KNOWN	(WANT_PAGE_ALIGN | WANT_MEMORY | WANT_VIDEO)
#define REQUIREMENTS	0xffffU
#define HAS_ADDRESSES	BIT(16)

#define HEADER_FLAGS	 4 /* offsets in the header */
#define HEADER_ADDRESSES 12
#define HEADER_END	 32

#define BOOT_MAGIC 0x2badb002U /* in EAX */

/* What is valid in the boot information. */
#define INFO_MEMORY	 BIT(0)
#define INFO_CMDLINE	 BIT(2)
#define INFO_MODULES	 BIT(3)
#define INFO_ELF	 BIT(5)
#define INFO_MEMORY_MAP	 BIT(6)
#define INFO_LOADER_NAME BIT(9)

struct info {
	u32 flags;
	u32 mem_lower, mem_upper; /* KiB */
	u32 boot_device;
	u32 cmdline;
	u32 mods_count, mods_addr;
	u32 elf_num, elf_size, elf_addr, elf_shndx;
	u32 mmap_length, mmap_addr;
	u32 drives_length, drives_addr, config_table;
	u32 boot_loader_name;
	u32 apm_table;
	u32 vbe[4];
	u8 framebuffer[28];
} __packed;
_Static_assert(sizeof(struct info) == 116, "with the framebuffer's fields");

struct module {
	u32 start, end; /* `end`: the first byte that is not its own */
	u32 string, reserved;
};

struct range {
	u32 size; /* of what follows */
	struct boot_e820_entry e820;
} __packed;
_Static_assert(sizeof(struct range) == 24, "a memory map entry");

bool loader_multiboot1_probe(const struct loader_file *f)
{
	return multiboot1_find(f) != MULTIBOOT_NOWHERE;
}

static int load_image(struct load *l, struct multiboot_image *image, u64 *entry)
{
	const struct loader_file *f = &l->request->kernel;
	const u64 at = multiboot1_find(f);
	const u32 flags = loader_read32(f, at + HEADER_FLAGS);
	const struct multiboot_relocation fixed = { 0 };
	int error;

	if (flags & REQUIREMENTS & ~WANT_KNOWN)
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "Multiboot header: flags=%#x require what this loader does not know "
				 "(bits 3 to 15): leave them out", flags);
	/* As GRUB does it on a machine without a screen: the information will lack the mode. */
	if (flags & WANT_VIDEO)
		log_warn("loader", "%s: %s asks for a video mode (Multiboot flags=%#x), but there is "
			 "no screen", l->vm->name, f->name, flags);
	if (flags & HAS_ADDRESSES) {
		const u64 fields = at + HEADER_ADDRESSES;
		const struct multiboot_addresses a = {
			.header = loader_read32(f, fields),
			.load = loader_read32(f, fields + 4),
			.load_end = loader_read32(f, fields + 8),
			.bss_end = loader_read32(f, fields + 12),
			.entry = loader_read32(f, fields + 16),
		};

		if (!loader_has(f, at, HEADER_END))
			return load_fail(l, f, -ERR_CORRUPT,
					 "Multiboot header: flags=%#x, but the file ends before "
					 "entry_addr: is it cut off?", flags);
		*entry = a.entry;
		error = multiboot_load_flat(l, at, &a, &fixed, image);
	} else {
		if (!elf_probe(f))
			return load_fail(l, f, -ERR_CORRUPT,
					 "Multiboot header: flags=%#x has no addresses (bit 16), and the "
					 "file is no ELF file: add them, or link one", flags);
		error = multiboot_load_elf(l, &fixed, image);
		if (!error)
			error = elf_entry(&image->elf, l, "e_entry", image->elf.entry, true, entry);
	}
	return error;
}

static void put_memory(struct load_block *b, struct info *info)
{
	struct boot_e820_entry map[MEMORY_MAP_MAX];
	struct range ranges[MEMORY_MAP_MAX];
	const struct ram *ram = &b->load->vm->ram;
	unsigned count = memory_map_build(ram, map);

	for (unsigned i = 0; i < count; i++)
		ranges[i] = (struct range){ sizeof(map[i]), map[i] };
	info->mmap_length = (u32)(count * sizeof(ranges[0]));
	info->mmap_addr = (u32)load_put(b, ranges, info->mmap_length, 4);
	info->mem_lower = (u32)(MAP_EBDA >> 10);
	info->mem_upper = (u32)((memory_map_low_end(ram) - MAP_BIOS_END) >> 10);
}

static int put_info(struct load *l, struct multiboot_image *image, u64 *at)
{
	const struct loader_request *r = l->request;
	const struct elf *e = &image->elf;
	struct module modules[LOADER_MODULES];
	struct info info = { .flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MEMORY_MAP |
				      INFO_LOADER_NAME };
	gpa_t where[LOADER_MODULES], contents;
	struct load_block b;
	int error;

	multiboot_load_sections(l, image, &contents);
	error = load_modules(l, image->end, where);
	if (!error)
		error = load_block(&b, l, sizeof(info) + sizeof(modules) +
						  MEMORY_MAP_MAX * sizeof(struct range) +
						  load_cmdlines_size(r) + sizeof(MULTIBOOT_LOADER_NAME) +
						  (u64)e->section_count * e->section_size + 64);
	if (error)
		return error;
	for (unsigned i = 0; i < r->module_count; i++)
		modules[i] = (struct module){
			(u32)where[i], (u32)(where[i] + r->modules[i].length),
			(u32)load_put_string(&b, r->modules[i].cmdline), 0
		};
	info.cmdline = (u32)load_put_string(&b, r->kernel.cmdline);
	info.boot_loader_name = (u32)load_put_string(&b, MULTIBOOT_LOADER_NAME);
	info.mods_count = r->module_count;
	info.mods_addr = (u32)load_put(&b, modules, r->module_count * sizeof(modules[0]), 4);
	put_memory(&b, &info);
	if (contents) {
		info.flags |= INFO_ELF;
		info.elf_num = e->section_count;
		info.elf_size = e->section_size;
		info.elf_shndx = e->section_names;
		info.elf_addr = (u32)multiboot_put_sections(&b, e, contents, 8);
	}
	*at = load_put(&b, &info, sizeof(info), 8);
	return 0;
}

int loader_multiboot1_load(struct load *l)
{
	struct multiboot_image image = { 0 };
	struct entry_state s = { .rax = BOOT_MAGIC };
	int error = load_image(l, &image, &s.rip);

	if (!error)
		error = put_info(l, &image, &s.rbx);
	if (!error)
		error = load_enter_protected(l, &s);
	if (!error)
		log_info("loader", "%s: %s is a Multiboot kernel (%s): load=%#lx entry=%#lx info=%#lx "
			 "modules=%u", l->vm->name, l->request->kernel.name,
			 image.is_elf ? "ELF" : "flat", image.start, s.rip, s.rbx,
			 l->request->module_count);
	return error;
}
