/* SPDX-License-Identifier: MIT */
/* Multiboot 2: the boot information, one tag after the other. */
#include <asm/bootparam.h>

#include "kernel/acpi_tables.h"
#include "lib/string.h"
#include "machine/loader_multiboot2.h"
#include "machine/memory_map.h"

enum info {
	INFO_END = 0,
	INFO_CMDLINE = 1,
	INFO_LOADER_NAME = 2,
	INFO_MODULE = 3,
	INFO_BASIC_MEMORY = 4,
	INFO_MEMORY_MAP = 6,
	INFO_ELF_SECTIONS = 9,
	INFO_ACPI_OLD = 14,
	INFO_ACPI_NEW = 15,
	INFO_LOAD_BASE = 21,
};

struct tag {
	u32 type, size;
};

#define TAG_ALIGN 8
#define TAGS	  (12 + LOADER_MODULES)

struct memory_map {
	u32 entry_size, entry_version;
	struct range {
		u64 base, length;
		u32 type, reserved;
	} ranges[MEMORY_MAP_MAX];
};

/* A tag of some numbers, and perhaps a string. */
static void put(struct load_block *b, enum info type, const void *body, u64 size, const char *text)
{
	const u64 text_size = text ? strlen(text) + 1 : 0;
	const struct tag tag = { type, (u32)(sizeof(tag) + size + text_size) };

	load_put(b, &tag, sizeof(tag), TAG_ALIGN);
	load_put(b, body, size, 1);
	load_put(b, text, text_size, 1);
}

static void put_memory(struct load_block *b)
{
	const struct ram *ram = &b->load->vm->ram;
	const u32 basic[] = { (u32)(MAP_EBDA >> 10),
			      (u32)((memory_map_low_end(ram) - MAP_BIOS_END) >> 10) };
	struct boot_e820_entry e820[MEMORY_MAP_MAX];
	struct memory_map map = { .entry_size = sizeof(map.ranges[0]) };
	unsigned count = memory_map_build(ram, e820);

	for (unsigned i = 0; i < count; i++)
		map.ranges[i] = (struct range){ e820[i].addr, e820[i].size, e820[i].type, 0 };
	put(b, INFO_BASIC_MEMORY, basic, sizeof(basic), NULL);
	put(b, INFO_MEMORY_MAP, &map, offsetof(struct memory_map, ranges[count]), NULL);
}

static void put_acpi(struct load_block *b)
{
	struct acpi_rsdp rsdp;

	if (vm_ram_read(b->load->vm, MAP_BIOS, &rsdp, sizeof(rsdp)))
		return;
	put(b, INFO_ACPI_OLD, &rsdp, ACPI_RSDP_V1_SIZE, NULL);
	put(b, INFO_ACPI_NEW, &rsdp, sizeof(rsdp), NULL);
}

/* Numbers of 32 bits, as in the specification's multiboot2.h and in GRUB; its drawing has 16. */
static void put_symbols(struct load_block *b, const struct elf *e, gpa_t contents)
{
	const u32 numbers[] = { e->section_count, e->section_size, e->section_names };
	const struct tag tag = { INFO_ELF_SECTIONS,
				 (u32)(sizeof(tag) + sizeof(numbers) +
				       e->section_count * e->section_size) };

	load_put(b, &tag, sizeof(tag), TAG_ALIGN);
	load_put(b, numbers, sizeof(numbers), 1);
	multiboot_put_sections(b, e, contents, 1);
}

static void put_tags(struct load_block *b, const struct multiboot_image *image, const gpa_t where[],
		     gpa_t contents)
{
	const struct loader_request *r = b->load->request;

	put(b, INFO_CMDLINE, NULL, 0, r->kernel.cmdline);
	put(b, INFO_LOADER_NAME, NULL, 0, MULTIBOOT_LOADER_NAME);
	for (unsigned i = 0; i < r->module_count; i++) {
		const u32 bounds[] = { (u32)where[i], (u32)(where[i] + r->modules[i].length) };

		put(b, INFO_MODULE, bounds, sizeof(bounds), r->modules[i].cmdline);
	}
	put_memory(b);
	if (contents)
		put_symbols(b, &image->elf, contents);
	put_acpi(b);
}

int multiboot2_put_info(struct load *l, struct multiboot_image *image, bool base, u64 *at)
{
	const struct loader_request *r = l->request;
	const u32 load_base = (u32)image->start;
	u64 size = 8 + TAGS * 40 + sizeof(struct memory_map) + sizeof(struct acpi_rsdp) * 2 +
		   load_cmdlines_size(r);
	gpa_t where[LOADER_MODULES], contents;
	struct load_block b;
	u32 total[2] = { 0 };
	int error;

	multiboot_load_sections(l, image, &contents);
	size += (u64)image->elf.section_count * image->elf.section_size;
	error = load_modules(l, image->end, where);
	if (!error)
		error = load_block(&b, l, size);
	if (error)
		return error;
	*at = load_put(&b, total, sizeof(total), TAG_ALIGN);
	put_tags(&b, image, where, contents);
	if (base)
		put(&b, INFO_LOAD_BASE, &load_base, sizeof(load_base), NULL);
	put(&b, INFO_END, NULL, 0, NULL);
	total[0] = (u32)(b.at - *at);
	load_write(l, *at, total, sizeof(total));
	return 0;
}
