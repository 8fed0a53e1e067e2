/* SPDX-License-Identifier: MIT */
/* A bzImage made by hand: where it goes, what it is told, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <asm/bootparam.h>
#include <cmocka.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_linux.h"

static u8 file[IMAGE_LINUX_SIZE];
static struct setup_header *const h = (struct setup_header *)(file + 0x1f1);

/* What a kernel of today says. */
static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(32));
	image_linux(file);
	return 0;
}

static int load(const char *cmdline)
{
	return fake_load(file, sizeof(file), cmdline);
}

static struct boot_params *params(void)
{
	return (struct boot_params *)(fake_memory + fake_start.state.rsi);
}

static void expect_code_at(gpa_t at)
{
	assert_memory_equal(fake_memory + at, file + IMAGE_LINUX_SETUP, IMAGE_LINUX_CODE);
	assert_int_equal(params()->hdr.code32_start, at);
}

static void test_64_bit(void **state)
{
	u64 cr3;

	(void)state;
	assert_int_equal(load("console=ttyS0"), 0);
	assert_int_equal(fake_start.mode, FAKE_LONG);
	assert_int_equal(fake_start.state.rip, MIB(16) + 0x200);
	expect_code_at(MIB(16));
	assert_int_equal(fake_u64(fake_start.state.gdt + 16), 64);

	/* The first 4 GiB are mapped to themselves. */
	cr3 = fake_start.state.cr3;
	for (u64 at = 0; at < GIB(4); at += SIZE_2M) {
		u64 directory = fake_u64((fake_u64(cr3) & ~0xfffUL) + 8 * (at >> 30));

		assert_int_equal(fake_u64((directory & ~0xfffUL) + 8 * (at >> 21 & 511)), at | 0x83);
	}
	assert_int_equal(fake_u64(cr3) & 0xfff, 3);
	assert_int_equal(fake_u64(cr3 + 8), 0);
	assert_int_equal(fake_u64((fake_u64(cr3) & ~0xfffUL) + 32), 0);
}

static void test_boot_params(void **state)
{
	const struct boot_params *p;
	u64 usable = 0;

	(void)state;
	h->setup_data = 0x1234;
	h->ramdisk_image = 0x5678;
	file[0x1ef] = 0xff; /* the sentinel is not to be copied */
	assert_int_equal(load("console=ttyS0 quiet"), 0);
	p = params();
	assert_int_equal(p->sentinel, 0);
	assert_int_equal(p->hdr.type_of_loader, 0xff);
	assert_int_equal(p->hdr.loadflags, LOADED_HIGH);
	assert_int_equal(p->hdr.setup_data, 0);
	assert_int_equal(p->hdr.ramdisk_image, 0);
	assert_int_equal(p->hdr.ramdisk_size, 0);
	assert_int_equal(p->hdr.init_size, MIB(4));
	assert_int_equal(p->acpi_rsdp_addr, MAP_BIOS);
	assert_string_equal((char *)fake_memory + p->hdr.cmd_line_ptr, "console=ttyS0 quiet");
	assert_int_equal(p->alt_mem_k, 31 * 1024);
	assert_int_equal(p->screen_info.ext_mem_k, 31 * 1024);
	assert_int_equal(p->screen_info.orig_video_isVGA, 0);
	assert_int_equal(p->e820_entries, 8);
	for (unsigned i = 0; i < p->e820_entries; i++)
		usable += p->e820_table[i].type == 1 ? p->e820_table[i].size : 0;
	assert_int_equal(usable, MIB(31) + MAP_EBDA);
}

static void test_32_bit(void **state)
{
	(void)state;
	h->xloadflags = 0;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
	assert_int_equal(fake_start.state.rip, MIB(16));
	assert_int_equal(fake_start.state.rbx, 0);
	expect_code_at(MIB(16));
	assert_int_equal(fake_u64(fake_start.state.gdt + 16), 32);
	h->xloadflags = XLF_KERNEL_64;
	h->version = 0x20b;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.mode, FAKE_PROTECTED);
}

/*
 * The lowest aligned place from the preferred one on: below, the kernel would
 * move itself there, and need its memory where nobody has looked.
 */
static void test_relocation(void **state)
{
	(void)state;
	h->pref_address = MIB(16) + 0x1000; /* not aligned */
	assert_int_equal(load(""), 0);
	expect_code_at(MIB(18));
	assert_int_equal(params()->hdr.kernel_alignment, MIB(2));
	h->pref_address = MIB(30);
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("pref_address=0x1e00000 init_size=0x400000 kernel_alignment=0x200000 min_alignment=21: "
			"no room for 4096K: give more with mem=");
	h->pref_address = ~0UL - 0xfff;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("pref_address=0xfffffffffffff000 is not below 4G");
	h->pref_address = GIB(4);
	assert_int_equal(load(""), -ERR_CORRUPT);
	h->pref_address = GIB(4) - 1;
	assert_int_equal(load(""), -ERR_RANGE);
}

/* Where nothing is aligned well, the lesser alignment, of which the kernel is told. */
static void test_min_alignment(void **state)
{
	(void)state;
	h->kernel_alignment = MIB(64);
	assert_int_equal(load(""), 0);
	expect_code_at(MIB(16));
	assert_int_equal(params()->hdr.kernel_alignment, MIB(2));
	h->min_alignment = 12;
	h->pref_address = 0;
	assert_int_equal(load(""), 0);
	expect_code_at(MIB(1));
	assert_int_equal(params()->hdr.kernel_alignment, 0x1000);
	/* It must have more than it says to want: so it wants that. */
	h->kernel_alignment = 0x1000;
	h->min_alignment = 21;
	h->pref_address = MIB(5);
	assert_int_equal(load(""), 0);
	expect_code_at(MIB(6));
	assert_int_equal(params()->hdr.kernel_alignment, MIB(2));
	h->kernel_alignment = MIB(64);
	h->min_alignment = 0; /* there is none */
	assert_int_equal(load(""), -ERR_RANGE);
}

static void test_fixed(void **state)
{
	(void)state;
	h->relocatable_kernel = 0;
	assert_int_equal(load(""), 0);
	assert_int_equal(fake_start.state.rip, MIB(1) + 0x200);
	expect_code_at(MIB(1));
	h->pref_address = 0; /* none */
	assert_int_equal(load(""), 0);
	expect_code_at(MIB(1));
	h->pref_address = MIB(29);
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("pref_address=0x1d00000 init_size=0x400000 is not all RAM: give more");
	h->pref_address = ~0UL - 0xfff;
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("wrap around");
}

/* Each version, cut off right behind the last field it had. */
static void test_versions(void **state)
{
	static const struct {
		u16 version;
		u8 jump; /* end of the header - 202H */
		u64 load;
	} rows[] = {
		{ 0x202, 0x2c - 2, MIB(1) },  { 0x203, 0x30 - 2, MIB(1) },
		{ 0x204, 0x30 - 2, MIB(1) },  { 0x205, 0x35 - 2, MIB(2) },
		{ 0x206, 0x3c - 2, MIB(2) },  { 0x209, 0x58 - 2, MIB(2) },
		{ 0x20a, 0x64 - 2, MIB(16) }, { 0x20b, 0x68 - 2, MIB(16) },
		{ 0x20f, 0x6c - 2, MIB(16) },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		h->version = rows[i].version;
		h->jump = (u16)(0xeb | rows[i].jump << 8);
		memset(file + 0x202 + rows[i].jump, 0xcc, 0x290 - 0x202 - rows[i].jump);
		assert_int_equal(load("x"), 0);
		expect_code_at(rows[i].load);
		assert_string_equal((char *)fake_memory + params()->hdr.cmd_line_ptr, "x");
		/* Nothing behind the header was taken for a part of it. */
		if (rows[i].jump + 0x202 < 0x26c)
			assert_int_equal(((u8 *)params())[0x202 + rows[i].jump], 0);
	}
	setup(NULL);
	h->jump = 0x5deb; /* one byte short of init_size */
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("jump=0x5deb ends it after 110 bytes, version=0x20f needs 115");
	h->version = 0x201;
	assert_int_equal(load(""), -ERR_UNSUPPORTED);
	fake_expect_why("version=0x201 is too old");
}

static void test_initrd(void **state)
{
	static u8 archive[5001];
	gpa_t at;

	(void)state;
	memset(archive, 0xab, sizeof(archive));
	fake_add_module(archive, sizeof(archive), "");
	assert_int_equal(load(""), 0);
	at = params()->hdr.ramdisk_image;
	assert_int_equal(at, MIB(32) - 0x2000);
	assert_int_equal(params()->hdr.ramdisk_size, sizeof(archive));
	assert_memory_equal(fake_memory + at, archive, sizeof(archive));

	/* Below the kernel's limit; a second archive follows at a multiple of four. */
	h->initrd_addr_max = MIB(8) + 0xfff;
	fake_add_module("second", 6, "");
	assert_int_equal(load(""), 0);
	at = params()->hdr.ramdisk_image;
	assert_int_equal(at, MIB(8) - 0x1000);
	assert_int_equal(params()->hdr.ramdisk_size, 5004 + 6);
	assert_memory_equal(fake_memory + at + 5001, "\0\0\0second", 9);

	h->initrd_addr_max = MIB(1);
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("module 2: the initrd, below the kernel's initrd_addr_max=0x100000: no room for 5K: "
			"is it damaged?");
}

static void test_cmdline_limit(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[255] = 0;
	h->cmdline_size = 255;
	assert_int_equal(load(text), 0);
	text[255] = 'x';
	text[256] = 0;
	assert_int_equal(load(text), -ERR_RANGE);
	fake_expect_why("has 256 characters, this kernel takes cmdline_size=255");
	h->version = 0x205;
	h->cmdline_size = 2047;
	assert_int_equal(load(text), -ERR_RANGE);
}

static void test_refusals(void **state)
{
	(void)state;
	h->boot_flag = 0xaa54;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("boot_flag=0xaa54");
	setup(NULL);
	h->loadflags = 0;
	assert_int_equal(load(""), -ERR_UNSUPPORTED);
	fake_expect_why("loadflags=0 is a zImage's");
	setup(NULL);
	h->syssize = IMAGE_LINUX_CODE / 16 + 1;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("setup_sects=4 syssize=0x301 need 14864 bytes, the file has 14848");
	setup(NULL);
	h->setup_sects = 255;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("setup_sects=255");
	setup(NULL);
	h->kernel_alignment = 0x300000;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("kernel_alignment=0x300000");
	setup(NULL);
	h->min_alignment = 32;
	assert_int_equal(load(""), -ERR_CORRUPT);
	fake_expect_why("min_alignment=32");
	setup(NULL);
	h->init_size = MIB(31) + 1;
	assert_int_equal(load(""), -ERR_RANGE);
	fake_expect_why("init_size=0x1f00001 kernel_alignment=0x200000 min_alignment=21: no room for 31745K");
	setup(NULL);
	h->code32_start = 0; /* nobody needs it for the 64-bit entry */
	assert_int_equal(load(""), 0);
	h->xloadflags = 0;
	assert_int_equal(load(""), -ERR_UNSUPPORTED);
	fake_expect_why("code32_start=0, its entry is in real mode and calls a BIOS: give a kernel with");
	setup(NULL);
	h->syssize = 1;
	assert_int_equal(fake_load(file, IMAGE_LINUX_SETUP + 0x200, ""), -ERR_CORRUPT);
	fake_expect_why("has a 64-bit entry at 0x200, but behind setup_sects=4 are 512 bytes");
	h->setup_sects = 1;
	assert_int_equal(fake_load(file, 1023, ""), -ERR_CORRUPT);
	fake_expect_why("has only 1023 bytes");
}

/* Whatever the length of the file: never a byte beyond it. ASan watches. */
static void test_cut_off(void **state)
{
	(void)state;
	for (u64 n = 0x206; n < 0x2200; n += n < 0x300 ? 1 : 97)
		assert_int_not_equal(fake_load(file, n, ""), 0);
	/* The version's text ends the file. */
	h->kernel_version = (u16)(sizeof(file) - 0x200 - 3);
	assert_int_equal(load(""), 0);
	h->kernel_version = 0xffff;
	assert_int_equal(load(""), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_64_bit),  TEST(test_boot_params), TEST(test_32_bit),	    TEST(test_relocation),
		TEST(test_fixed),   TEST(test_versions),    TEST(test_initrd),	    TEST(test_cmdline_limit),
		TEST(test_refusals), TEST(test_cut_off),    TEST(test_min_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
