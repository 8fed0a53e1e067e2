/* SPDX-License-Identifier: MIT */
/* Multiboot 1: flat and ELF kernels, the boot information, every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "tests/unit/kernel/fake_log.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_multiboot1.h"

static struct flat flat;
static struct elf_file elf;

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(8));
	fake_log_reset();
	flat = image_multiboot1_flat();
	elf = image_multiboot1_elf();
	return 0;
}

static int load_flat(void)
{
	seal(&flat.header);
	return fake_load(&flat, sizeof(flat), "a b c");
}

static int load_elf(void)
{
	seal(&elf.header);
	return fake_load(&elf, sizeof(elf), "");
}

static void test_flat(void **state)
{
	(void)state;
	assert_int_equal(load_flat(), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
	assert_int_equal(fake_start.state.rax, 0x2badb002);
	assert_int_equal(fake_start.state.rip, 0x100030);
	assert_memory_equal(fake_memory + 0x100008, flat.junk + 8, sizeof(flat) - 8);
	assert_int_equal(fake_u64(0x100000), 0);
	/* Without an end: the whole rest of the file, and no .bss. */
	flat.header.load_end = flat.header.bss_end = 0;
	assert_int_equal(load_flat(), 0);
	assert_memory_equal(fake_memory + 0x100008, flat.junk + 8, sizeof(flat) - 8);
}

/* Entries are virtual addresses; some linker scripts have physical ones. */
static void test_elf_entry(void **state)
{
	(void)state;
	assert_int_equal(load_elf(), 0);
	assert_int_equal(fake_start.state.rip, 0x200010);
	assert_memory_equal(fake_memory + 0x200000, &elf.header, sizeof(elf.header) + sizeof(elf.code));
	elf.ehdr.e_entry = 0x200020;
	assert_int_equal(load_elf(), 0);
	assert_int_equal(fake_start.state.rip, 0x200020);
	elf.ehdr.e_entry = 0x201800;
	assert_int_equal(load_elf(), -ERR_RANGE);
	fake_expect_why("e_entry=0x201800 is in no ELF segment; segment 0 has p_vaddr=0xffffffff80200000");
}

static void test_information(void **state)
{
	static const char module[5000] = "the module";
	gpa_t info, at;
	u32 length;

	(void)state;
	fake_add_module(module, sizeof(module), "with words");
	fake_add_module("x", 1, "");
	assert_int_equal(load_flat(), 0);
	info = fake_start.state.rbx;
	assert_int_equal(fake_u32(info), 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9);
	assert_int_equal(fake_u32(info + 4), 639);
	assert_int_equal(fake_u32(info + 8), 7 * 1024);
	assert_string_equal((char *)fake_memory + fake_u32(info + 16), "a b c");
	assert_int_equal(fake_u32(info + 20), 2);
	assert_string_equal((char *)fake_memory + fake_u32(info + 64), "Trivet");

	at = fake_u32(info + 24);
	assert_int_equal(fake_u32(at), 0x102000); /* behind .bss, page-aligned */
	assert_int_equal(fake_u32(at + 4), 0x102000 + sizeof(module));
	assert_memory_equal(fake_memory + 0x102000, module, sizeof(module));
	assert_string_equal((char *)fake_memory + fake_u32(at + 8), "with words");
	assert_int_equal(fake_u32(at + 12), 0);
	assert_int_equal(fake_u32(at + 16), 0x104000);
	assert_int_equal(fake_u32(at + 20), 0x104001);

	length = fake_u32(info + 44);
	at = fake_u32(info + 48);
	assert_int_equal(length, 8 * 24);
	for (u32 i = 0; i < length; i += 24)
		assert_int_equal(fake_u32(at + i), 20);
	assert_int_equal(fake_u64(at + 4), 0);
	assert_int_equal(fake_u64(at + 12), MAP_EBDA);
	assert_int_equal(fake_u32(at + 20), 1);
	assert_int_equal(fake_u64(at + 24 * 5 + 4), MIB(1));
	assert_int_equal(fake_u64(at + 24 * 5 + 12), MIB(7));
}

static void test_symbols(void **state)
{
	gpa_t info, at;

	(void)state;
	assert_int_equal(load_elf(), 0);
	info = fake_start.state.rbx;
	assert_true(fake_u32(info) & 1 << 5);
	assert_int_equal(fake_u32(info + 28), 4);
	assert_int_equal(fake_u32(info + 32), sizeof(Elf64_Shdr));
	assert_int_equal(fake_u32(info + 40), 2);
	at = fake_u32(info + 36);
	assert_int_equal(fake_u64(at + sizeof(Elf64_Shdr) + 16), 0x200000); /* the program's stays */
	assert_string_equal((char *)fake_memory + fake_u64(at + 2 * sizeof(Elf64_Shdr) + 16),
			    "the strings");
	assert_string_equal((char *)fake_memory + fake_u64(at + 3 * sizeof(Elf64_Shdr) + 16),
			    "the symbols");

	/* Sections that are not in the file are left out; without good headers, all are. */
	elf.sections[3].sh_offset = sizeof(elf);
	assert_int_equal(load_elf(), 0);
	at = fake_u32(fake_start.state.rbx + 36);
	assert_int_equal(fake_u64(at + 3 * sizeof(Elf64_Shdr) + 16), 0);
	elf.ehdr.e_shnum = 0xfff0;
	assert_int_equal(load_elf(), 0);
	assert_false(fake_u32(fake_start.state.rbx) & 1 << 5);
}

/* Symbols are worth less than a start. */
static void test_symbols_without_room(void **state)
{
	u8 *file = calloc(1, MIB(8));

	(void)state;
	elf.sections[3].sh_size = MIB(7) + 0x1000;
	memcpy(file, &elf, sizeof(elf));
	assert_int_equal(fake_load(file, MIB(8), ""), 0);
	assert_false(fake_u32(fake_start.state.rbx) & 1 << 5);
	assert_non_null(strstr(fake_log_last, "no room for the symbols"));
	free(file);
}

static void test_video_is_told(void **state)
{
	(void)state;
	flat.header.flags |= 4;
	assert_int_equal(load_flat(), 0);
	assert_non_null(strstr(fake_log_last, "no screen"));
}

#define REFUSES(change, error, part)                                                               \
	do {                                                                                       \
		setup(NULL);                                                                       \
		change;                                                                            \
		assert_int_equal(load_flat(), error);                                              \
		fake_expect_why(part);                                                             \
	} while (0)

static void test_refusals(void **state)
{
	(void)state;
	REFUSES(flat.header.flags |= 8, -ERR_UNSUPPORTED, "flags=0x1000b require");
	REFUSES(flat.header.flags |= 0x8000, -ERR_UNSUPPORTED, "flags=0x18003 require");
	REFUSES(flat.header.flags = 3, -ERR_CORRUPT, "flags=0x3 has no addresses");
	REFUSES(flat.header.load = 0x100011, -ERR_CORRUPT, "load_addr=0x100011 header_addr=0x100010");
	REFUSES(flat.header.load = ~0U, -ERR_CORRUPT, "load_addr=0xffffffff"); /* Multiboot2's */
	REFUSES(flat.header.load = 0xfffff, -ERR_CORRUPT, "load_addr=0xfffff");
	REFUSES(flat.header.load_end = 0x100007, -ERR_CORRUPT, "load_end_addr=0x100007");
	REFUSES(flat.header.load_end += 1, -ERR_CORRUPT, "is it cut off?");
	REFUSES(flat.header.bss_end = 0x100020, -ERR_CORRUPT, "bss_end_addr=0x100020 is below");
	REFUSES(flat.header.bss_end = 0xfffffff0, -ERR_RANGE, "is not all RAM");
	REFUSES(flat.header.entry = 0x102000, -ERR_RANGE, "entry_addr=0x102000 is outside of load_addr=0x100008 bss_end_addr=0x102000");
	REFUSES(flat.header.entry = 0x100007, -ERR_RANGE, "entry_addr=0x100007 is outside of load_addr=0x100008");
	REFUSES((flat.header.header = 0x9fb10, flat.header.load = 0x9fb00, flat.header.load_end = 0,
		 flat.header.bss_end = 0x9fc01, flat.header.entry = 0x9fb10),
		-ERR_RANGE, "over the firmware's memory");
	setup(NULL);
	assert_int_equal(fake_load(&flat, 16 + 31, ""), -ERR_CORRUPT);
	fake_expect_why("ends before entry_addr");
}

static void test_cut_off(void **state)
{
	const u64 end = elf.segment.p_offset + elf.segment.p_filesz;

	(void)state;
	for (u64 n = 4; n < end; n++)
		assert_int_not_equal(fake_load(&elf, n, ""), 0);
	assert_int_equal(fake_load(&elf, end, ""), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_flat),	 TEST(test_elf_entry), TEST(test_information),
		TEST(test_symbols),	 TEST(test_symbols_without_room),
		TEST(test_video_is_told), TEST(test_refusals), TEST(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
