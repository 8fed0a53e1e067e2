/* SPDX-License-Identifier: MIT */
/* Each field of a Multiboot2 header and its tags, of all kinds of kernels, with evil values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "tests/unit/machine/damage_elf.h"
#include "tests/unit/machine/damage_multiboot2.h"
#include "tests/unit/machine/fake_loader.h"

static struct kernel k;

#define HEADER(name, member, leads, otherwise) { #name, NULL, AT(header.member), 4, leads, otherwise }
/* Another type, or size, makes another tag of it, or of the next; or there is one tag less. */
#define TAG(member, otherwise) \
	{ "type", NULL, AT(member), 2, true, otherwise }, { "flags", NULL, AT(member) + 2, 2, false, NULL }, \
	{ "size", NULL, AT(member) + 4, 4, true, NULL }
#define WORD(name, member) { #name, NULL, AT(member), 4, false, NULL }

#define COMMON(no_magic) \
	HEADER(magic, magic, true, no_magic), HEADER(architecture, architecture, false, NULL), \
	HEADER(header_length, length, false, NULL), HEADER(checksum, checksum, false, NULL), \
	TAG(request, NULL), WORD(mbi_tag_types, request.types[0]), WORD(mbi_tag_types, request.types[1]), \
	TAG(placing, NULL), TAG(entry, NULL), TAG(console, NULL), WORD(console_flags, console.entry), \
	TAG(efi, NULL), WORD(efi_entry_addr, efi.entry), TAG(screen, NULL), TAG(alignment, NULL), \
	TAG(services, NULL), TAG(end, NULL), WORD(entry_addr, entry.entry)

#define SCREEN WORD(width, screen.width), WORD(height, screen.height), WORD(depth, screen.depth)
#define ADDRESSES \
	WORD(header_addr, placing.words[0]), WORD(load_addr, placing.words[1]), \
	WORD(load_end_addr, placing.words[2]), WORD(bss_end_addr, placing.words[3])

static const struct damage_field flat_fields[] = { COMMON("entry="), ADDRESSES, SCREEN };

/* In place of the screen, where it may be moved to. */
static const struct damage_field moved_fields[] = {
	COMMON("entry="), ADDRESSES, WORD(min_addr, screen.width), WORD(max_addr, screen.height),
	WORD(align, screen.depth), WORD(preference, screen.padding),
};

static const struct damage_field elf_fields[] = {
	COMMON("an ELF file without"), SCREEN, { "EI_MAG", NULL, 0, 4, true, NULL }, ELF_HEADER(Elf32_Ehdr),
	ELF_SEGMENT(Elf32_Phdr, 0, offsetof(struct kernel, segment), NULL),
	WORD(min_addr, placing.words[0]), WORD(max_addr, placing.words[1]), WORD(align, placing.words[2]),
	WORD(preference, placing.words[3]),
};

static void prepare(void)
{
	fake_add_module("the module", 11, "its words");
}

/* Where it was moved to; where it was linked, if it was not. */
static u64 base_of(u64 linked)
{
	u64 tag = damage_multiboot2_find(21);

	return tag ? fake_u32(tag + 8) : linked;
}

/* Is that what the last relocatable tag asks for? */
static bool placed_well(const u8 *file, u64 base, u64 size)
{
	u64 at = damage_multiboot2_body(file, 10), align = at ? damage_read(file, at + 8, 4) : 0;

	if (!at != !damage_multiboot2_find(21))
		return false;
	return !at || (base >= damage_read(file, at, 4) && base + size - 1 <= damage_read(file, at + 4, 4) &&
		       base % (align ? align : 1) == 0);
}

static const char *wrong_flat(const u8 *file, u64 length)
{
	const struct kernel *f = (const struct kernel *)file;
	u64 load = f->placing.words[1], offset, size, memory, base;

	if (f->header.magic != MAGIC)
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot2 kernel";
	if (load == ~0U)
		load = f->placing.words[0] - AT(header);
	offset = AT(header) - (f->placing.words[0] - load);
	size = f->placing.words[2] ? f->placing.words[2] - load : length - offset;
	memory = f->placing.words[3] ? f->placing.words[3] - load : size;
	if (memory < size || memory > MIB(8) || !damage_multiboot2_sizes(file))
		return "it should not have been";
	base = base_of(load);
	if (memcmp(fake_memory + base, file + offset, size))
		return "the code is not there";
	if (!placed_well(file, base, memory))
		return "it is not where the relocatable tag says";
	if (fake_start.state.rip - (base - load) != damage_read(file, damage_multiboot2_body(file, 3), 4))
		return "the entry is elsewhere";
	return damage_multiboot2_wrong(base, memory);
}

static const char *wrong_elf(const u8 *file, u64 length)
{
	const struct kernel *f = (const struct kernel *)file;
	const char *bad;
	u64 base;

	if (f->header.magic != MAGIC || !damage_is_elf(file))
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot2 kernel";
	if (!damage_multiboot2_sizes(file))
		return "it should not have been";
	base = base_of(f->segment.p_paddr);
	bad = damage_elf_wrong(file, length, base - f->segment.p_paddr);
	if (bad)
		return bad;
	if (!placed_well(file, base, f->segment.p_memsz))
		return "it is not where the relocatable tag says";
	return damage_multiboot2_wrong(base, f->segment.p_memsz);
}

static struct damage_image flat = {
	.name = "Multiboot2, flat", .data = (u8 *)&k, .length = sizeof(k), .cmdline = "a b c",
	.fields = flat_fields, .count = ARRAY_SIZE(flat_fields), .memory = MIB(8),
	.prepare = prepare, .raw = damage_multiboot2_raw, .wrong = wrong_flat,
};

static struct damage_image moved = {
	.name = "Multiboot2, flat, moved", .data = (u8 *)&k, .length = sizeof(k), .cmdline = "a b c",
	.fields = moved_fields, .count = ARRAY_SIZE(moved_fields), .memory = MIB(8),
	.prepare = prepare, .repair = damage_multiboot2_repair, .raw = damage_multiboot2_raw,
	.wrong = wrong_flat,
};

static struct damage_image elf = {
	.name = "Multiboot2, ELF", .data = (u8 *)&k, .length = sizeof(k), .cmdline = "a b c",
	.fields = elf_fields, .count = ARRAY_SIZE(elf_fields), .memory = MIB(8),
	.prepare = prepare, .raw = damage_multiboot2_raw, .wrong = wrong_elf,
};

static int setup(void **state)
{
	(void)state;
	k = (struct kernel){
		.header = { MAGIC, 0, AT(code) - AT(header), 0 },
		.request = { { 1, 0, 16 }, { 6, 3 } },
		.placing = { { 2, 0, 24 }, { 0x300000 + AT(header), 0x300000, 0x300000 + sizeof(k), 0x302000 } },
		.entry = { { 3, 0, 12 }, 0x300000 + AT(code), 0 },
		.console = { { 4, 0, 12 }, 2, 0 },
		.efi = { { 9, 0, 12 }, 0x300000, 0 },
		.screen = { { 5, 1, 20 }, 1024, 768, 32, 0 },
		.alignment = { 6, 0, 8 },
		.services = { 7, 1, 8 },
		.end = { 0, 0, 8 },
		.code = "the kernel",
	};
	damage_multiboot2_repair((u8 *)&k);
	return 0;
}

static int setup_elf(void **state)
{
	setup(state);
	k.placing = (struct placing){ { 10, 0, 24 }, { 0x100000, 0xffffffff, 0x1000, 0 } };
	k.entry.entry = 0x200000 + AT(code);
	k.ehdr = (Elf32_Ehdr){ .e_ident = ELFMAG "\1\1\1", .e_type = ET_EXEC, .e_machine = EM_386,
			       .e_entry = 0x200000 + AT(code), .e_phoff = AT(segment),
			       .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1 };
	k.segment = (Elf32_Phdr){ .p_type = PT_LOAD, .p_vaddr = 0x200000, .p_paddr = 0x200000,
				  .p_filesz = sizeof(k), .p_memsz = 0x3000 };
	return 0;
}

static void test_flat(void **state)
{
	(void)state;
	flat.repair = NULL; /* the checksum tells */
	damage_all(&flat);
	flat.repair = damage_multiboot2_repair;
	damage_all(&flat);
	k.placing.words[2] = k.placing.words[3] = 0;
	k.placing.words[1] = ~0U;
	damage_all(&flat);
}

/* A flat kernel may be moved as well as an ELF file. */
static void test_moved(void **state)
{
	(void)state;
	k.screen = (struct screen){ { 10, 0, 24 }, 0x400000, 0x7fffff, 0x1000, 2 };
	damage_all(&moved);
	k.screen.padding = 0; /* no preference: but where it was linked is not allowed */
	k.placing.words[2] = 0;
	damage_all(&moved);
	k.placing.words[3] = 0;
	damage_all(&moved);
	k.placing.words[1] = ~0U;
	damage_all(&moved);
	damage_pairs(&moved);
	damage_memory(&moved);
	damage_modules(&moved);
}

static void test_elf(void **state)
{
	(void)state;
	elf.repair = NULL;
	damage_all(&elf);
	damage_memory(&elf);
	damage_modules(&elf);
	elf.repair = damage_multiboot2_repair;
	damage_pairs(&elf);
	for (u32 preference = 0; preference <= 2; preference++) {
		k.placing.words[3] = preference;
		damage_all(&elf);
	}
}

/* Without the relocatable tag, and without an entry tag. */
static void test_fixed(void **state)
{
	(void)state;
	elf.repair = damage_multiboot2_repair;
	k.placing.tag.type = k.entry.tag.type = 6;
	damage_all(&elf);
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = { TEST(test_flat, setup), TEST(test_moved, setup),
					    TEST(test_elf, setup_elf),
					    TEST(test_fixed, setup_elf) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
