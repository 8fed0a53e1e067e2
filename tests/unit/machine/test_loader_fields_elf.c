/* SPDX-License-Identifier: MIT */
/* Each field of an ELF file of either class, and of its PVH note, with evil values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "tests/unit/machine/damage_elf.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_pvh32.h"

static struct file64 {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	struct note {
		Elf64_Nhdr header;
		char name[4];
		u64 entry;
	} note;
	char code[64], data[32];
} f64;

static struct file32 f32;

#define NO_NOTE "without Multiboot header, or PVH note"

#define NOTE_FIELD(file, field) { #field, "ELF note at", \
	offsetof(struct file, note.header.field), 4, false, NO_NOTE }
#define NOTE_ROWS(file, size) \
	NOTE_FIELD(file, n_namesz), NOTE_FIELD(file, n_descsz), NOTE_FIELD(file, n_type), \
	{ "name", NULL, offsetof(struct file, note.name), 4, true, NO_NOTE }, \
	{ "XEN_ELFNOTE_PHYS32_ENTRY", NULL, offsetof(struct file, note.entry), size, false, NULL }

static const struct damage_field fields64[] = {
	{ "EI_MAG", NULL, 0, 4, true, "entry=" },
	ELF_HEADER(Elf64_Ehdr),
	ELF_SEGMENT(Elf64_Phdr, 0, offsetof(struct file64, segments[0]), NULL),
	ELF_SEGMENT(Elf64_Phdr, 1, offsetof(struct file64, segments[1]), NO_NOTE),
	ELF_SEGMENT(Elf64_Phdr, 2, offsetof(struct file64, segments[2]), NULL),
	NOTE_ROWS(file64, 8),
};

static const struct damage_field fields32[] = {
	{ "EI_MAG", NULL, 0, 4, true, "entry=" },
	ELF_HEADER(Elf32_Ehdr),
	ELF_SEGMENT(Elf32_Phdr, 0, offsetof(struct file32, segments[0]), NO_NOTE),
	ELF_SEGMENT(Elf32_Phdr, 1, offsetof(struct file32, segments[1]), NULL),
	NOTE_ROWS(file32, 4),
};

static void prepare(void)
{
	fake_add_module("the module", 11, "its words");
}

/* The note's value, and whether it can have one of that length. */
static bool note_value(const u8 *file, u64 *value)
{
	u64 at = file[EI_CLASS] == ELFCLASS64 ? offsetof(struct file64, note) : offsetof(struct file32, note);
	u64 size = damage_read(file, at + 4, 4);

	if (size != 4 && size != 8)
		return false;
	*value = damage_read(file, at + 16, (unsigned)size);
	return true;
}

static const char *wrong(const u8 *file, u64 length)
{
	const struct entry_state *s = &fake_start.state;
	u64 module, cmdline, entry;
	const char *bad;

	if (!damage_is_elf(file))
		return fake_start.mode == FAKE_REAL ? NULL : "it is no ELF file";
	bad = damage_elf_wrong(file, length, 0);
	if (bad)
		return bad;
	if (!note_value(file, &entry) || fake_start.mode != FAKE_PROTECTED || s->rip != entry)
		return "the entry is not the note's";
	if (fake_u32(s->rbx) != 0x336ec578 || fake_u32(s->rbx + 12) != fake_request.module_count)
		return "the start info is not there";
	module = fake_u64(fake_u64(s->rbx + 16));
	cmdline = fake_u64(s->rbx + 24);
	if (memcmp(fake_memory + module, "the module", 11))
		return "the module is not there";
	if (strcmp((char *)fake_memory + cmdline, "console=ttyS0"))
		return "the command line is not there";
	return damage_overlap((struct damage_range[]){ { s->rbx, 56 }, { s->gdt, 32 }, { module, 11 },
						       { cmdline, 14 } }, 4);
}

static bool raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value)
{
	if (!strcmp(name, "XEN_ELFNOTE_PHYS32_ENTRY"))
		return note_value(file, value);
	return damage_elf_raw(file, length, why, name, value);
}

static const struct damage_image image64 = {
	.name = "PVH, 64 bits", .data = (u8 *)&f64, .length = sizeof(f64), .cmdline = "console=ttyS0",
	.fields = fields64, .count = ARRAY_SIZE(fields64), .memory = MIB(8),
	.prepare = prepare, .raw = raw, .wrong = wrong,
};

static const struct damage_image image32 = {
	.name = "PVH, 32 bits", .data = (u8 *)&f32, .length = sizeof(f32), .cmdline = "console=ttyS0",
	.fields = fields32, .count = ARRAY_SIZE(fields32), .memory = MIB(8),
	.prepare = prepare, .raw = raw, .wrong = wrong,
};

static int setup(void **state)
{
	(void)state;
	f64 = (struct file64){
		.header = { .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
			    .e_entry = 0xffffffff81000000, .e_phoff = offsetof(struct file64, segments),
			    .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3 },
		.segments = { { PT_LOAD, PF_X, offsetof(struct file64, code), 0xffffffff80200000,
				0x200000, sizeof(f64.code), sizeof(f64.code), 16 },
			      { PT_NOTE, 0, offsetof(struct file64, note), 0, 0, sizeof(f64.note), 0, 4 },
			      { PT_LOAD, PF_W, offsetof(struct file64, data), 0xffffffff80300000,
				0x300000, sizeof(f64.data), 0x2000, 16 } },
		.note = { { 4, 8, 18 }, "Xen", 0x200010 },
		.code = "this is the program",
		.data = "and its data",
	};
	memcpy(f64.header.e_ident, ELFMAG "\2\1\1", 7);
	f32 = image_pvh32();
	return 0;
}

static void test_64_bits(void **state)
{
	(void)state;
	damage_all(&image64);
	damage_pairs(&image64);
	damage_memory(&image64);
	damage_modules(&image64);
}

static void test_32_bits(void **state)
{
	(void)state;
	damage_all(&image32);
	damage_pairs(&image32);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = { TEST(test_64_bits), TEST(test_32_bits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
