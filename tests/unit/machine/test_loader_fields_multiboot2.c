/* SPDX-License-Identifier: MIT */
/* Each field of a Multiboot2 header and its tags, of all kinds of kernels, with evil values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "lib/bits.h"
#include "tests/unit/machine/damage_elf.h"
#include "tests/unit/machine/fake_loader.h"

#define MAGIC 0xe85250d6U

struct tag {
	u16 type, flags;
	u32 size;
};
/* Two kernels: with addresses, and with an ELF header and a relocatable tag. */
static struct kernel {
	Elf32_Ehdr ehdr;
	Elf32_Phdr segment;
	u32 padding;
	struct header {
		u32 magic, architecture, length, checksum;
	} header;
	struct request {
		struct tag tag;
		u32 types[2];
	} request;
	struct placing { /* addresses, or relocatable */
		struct tag tag;
		u32 words[4];
	} placing;
	struct entry {
		struct tag tag;
		u32 entry, padding;
	} entry, console, efi;
	struct screen {
		struct tag tag;
		u32 width, height, depth, padding;
	} screen;
	struct tag alignment, services, end;
	char code[64];
} k;

#define AT(member) offsetof(struct kernel, member)
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
	TAG(efi, NULL), WORD(efi_entry_addr, efi.entry), TAG(screen, NULL), WORD(width, screen.width), \
	WORD(height, screen.height), WORD(depth, screen.depth), TAG(alignment, NULL), \
	TAG(services, NULL), TAG(end, NULL), WORD(entry_addr, entry.entry)

static const struct damage_field flat_fields[] = {
	COMMON("entry="), WORD(header_addr, placing.words[0]), WORD(load_addr, placing.words[1]),
	WORD(load_end_addr, placing.words[2]), WORD(bss_end_addr, placing.words[3]),
};

static const struct damage_field elf_fields[] = {
	COMMON("an ELF file without"), { "EI_MAG", NULL, 0, 4, true, NULL }, ELF_HEADER(Elf32_Ehdr),
	ELF_SEGMENT(Elf32_Phdr, 0, offsetof(struct kernel, segment), NULL),
	WORD(min_addr, placing.words[0]), WORD(max_addr, placing.words[1]), WORD(align, placing.words[2]),
	WORD(preference, placing.words[3]),
};

/* The last tag of a type: its first word's offset, or 0. */
static u64 body(const u8 *file, unsigned type)
{
	u64 found = 0, end = AT(header) + damage_read(file, AT(header) + 8, 4);

	for (u64 at = AT(request); at + 8 <= end && at + 8 <= sizeof(k);) {
		if (damage_read(file, at, 2) == type)
			found = at + 8;
		if (!damage_read(file, at, 2) || damage_read(file, at + 4, 4) < 8)
			break;
		at = ALIGN_UP(at + damage_read(file, at + 4, 4), 8UL);
	}
	return found;
}

/* A field of the tag that the complaint is about, or of whichever tag there is. */
static bool raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value)
{
	static const struct {
		const char *name;
		unsigned at, size;
	} tag[] = { { "type", 0, 2 }, { "flags", 2, 2 }, { "size", 4, 4 }, { "console_flags", 8, 4 } };
	static const struct {
		const char *name;
		unsigned type, word;
	} words[] = { { "entry_addr", 3, 0 }, { "header_addr", 2, 0 }, { "load_addr", 2, 1 },
		      { "load_end_addr", 2, 2 }, { "bss_end_addr", 2, 3 }, { "min_addr", 10, 0 },
		      { "max_addr", 10, 1 }, { "align", 10, 2 } };
	const char *offset = strstr(why, "tag at offset ");
	u64 at = offset ? strtoull(offset + 14, NULL, 0) : 0, asked;

	for (unsigned i = 0; offset && i < ARRAY_SIZE(tag); i++)
		if (!strcmp(name, tag[i].name)) {
			*value = damage_read(file, at + tag[i].at, tag[i].size);
			return true;
		}
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(name, words[i].name) && body(file, words[i].type)) {
			*value = damage_read(file, body(file, words[i].type) + 4UL * words[i].word, 4);
			return true;
		}
	if (offset && !strcmp(name, "mbi_tag_types")) { /* any of the list will do */
		asked = strtoull(strstr(why, "types=") + 6, NULL, 0);
		for (u64 i = at + 8; i + 4 <= length && i < at + damage_read(file, at + 4, 4); i += 4)
			if (damage_read(file, i, 4) == asked) {
				*value = asked;
				return true;
			}
		return false;
	}
	return damage_elf_raw(file, length, why, name, value);
}

static void repair(u8 *file)
{
	struct header *h = &((struct kernel *)file)->header;

	h->checksum = 0U - h->magic - h->architecture - h->length;
}

static void prepare(void)
{
	fake_add_module("the module", 11, "its words");
}

/* A tag of the boot information; 0 if there is none. */
static u64 find(u32 type)
{
	u64 info = fake_start.state.rbx, at = info + 8;

	while (fake_u32(at) != type && fake_u32(at) && at < info + fake_u32(info))
		at = ALIGN_UP(at + fake_u32(at + 4), 8UL);
	return fake_u32(at) == type ? at : 0;
}

static const char *wrong_information(u64 start, u64 length)
{
	const struct entry_state *s = &fake_start.state;
	u64 module, tag;

	if (fake_start.mode != FAKE_PROTECTED || s->rax != 0x36d76289 || s->rbx % 8)
		return "it is not entered as a Multiboot2 kernel";
	tag = find(3);
	module = tag ? fake_u32(tag + 8) : 0;
	if (!tag || module % 4096 || memcmp(fake_memory + module, "the module", 11))
		return "the module is not there";
	if (!find(1) || strcmp((char *)fake_memory + find(1) + 8, "a b c"))
		return "the command line is not there";
	if (s->rip < start || s->rip - start >= length)
		return "the entry is elsewhere";
	return damage_overlap((struct damage_range[]){ { start, length }, { s->rbx, fake_u32(s->rbx) },
						       { s->gdt, 32 }, { module, 11 } }, 4);
}

static const char *wrong_flat(const u8 *file, u64 length)
{
	const struct kernel *f = (const struct kernel *)file;
	u64 load = f->placing.words[1], offset, size;

	if (f->header.magic != MAGIC)
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot2 kernel";
	if (load == ~0U)
		load = f->placing.words[0] - AT(header);
	offset = AT(header) - (f->placing.words[0] - load);
	size = f->placing.words[2] ? f->placing.words[2] - load : length - offset;
	if (memcmp(fake_memory + load, file + offset, size))
		return "the code is not there";
	if (fake_start.state.rip != damage_read(file, body(file, 3), 4))
		return "the entry is elsewhere";
	return wrong_information(load, f->placing.words[3] ? f->placing.words[3] - load : size);
}

static const char *wrong_elf(const u8 *file, u64 length)
{
	const struct kernel *f = (const struct kernel *)file;
	const u32 *w = f->placing.words;
	u64 base, align = w[2] ? w[2] : 1;
	const char *bad;

	if (f->header.magic != MAGIC || !damage_is_elf(file))
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Multiboot2 kernel";
	base = find(21) ? fake_u32(find(21) + 8) : f->segment.p_paddr;
	bad = damage_elf_wrong(file, length, base - f->segment.p_paddr);
	if (bad)
		return bad;
	if (find(21) && (base < w[0] || base + f->segment.p_memsz - 1 > w[1] || base % align))
		return "it is not where the relocatable tag says";
	return wrong_information(base, f->segment.p_memsz);
}

static struct damage_image flat = {
	.name = "Multiboot2, flat", .data = (u8 *)&k, .length = sizeof(k), .cmdline = "a b c",
	.fields = flat_fields, .count = ARRAY_SIZE(flat_fields), .memory = MIB(8),
	.prepare = prepare, .raw = raw, .wrong = wrong_flat,
};

static struct damage_image elf = {
	.name = "Multiboot2, ELF", .data = (u8 *)&k, .length = sizeof(k), .cmdline = "a b c",
	.fields = elf_fields, .count = ARRAY_SIZE(elf_fields), .memory = MIB(8),
	.prepare = prepare, .raw = raw, .wrong = wrong_elf,
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
	repair((u8 *)&k);
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

static int teardown(void **state)
{
	(void)state;
	fake_loader_free();
	return 0;
}

static void test_flat(void **state)
{
	(void)state;
	flat.repair = NULL; /* the checksum tells */
	damage_all(&flat);
	flat.repair = repair;
	damage_all(&flat);
	k.placing.words[2] = k.placing.words[3] = 0;
	k.placing.words[1] = ~0U;
	damage_all(&flat);
}

static void test_elf(void **state)
{
	(void)state;
	elf.repair = NULL;
	damage_all(&elf);
	elf.repair = repair;
	for (u32 preference = 0; preference <= 2; preference++) {
		k.placing.words[3] = preference;
		damage_all(&elf);
	}
}

/* Without the relocatable tag, and without an entry tag. */
static void test_fixed(void **state)
{
	(void)state;
	elf.repair = repair;
	k.placing.tag.type = k.entry.tag.type = 6;
	damage_all(&elf);
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(test_flat, setup), TEST(test_elf, setup_elf),
					    TEST(test_fixed, setup_elf) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
