/* SPDX-License-Identifier: MIT */
/* Multiboot 2: header tags, relocation, the boot information, every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "tests/unit/machine/fake_loader.h"

#define MAGIC	 0xe85250d6U
#define REQUIRED 0
#define OPTIONAL 1

/* A kernel of 4 KiB: perhaps an ELF header, then the header at 512. */
#define HEADER_AT 512
#define CODE_AT	  1024
static u8 file[4096];
static u32 length; /* of the header so far */

static void put16(u64 at, u16 value)
{
	memcpy(file + at, &value, 2);
}

static void put32(u64 at, u32 value)
{
	memcpy(file + at, &value, 4);
}

static void tag(u16 type, u16 flags, unsigned count, const u32 *words)
{
	u64 at = HEADER_AT + length;

	put16(at, type);
	put16(at + 2, flags);
	put32(at + 4, 8 + 4 * count);
	for (unsigned i = 0; i < count; i++)
		put32(at + 8 + 4UL * i, words[i]);
	length += (8 + 4 * count + 7) & ~7U;
}

#define TAG(type, flags, ...)                                                                      \
	tag(type, flags, sizeof((u32[]){ __VA_ARGS__ }) / 4, (u32[]){ __VA_ARGS__ })
#define EMPTY_TAG(type, flags) tag(type, flags, 0, NULL)

static void seal(void)
{
	put32(HEADER_AT, MAGIC);
	put32(HEADER_AT + 8, length);
	put32(HEADER_AT + 12, 0U - MAGIC - length - file[HEADER_AT + 4]);
}

/* With an end tag, unless the test has made its own end. */
static int load(void)
{
	EMPTY_TAG(0, 0);
	seal();
	return fake_load(file, sizeof(file), "some words");
}

static void start_header(void)
{
	memset(file, 0, sizeof(file));
	strcpy((char *)file + CODE_AT, "the kernel");
	length = 16;
}

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(8));
	start_header();
	return 0;
}

/* One segment: the whole file at 2 MiB. */
static void make_elf(void)
{
	const Elf32_Ehdr header = { .e_ident = ELFMAG "\1\1\1",
				    .e_type = ET_EXEC,
				    .e_machine = EM_386,
				    .e_entry = 0x200000 + CODE_AT,
				    .e_phoff = sizeof(header),
				    .e_phentsize = sizeof(Elf32_Phdr),
				    .e_phnum = 1 };
	const Elf32_Phdr segment = { .p_type = PT_LOAD,
				     .p_vaddr = 0x200000,
				     .p_paddr = 0x200000,
				     .p_filesz = sizeof(file),
				     .p_memsz = 0x3000 };

	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
}

static void make_flat(void)
{
	TAG(2, REQUIRED, 0x300000 + HEADER_AT, 0x300000, 0, 0);
	TAG(3, REQUIRED, 0x300000 + CODE_AT);
}

/* A tag of the boot information; 0 if there is none. Tags are counted from 0. */
static gpa_t find(u32 type, unsigned number)
{
	gpa_t info = fake_start.state.rbx, at = info + 8;

	assert_int_equal(info % 8, 0);
	while (fake_u32(at) != type || number--) {
		if (!fake_u32(at)) {
			assert_int_equal(fake_u32(at + 4), 8);
			assert_int_equal(at + 8, info + fake_u32(info));
			return 0;
		}
		at = (at + fake_u32(at + 4) + 7) & ~7UL;
		assert_true(at < info + fake_u32(info));
	}
	return at;
}

static void test_elf(void **state)
{
	(void)state;
	make_elf();
	assert_int_equal(load(), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
	assert_int_equal(fake_start.state.rax, 0x36d76289);
	assert_int_equal(fake_start.state.rip, 0x200000 + CODE_AT);
	assert_memory_equal(fake_memory + 0x200000, file, sizeof(file));
	assert_int_equal(find(21, 0), 0);
}

static void test_flat(void **state)
{
	(void)state;
	make_flat();
	assert_int_equal(load(), 0);
	assert_int_equal(fake_start.state.rip, 0x300000 + CODE_AT);
	assert_memory_equal(fake_memory + 0x300000, file, sizeof(file));

	/* Only from the header on, with an end and a .bss. */
	start_header();
	make_elf(); /* the address tag counts, not this */
	TAG(2, OPTIONAL, 0x400000, 0x400000, 0x400000 + 0x400, 0x402000);
	TAG(3, OPTIONAL, 0x401fff);
	assert_int_equal(load(), 0);
	assert_memory_equal(fake_memory + 0x400000, file + HEADER_AT, 0x400);
	assert_int_equal(fake_u64(0x400400), 0);

	/* All of the file, wherever that begins. */
	start_header();
	TAG(2, REQUIRED, 0x500000 + HEADER_AT, ~0U, 0, 0);
	TAG(3, REQUIRED, 0x500000 + CODE_AT);
	assert_int_equal(load(), 0);
	assert_memory_equal(fake_memory + 0x500000, file, sizeof(file));
}

static void test_entry_tag(void **state)
{
	(void)state;
	make_elf();
	TAG(3, REQUIRED, 0x200000 + CODE_AT + 4);
	assert_int_equal(load(), 0);
	assert_int_equal(fake_start.state.rip, 0x200000 + CODE_AT + 4);
}

static void test_information(void **state)
{
	gpa_t at;

	(void)state;
	make_flat();
	fake_add_module("first", 6, "one");
	fake_add_module("second", 7, "");
	assert_int_equal(load(), 0);
	assert_string_equal((char *)fake_memory + find(1, 0) + 8, "some words");
	assert_int_equal(fake_u32(find(1, 0) + 4), 8 + 11);
	assert_string_equal((char *)fake_memory + find(2, 0) + 8, "Trivet");
	at = find(3, 0);
	assert_int_equal(fake_u32(at + 8), 0x301000);
	assert_int_equal(fake_u32(at + 12), 0x301006);
	assert_string_equal((char *)fake_memory + at + 16, "one");
	assert_string_equal((char *)fake_memory + fake_u32(at + 8), "first");
	assert_string_equal((char *)fake_memory + fake_u32(find(3, 1) + 8), "second");
	assert_int_equal(find(3, 2), 0);
	at = find(4, 0);
	assert_int_equal(fake_u32(at + 4), 16);
	assert_int_equal(fake_u32(at + 8), 639);
	assert_int_equal(fake_u32(at + 12), 7 * 1024);
	at = find(6, 0);
	assert_int_equal(fake_u32(at + 4), 16 + 8 * 24);
	assert_int_equal(fake_u32(at + 8), 24);
	assert_int_equal(fake_u32(at + 12), 0);
	assert_int_equal(fake_u64(at + 16 + 24), MAP_EBDA);
	assert_int_equal(fake_u32(at + 16 + 24 + 16), 2);
	assert_int_equal(fake_u64(at + 16 + 5 * 24 + 8), MIB(7));
	assert_int_equal(fake_u32(find(14, 0) + 4), 8 + 20);
	assert_memory_equal(fake_memory + find(14, 0) + 8, fake_memory + MAP_BIOS, 20);
	assert_int_equal(fake_u32(find(15, 0) + 4), 8 + 36);
	assert_memory_equal(fake_memory + find(15, 0) + 8, fake_memory + MAP_BIOS, 36);
	assert_int_equal(find(8, 0), 0);
	assert_int_equal(find(9, 0), 0);
}

/* The table of sections, in the tag itself, with where their contents are now. */
static void test_symbols(void **state)
{
	const Elf32_Shdr sections[] = {
		{ 0 },
		{ .sh_type = SHT_STRTAB, .sh_offset = CODE_AT, .sh_size = 11 },
	};
	gpa_t at;

	(void)state;
	make_elf();
	memcpy(file + 2048, sections, sizeof(sections));
	put32(offsetof(Elf32_Ehdr, e_shoff), 2048);
	put16(offsetof(Elf32_Ehdr, e_shentsize), sizeof(Elf32_Shdr));
	put16(offsetof(Elf32_Ehdr, e_shnum), 2);
	put16(offsetof(Elf32_Ehdr, e_shstrndx), 1);
	assert_int_equal(load(), 0);
	at = find(9, 0);
	assert_int_equal(fake_u32(at + 4), 20 + sizeof(sections));
	assert_int_equal(fake_u32(at + 8), 2);
	assert_int_equal(fake_u32(at + 12), sizeof(Elf32_Shdr));
	assert_int_equal(fake_u32(at + 16), 1);
	at = fake_u32(at + 20 + sizeof(Elf32_Shdr) + offsetof(Elf32_Shdr, sh_addr));
	assert_string_equal((char *)fake_memory + at, "the kernel");

	/* Also of a kernel behind which there is no room. */
	start_header();
	make_elf();
	TAG(10, REQUIRED, 0, ~0U, 0x1000, 2);
	memcpy(file + 2048, sections, sizeof(sections));
	put32(offsetof(Elf32_Ehdr, e_shoff), 2048);
	put16(offsetof(Elf32_Ehdr, e_shentsize), sizeof(Elf32_Shdr));
	put16(offsetof(Elf32_Ehdr, e_shnum), 2);
	fake_add_module("the module", 11, "");
	assert_int_equal(load(), 0);
	assert_int_equal(fake_u32(find(21, 0) + 8), MIB(8) - 0x3000);
	at = fake_u32(find(9, 0) + 20 + sizeof(Elf32_Shdr) + offsetof(Elf32_Shdr, sh_addr));
	assert_string_equal((char *)fake_memory + at, "the kernel");
	assert_string_equal((char *)fake_memory + fake_u32(find(3, 0) + 8), "the module");
}

static void relocate(u32 min, u32 max, u32 align, u32 preference)
{
	start_header();
	make_elf();
	TAG(10, REQUIRED, min, max, align, preference);
}

static void test_relocation(void **state)
{
	(void)state;
	relocate(0, ~0U, 0x1000, 0); /* where it was linked */
	assert_int_equal(load(), 0);
	assert_int_equal(fake_u32(find(21, 0) + 8), 0x200000);
	assert_int_equal(fake_start.state.rip, 0x200000 + CODE_AT);
	relocate(0x100000, ~0U, 0x1000, 1);
	assert_int_equal(load(), 0);
	assert_int_equal(fake_u32(find(21, 0) + 8), 0x100000);
	assert_memory_equal(fake_memory + 0x100000, file, sizeof(file));
	relocate(0x100000, ~0U, 0x200000, 2);
	TAG(3, REQUIRED, 0x200008); /* moves along */
	assert_int_equal(load(), 0);
	assert_int_equal(fake_start.state.rip, MIB(6) + 8);
	assert_int_equal(fake_u32(find(21, 0) + 8), MIB(6));
	relocate(0x400000, 0x402fff, 0, 0);
	assert_int_equal(load(), 0);
	assert_int_equal(fake_u32(find(21, 0) + 8), MIB(4));
	relocate(0x400000, 0x402ffe, 1, 0);
	assert_int_equal(load(), -ERR_RANGE);
	fake_expect_why("min_addr=0x400000 max_addr=0x402ffe align=0x1 p_paddr=0x200000 p_memsz=0x3000: no room");
	/* A flat kernel, too; its entry moves along. */
	start_header();
	make_flat();
	TAG(10, REQUIRED, 0x500000, ~0U, 0x100000, 1);
	assert_int_equal(load(), 0);
	assert_int_equal(fake_start.state.rip, 0x500000 + CODE_AT);
	assert_memory_equal(fake_memory + 0x500000, file, sizeof(file));
	assert_int_equal(fake_u32(find(21, 0) + 8), 0x500000);
	relocate(0, ~0U, 3, 0);
	assert_int_equal(load(), -ERR_CORRUPT);
	fake_expect_why("align=0x3 is no power of two");
}

/* What need not be given may be asked for; what cannot be may only be wished. */
static void test_requests(void **state)
{
	(void)state;
	make_elf();
	TAG(1, REQUIRED, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21);
	TAG(1, OPTIONAL, 22, 1000);
	TAG(4, OPTIONAL, 3);
	TAG(4, REQUIRED, 2);
	TAG(5, OPTIONAL, 1024, 768, 32);
	EMPTY_TAG(6, REQUIRED);
	EMPTY_TAG(7, REQUIRED);
	TAG(8, REQUIRED, 0x1000);
	TAG(9, REQUIRED, 0x1000);
	TAG(777, OPTIONAL, 1);
	assert_int_equal(load(), 0);
}

#define REFUSES(make, error, part)                                                                 \
	do {                                                                                       \
		start_header();                                                                    \
		make_elf();                                                                        \
		make;                                                                              \
		assert_int_equal(load(), error);                                                   \
		fake_expect_why(part);                                                             \
	} while (0)

static void test_refusals(void **state)
{
	(void)state;
	REFUSES(TAG(1, REQUIRED, 1, 22), -ERR_UNSUPPORTED, "tag at offset 0x210: type=1 flags=0 mbi_tag_types=0x16 is an unknown kind");
	REFUSES(TAG(4, REQUIRED, 1), -ERR_UNSUPPORTED, "type=4 flags=0 console_flags=0x1 requires a screen");
	REFUSES(TAG(5, REQUIRED, 640, 480, 32), -ERR_UNSUPPORTED, "type=5 flags=0 requires a screen");
	REFUSES(EMPTY_TAG(11, REQUIRED), -ERR_UNSUPPORTED, "type=11 flags=0 is required but unknown");
	REFUSES(TAG(2, OPTIONAL, 1, 2, 3), -ERR_CORRUPT, "type=2 size=20 is too small, it has 24 bytes");
	REFUSES(EMPTY_TAG(3, REQUIRED), -ERR_CORRUPT, "type=3 size=8 is too small");
	REFUSES(TAG(2, REQUIRED, 0x300000, 0x300000, 0, 0), -ERR_CORRUPT, "no entry address tag");
	REFUSES(TAG(3, REQUIRED, 0x203000), -ERR_RANGE, "entry_addr=0x203000 is in no ELF segment");
	REFUSES(file[HEADER_AT + 4] = 4, -ERR_UNSUPPORTED, "architecture=4");
	start_header();
	assert_int_equal(load(), -ERR_CORRUPT);
	fake_expect_why("no address tag");
}

/* A tag of size 7 or beyond the header's end; no end tag at all. */
static void test_lying_lengths(void **state)
{
	static const u32 sizes[] = { 0, 7, 17, 4096, ~0U };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		start_header();
		make_elf();
		EMPTY_TAG(6, 0);
		EMPTY_TAG(0, 0);
		put32(HEADER_AT + 20, sizes[i]);
		seal();
		assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
		fake_expect_why("tag at offset 0x210: type=6");
	}
	start_header();
	make_elf();
	EMPTY_TAG(6, 0);
	seal();
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("leaves the header");
	length = 8;
	seal();
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("header_length=0x8");
	length = sizeof(file);
	seal();
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("header_length=0x1000 at offset 0x200");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_elf),	       TEST(test_flat),	    TEST(test_entry_tag),
		TEST(test_information), TEST(test_symbols),    TEST(test_relocation), TEST(test_requests),
		TEST(test_refusals),   TEST(test_lying_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
