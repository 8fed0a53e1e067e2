/* SPDX-License-Identifier: MIT */
/* Each field of a Multiboot header, of flat and of ELF kernels, with evil values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "tests/unit/machine/damage_elf.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_multiboot1.h"

static struct flat flat;
static struct elf_file elf;

#define FLAT(name, field, leads, otherwise) \
	{ #name, NULL, offsetof(struct flat, header.field), 4, leads, otherwise }

static const struct damage_field flat_fields[] = {
	FLAT(magic, magic, true, "entry="), /* a raw blob, with load= and entry= as a remedy */
	FLAT(flags, flags, false, NULL), FLAT(checksum, checksum, false, NULL),
	FLAT(header_addr, header, false, NULL), FLAT(load_addr, load, false, NULL),
	FLAT(load_end_addr, load_end, false, NULL), FLAT(bss_end_addr, bss_end, false, NULL),
	FLAT(entry_addr, entry, false, NULL),
};

#define ELF(name, field) { #name, NULL, offsetof(struct elf_file, header.field), 4, false, NULL }

static const struct damage_field elf_fields[] = {
	{ "EI_MAG", NULL, 0, 4, true, NULL },
	ELF_HEADER(Elf64_Ehdr),
	ELF_SEGMENT(Elf64_Phdr, 0, offsetof(struct elf_file, segment), NULL),
	{ "magic", NULL, offsetof(struct elf_file, header.magic), 4, true, NULL },
	/* With bit 16, the addresses count, whatever they are. */
	{ "flags", NULL, offsetof(struct elf_file, header.flags), 4, true, NULL },
	ELF(checksum, checksum), ELF(header_addr, header), ELF(load_addr, load),
	ELF(load_end_addr, load_end), ELF(bss_end_addr, bss_end), ELF(entry_addr, entry),
	/* Sections are symbols only: whatever they say, the kernel can run. */
	{ "sh_type", NULL, offsetof(struct elf_file, sections[3].sh_type), 4, false, NULL },
	{ "sh_flags", NULL, offsetof(struct elf_file, sections[3].sh_flags), 8, false, NULL },
	{ "sh_addr", NULL, offsetof(struct elf_file, sections[3].sh_addr), 8, false, NULL },
	{ "sh_offset", NULL, offsetof(struct elf_file, sections[3].sh_offset), 8, false, NULL },
	{ "sh_size", NULL, offsetof(struct elf_file, sections[3].sh_size), 8, false, NULL },
	{ "sh_link", NULL, offsetof(struct elf_file, sections[3].sh_link), 4, false, NULL },
};

static void repair_flat(u8 *file)
{
	seal(&((struct flat *)file)->header);
}

static void repair_elf(u8 *file)
{
	seal(&((struct elf_file *)file)->header);
}

static void prepare(void)
{
	fake_add_module("the module", 11, "its words");
}

/* What each Multiboot kernel gets. */
static const char *wrong_information(u64 start, u64 length)
{
	const struct entry_state *s = &fake_start.state;
	u64 info = s->rbx, list, module, cmdline;

	if (fake_start.mode != FAKE_PROTECTED || s->rax != 0x2badb002)
		return "it is not entered as a Multiboot kernel";
	if ((fake_u32(info) & 0x24d) != 0x24d || fake_u32(info + 20) != fake_request.module_count)
		return "the information is not there";
	list = fake_u32(info + 24);
	module = fake_u32(list);
	cmdline = fake_u32(info + 16);
	if (module % 4096 || memcmp(fake_memory + module, "the module", 11))
		return "the module is not there";
	if (strcmp((char *)fake_memory + cmdline, "a b c"))
		return "the command line is not there";
	return damage_overlap((struct damage_range[]){ { start, length }, { info, 116 }, { s->gdt, 32 },
						       { module, 11 }, { list, 16 }, { cmdline, 6 },
						       { fake_u32(info + 48), fake_u32(info + 44) } }, 7);
}

static const char *wrong_flat(const u8 *file, u64 length)
{
	const struct header *h = &((const struct flat *)file)->header;
	u64 offset, data, size;

	if (h->magic != MAGIC)
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot kernel";
	if (h->flags & 0xfff8 || !(h->flags & ADDRESSES) || h->load > h->header)
		return "it should not have been";
	offset = offsetof(struct flat, header) - (h->header - h->load);
	data = h->load_end ? h->load_end - h->load : length - offset;
	size = h->bss_end ? h->bss_end - h->load : data;
	if (size < data || size > MIB(8))
		return "its .bss should not have been taken";
	if (memcmp(fake_memory + h->load, file + offset, data))
		return "the code is not there";
	for (u64 i = data; i < size; i++)
		if (fake_memory[h->load + i])
			return ".bss is not zero";
	if (fake_start.state.rip != h->entry || h->entry < h->load || h->entry - h->load >= size)
		return "the entry is elsewhere";
	return wrong_information(h->load, size);
}

static const char *wrong_elf(const u8 *file, u64 length)
{
	const struct elf_file *e = (const struct elf_file *)file;
	const char *bad;

	if (e->header.magic != MAGIC || !damage_is_elf(file))
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot ELF file";
	bad = damage_elf_wrong(file, length, 0);
	if (bad)
		return bad;
	if (fake_start.state.rip != damage_elf_entry(file))
		return "the entry is elsewhere";
	return wrong_information(e->segment.p_paddr, e->segment.p_memsz);
}

static struct damage_image flat_image = {
	.name = "Multiboot, flat", .data = (u8 *)&flat, .length = sizeof(flat), .cmdline = "a b c",
	.fields = flat_fields, .count = ARRAY_SIZE(flat_fields), .memory = MIB(8),
	.prepare = prepare, .wrong = wrong_flat,
};

static struct damage_image elf_image = {
	.name = "Multiboot, ELF", .data = (u8 *)&elf, .length = sizeof(elf), .cmdline = "a b c",
	.fields = elf_fields, .count = ARRAY_SIZE(elf_fields), .memory = MIB(8),
	.prepare = prepare, .raw = damage_elf_raw, .wrong = wrong_elf,
};

static int setup(void **state)
{
	(void)state;
	flat = image_multiboot1_flat();
	elf = image_multiboot1_elf();
	return 0;
}

static void test_flat(void **state)
{
	(void)state;
	flat_image.repair = NULL; /* the checksum tells */
	damage_all(&flat_image);
	flat_image.repair = repair_flat;
	damage_all(&flat_image);
	flat.header.bss_end = 0;
	damage_all(&flat_image);
	flat.header.load_end = 0;
	damage_all(&flat_image);
	damage_pairs(&flat_image);
	damage_memory(&flat_image);
	damage_modules(&flat_image);
}

static void test_elf(void **state)
{
	(void)state;
	elf_image.repair = NULL;
	damage_all(&elf_image);
	elf_image.repair = repair_elf;
	damage_all(&elf_image);
	damage_pairs(&elf_image);
	damage_memory(&elf_image);
	damage_modules(&elf_image);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = { TEST(test_flat), TEST(test_elf) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
