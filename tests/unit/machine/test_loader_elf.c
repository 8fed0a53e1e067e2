/* SPDX-License-Identifier: MIT */
/* ELF files by the PVH note, of both classes: the start info, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_pvh32.h"

/* Two segments, the second with a .bss, and the note. */
static struct file64 {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	struct note {
		Elf64_Nhdr other;
		char other_name[8], other_value[4];
		Elf64_Nhdr header;
		char name[4];
		u64 entry;
	} __packed note;
	char code[64], data[32];
} f;

static struct file32 f32;

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(8));
	f = (struct file64){
		.header = { .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_entry = 0xffffffff81000000,
			    .e_phoff = offsetof(struct file64, segments),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3 },
		.segments = { { PT_LOAD, PF_X, offsetof(struct file64, code), 0xffffffff80200000,
				0x200000, sizeof(f.code), sizeof(f.code), 16 },
			      { PT_NOTE, 0, offsetof(struct file64, note), 0, 0, sizeof(f.note), 0, 4 },
			      { PT_LOAD, PF_W, offsetof(struct file64, data), 0xffffffff80300000,
				0x300000, sizeof(f.data), 0x2000, 16 } },
		.note = { { 6, 4, 18 }, "other", "no", { 4, 8, 18 }, "Xen", 0x200010 },
		.code = "this is the program",
		.data = "and its data",
	};
	memcpy(f.header.e_ident, ELFMAG "\2\1\1", 7);
	f32 = image_pvh32();
	return 0;
}

static int load(const char *cmdline)
{
	return fake_load(&f, sizeof(f), cmdline);
}

static void test_segments(void **state)
{
	(void)state;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
	assert_int_equal(fake_start.state.rip, 0x200010);
	assert_int_equal(fake_start.state.rax, 0);
	assert_memory_equal(fake_memory + 0x200000, f.code, sizeof(f.code));
	assert_memory_equal(fake_memory + 0x300000, f.data, sizeof(f.data));
	assert_int_equal(fake_u64(0x300020), 0);
}

static void test_32_bit_class(void **state)
{
	(void)state;
	assert_int_equal(fake_load(&f32, sizeof(f32), ""), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
	assert_int_equal(fake_start.state.rip, 0x100020);
	assert_memory_equal(fake_memory + 0x100000, f32.code, sizeof(f32.code));
}

static void test_start_info(void **state)
{
	gpa_t info, at;

	(void)state;
	fake_add_module("first", 6, "one");
	fake_add_module("second", 7, "two 2");
	assert_int_equal(load("console=ttyS0"), 0);
	info = fake_start.state.rbx;
	assert_int_equal(fake_u32(info), 0x336ec578);
	assert_int_equal(fake_u32(info + 4), 1);
	assert_int_equal(fake_u32(info + 8), 0);
	assert_int_equal(fake_u32(info + 12), 2);
	assert_string_equal((char *)fake_memory + fake_u64(info + 24), "console=ttyS0");
	assert_int_equal(fake_u64(info + 32), MAP_BIOS);
	at = fake_u64(info + 16);
	assert_int_equal(fake_u64(at), 0x302000);
	assert_string_equal((char *)fake_memory + fake_u64(at), "first");
	assert_int_equal(fake_u64(at + 8), 6);
	assert_string_equal((char *)fake_memory + fake_u64(at + 16), "one");
	assert_string_equal((char *)fake_memory + fake_u64(at + 32), "second");
	assert_string_equal((char *)fake_memory + fake_u64(at + 48), "two 2");
	at = fake_u64(info + 40);
	assert_int_equal(fake_u32(info + 48), 8);
	assert_int_equal(fake_u64(at), 0);
	assert_int_equal(fake_u64(at + 8), MAP_EBDA);
	assert_int_equal(fake_u32(at + 16), 1);
	assert_int_equal(fake_u64(at + 24), MAP_EBDA);
	assert_int_equal(fake_u32(at + 40), 2);
}

#define REFUSES(change, error, part)                                                               \
	do {                                                                                       \
		setup(NULL);                                                                       \
		change;                                                                            \
		assert_int_equal(load(""), error);                                                 \
		fake_expect_why(part);                                                             \
	} while (0)

static void test_bad_segments(void **state)
{
	(void)state;
	REFUSES(f.segments[0].p_offset = sizeof(f), -ERR_CORRUPT, "ELF segment 0 has p_offset=");
	REFUSES(f.segments[0].p_offset = ~0UL, -ERR_CORRUPT, "p_offset=0xffffffffffffffff");
	REFUSES(f.segments[2].p_filesz = sizeof(f), -ERR_CORRUPT, "ELF segment 2 has p_offset=");
	REFUSES(f.segments[2].p_filesz = ~0UL, -ERR_CORRUPT, "p_filesz=0xffffffffffffffff");
	REFUSES(f.segments[2].p_memsz = 31, -ERR_CORRUPT, "p_filesz=0x20, more than p_memsz=0x1f");
	REFUSES(f.segments[0].p_paddr = ~0UL - 5, -ERR_RANGE, "p_paddr=0xfffffffffffffffa");
	REFUSES(f.segments[0].p_paddr = 0xb8000, -ERR_RANGE, "ELF segment 0: p_paddr=0xb8000 p_memsz=0x40 is not all RAM");
	REFUSES(f.segments[0].p_paddr = MIB(8) - 1, -ERR_RANGE, "is not all RAM");
	REFUSES(f.segments[0].p_paddr = 0xe0000, -ERR_RANGE, "over the firmware's memory");
	REFUSES(f.segments[0].p_paddr = 0x301fff, -ERR_CORRUPT, "ELF segment 2: p_paddr=0x300000 p_memsz=0x2000 is over segment 0, 0x301fff to 0x30203e");
	REFUSES(f.segments[2].p_memsz = MIB(6), -ERR_RANGE, "is not all RAM: give more with mem=");
	REFUSES(f.segments[0].p_type = f.segments[2].p_type = PT_NULL, -ERR_CORRUPT,
		"has no segment to load (e_phnum=3)");
	REFUSES(f.note.entry = 0x400000, -ERR_RANGE, "XEN_ELFNOTE_PHYS32_ENTRY=0x400000 is in no ELF segment; segment 2 has p_paddr=0x300000");
	REFUSES(f.note.entry = 1UL << 32 | 0x200000, -ERR_RANGE, "PHYS32_ENTRY=0x100200000");
}

static void test_bad_headers(void **state)
{
	(void)state;
	REFUSES(f.header.e_ident[EI_CLASS] = 3, -ERR_CORRUPT, "the ELF header's EI_CLASS=0x3");
	REFUSES(f.header.e_ident[EI_DATA] = 2, -ERR_CORRUPT, "EI_DATA=0x2");
	REFUSES(f.header.e_machine = EM_ARM, -ERR_CORRUPT, "e_machine=0x28");
	REFUSES(f.header.e_type = ET_REL, -ERR_CORRUPT, "e_type=0x1");
	REFUSES(f.header.e_phentsize = 32, -ERR_CORRUPT, "e_phentsize=0x20");
	REFUSES(f.header.e_phoff = ~0UL, -ERR_CORRUPT, "e_phoff=0xffffffffffffffff");
	REFUSES(f.header.e_phnum = 60000, -ERR_CORRUPT, "e_phoff=0x40 e_phnum=60000 go beyond the file's");
	REFUSES(f.segments[1].p_filesz = sizeof(f), -ERR_CORRUPT, "ELF segment 1 (notes) has p_offset=");
}

/* Notes that lie about their own lengths; and good ones that are not PVH's. */
static void test_bad_notes(void **state)
{
	(void)state;
	REFUSES(f.note.other.n_namesz = ~0U, -ERR_CORRUPT, "ELF note at 0xe8: n_namesz=0xffffffff n_descsz=0x4 is wrong in segment 1");
	REFUSES(f.note.other.n_descsz = ~0U, -ERR_CORRUPT, "n_namesz=0x6 n_descsz=0xffffffff");
	REFUSES(f.note.header.n_descsz = 3, -ERR_CORRUPT, "n_namesz=0x4 n_descsz=0x3");
	REFUSES(f.note.header.n_descsz = 12, -ERR_CORRUPT, "n_namesz=0x4 n_descsz=0xc");
	REFUSES(f.note.header.n_namesz = 5, -ERR_CORRUPT, "n_namesz=0x5 n_descsz=0x8");
	REFUSES(f.note.name[0] = 'x', -ERR_UNSUPPORTED, "n_namesz=0x4 n_type=0x12 is not PVH's (Xen, 18)");
	REFUSES(f.note.header.n_type = 17, -ERR_UNSUPPORTED, "n_namesz=0x4 n_type=0x11 is not PVH's");
	REFUSES((f.note.header.n_type = f.note.other.n_type = 17, f.note.name[0] = 'x'),
		-ERR_UNSUPPORTED, "an ELF file without Multiboot header, or PVH note in segment 1, p_offset=0xe8");
	REFUSES(f.note.header.n_descsz = 7, -ERR_CORRUPT, "n_namesz=0x4 n_descsz=0x7");
	setup(NULL);
	f.note.header.n_descsz = 4; /* the upper half is not the note's */
	f.segments[1].p_filesz -= 4;
	f.note.entry |= 5UL << 32;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.state.rip, 0x200010);
}

/* In a segment whose p_align is 8, values and notes are at multiples of that. */
static void test_notes_of_eight(void **state)
{
	static const u32 notes[] = { 6, 4, 1, 0x756e694c, 'x', 0, 5, 0, 4, 8, 18, 0x6e6558, 0x200010, 0 };

	(void)state;
	memcpy((u8 *)&f + offsetof(struct file64, note), notes, sizeof(notes)); /* and some code */
	f.segments[1].p_filesz = sizeof(notes);
	assert_int_not_equal(load(""), 0);
	f.segments[1].p_align = 8;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.state.rip, 0x200010);
}

/* Each segment is a piece of memory of its own, and there is an end to those. */
static void test_many_segments(void **state)
{
	static struct {
		struct file64 file;
		Elf64_Phdr more[40];
	} many;

	(void)state;
	many.file = f;
	many.file.header.e_phoff = offsetof(typeof(many), more);
	for (unsigned i = 0; i < 40; i++) {
		many.more[i] = f.segments[0];
		many.more[i].p_paddr += 0x1000 * i;
	}
	many.more[0] = f.segments[1];
	many.file.header.e_phnum = 33;
	many.file.note.entry = 0x201000;
	assert_int_equal(fake_load(&many, sizeof(many), ""), 0);
	many.file.header.e_phnum = 34;
	assert_int_equal(fake_load(&many, sizeof(many), ""), -ERR_UNSUPPORTED);
	fake_expect_why("e_phnum=34 are more than 32 segments to load: link it in fewer");
}

/* Only some segments of notes are looked at. */
static void test_many_notes(void **state)
{
	static struct {
		struct file64 file;
		Elf64_Phdr more[10];
	} many;

	(void)state;
	for (unsigned before = 7; before <= 8; before++) {
		many.file = f;
		many.file.header.e_phoff = offsetof(typeof(many), more);
		many.file.header.e_phnum = 10;
		for (unsigned i = 0; i < before; i++)
			many.more[i] = (Elf64_Phdr){ .p_type = PT_NOTE };
		many.more[before] = f.segments[1];
		many.more[9] = f.segments[0];
		assert_int_equal(fake_load(&many, sizeof(many), ""), before == 7 ? 0 : -ERR_UNSUPPORTED);
	}
	fake_expect_why("e_phnum=10 have more than 8 segments of notes");
}

static void test_cut_off(void **state)
{
	(void)state;
	for (u64 n = 4; n < sizeof(f); n++)
		assert_int_not_equal(fake_load(&f, n, ""), 0);
	for (u64 n = 4; n < sizeof(f32); n++)
		assert_int_not_equal(fake_load(&f32, n, ""), 0);
}

static void test_no_room_for_information(void **state)
{
	static char large[MIB(7)];

	(void)state;
	fake_add_module(large, sizeof(large), "");
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("module 2: a module below 4G: no room for 7168K: give more with mem=");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_segments),	TEST(test_32_bit_class), TEST(test_start_info),
		TEST(test_bad_segments), TEST(test_bad_headers), TEST(test_bad_notes),
		TEST(test_cut_off),	TEST(test_no_room_for_information),
		TEST(test_notes_of_eight), TEST(test_many_segments), TEST(test_many_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
