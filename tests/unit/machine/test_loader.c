/* SPDX-License-Identifier: MIT */
/* What a module is taken for, where a raw blob goes, and every complaint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"
#include "tests/unit/kernel/fake_log.h"
#include "tests/unit/machine/fake_loader.h"

#define MEMORY MIB(2)

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MEMORY);
	fake_log_reset();
	return 0;
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(fake_load("\xf4\x90\x90", 3, ""), 0);
	assert_memory_equal(fake_memory + 0x7c00, "\xf4\x90\x90\0", 4);
	assert_int_equal(fake_start.cs, 0);
	assert_int_equal(fake_start.ip, 0x7c00);
	assert_int_equal(fake_start.sp, 0x7c00);
	assert_int_equal(fake_vcpu.regs.rdx, 0x80);
	assert_string_equal(fake_why, "");
}

static void test_from_module_and_options(void **state)
{
	u8 blob[256] = { 0 };

	(void)state;
	fake_request.load = 0x9000;
	fake_request.entry = LOADER_NOT_GIVEN;
	assert_int_equal(fake_load(blob, sizeof(blob), "quiet"), 0);
	assert_int_equal(fake_start.ip, 0x9000); /* entry follows load */

	fake_request.entry = 0x9010;
	assert_int_equal(fake_load(blob, sizeof(blob), ""), 0);
	assert_int_equal(fake_start.ip, 0x9010);

	/* The module's own words come first. */
	assert_int_equal(fake_load(blob, sizeof(blob), "x load=0x2000 entry=8200 y"), 0);
	assert_int_equal(fake_start.ip, 8200);
	assert_int_equal(fake_start.sp, 0x2000);
}

static void test_entry_above_64k(void **state)
{
	(void)state;
	assert_int_equal(fake_load("\xf4", 1, "load=0x12345"), 0);
	assert_int_equal(fake_start.cs, 0x1234);
	assert_int_equal(fake_start.ip, 0x5);
	assert_int_equal(fake_start.sp, 0x7c00);
	assert_int_equal(fake_load("\xf4", 1, "load=0x10000"), 0);
	assert_int_equal(fake_start.cs, 0x1000);
	assert_int_equal(fake_start.ip, 0);
	assert_int_equal(fake_load("\xf4", 1, "load=0xffff"), 0);
	assert_int_equal(fake_start.cs, 0);
	assert_int_equal(fake_start.ip, 0xffff);
}

static void test_stack_needs_room(void **state)
{
	(void)state;
	assert_int_equal(fake_load("\xf4", 1, "load=0"), 0);
	assert_int_equal(fake_start.ip, 0);
	assert_int_equal(fake_start.sp, 0x7c00);
	assert_int_equal(fake_load("\xf4", 1, "load=0x1009"), 0);
	assert_int_equal(fake_start.sp, 0x1000); /* aligned */
	assert_int_equal(fake_load("\xf4", 1, "load=0xfff0"), 0);
	assert_int_equal(fake_start.sp, 0xfff0);
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(fake_load("", 0, ""), -ERR_INVAL);
	fake_expect_why("module 1 is empty");
}

static void test_bad_numbers(void **state)
{
	(void)state;
	assert_int_equal(fake_load("\xf4", 1, "load=7c00h"), -ERR_INVAL);
	fake_expect_why("load=7c00h");
	assert_int_equal(fake_load("\xf4", 1, "entry="), -ERR_INVAL);
	fake_expect_why("entry=");
	assert_int_equal(fake_load("\xf4", 1, "entry=99999999999999999999999"), -ERR_INVAL);
	fake_expect_why("entry=9999");
	/* A very long word is cut, the sentence is not. */
	assert_int_equal(fake_load("\xf4", 1,
			      "load=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
			 -ERR_INVAL);
	fake_expect_why("give one like");
}

static void test_outside_of_ram(void **state)
{
	static u8 blob[0x20000];

	(void)state;
	assert_int_equal(fake_load(blob, 16, "load=0x1ffff8"), -ERR_RANGE);
	fake_expect_why("load=0x1ffff8");
	assert_int_equal(fake_load(blob, 16, "load=0xfffff000"), -ERR_RANGE);
	assert_int_equal(fake_load(blob, 16, "load=0xfffffffffffffff8"), -ERR_RANGE);
	assert_int_equal(fake_load(blob, sizeof(blob), "load=0x90000"), -ERR_RANGE); /* VGA hole */
	assert_int_equal(fake_load(blob, 16, "load=0xb8000"), -ERR_RANGE);
	assert_null(fake_vm.enter);
}

static void test_larger_than_memory(void **state)
{
	u8 *blob = calloc(1, MEMORY + 1);

	(void)state;
	assert_int_equal(fake_load(blob, MEMORY + 1, ""), -ERR_RANGE);
	fake_expect_why("mem=");
	free(blob);
}

static void test_bad_entry(void **state)
{
	u8 blob[256] = { 0 };

	(void)state;
	assert_int_equal(fake_load(blob, sizeof(blob), "entry=0x7bff"), -ERR_RANGE);
	fake_expect_why("entry=0x7bff");
	assert_int_equal(fake_load(blob, sizeof(blob), "entry=0x7d00"), -ERR_RANGE);
	assert_int_equal(fake_load(blob, sizeof(blob), "entry=0x7cff"), 0);
	assert_int_equal(fake_load(blob, sizeof(blob), "load=0x100000"), -ERR_RANGE);
	fake_expect_why("real mode");
}

static void test_second_module_is_told(void **state)
{
	(void)state;
	fake_add_module("x", 1, "");
	assert_int_equal(fake_load("\xf4", 1, ""), 0);
	assert_non_null(strstr(fake_log_last, "module 2"));
}

/* Whatever is loaded. */
static void test_empty_module_is_told(void **state)
{
	(void)state;
	fake_request.module_count = 0;
	fake_add_module("", 0, "");
	assert_int_equal(fake_load("\x1f\x8b\x08", 3, ""), -ERR_UNSUPPORTED);
	assert_non_null(strstr(fake_log_last, "module 2 is empty"));
}

static void put32(u8 *at, u32 value)
{
	memcpy(at, &value, 4);
}

/* What each format makes of a file that has its header and nothing else. */
static void test_known_headers(void **state)
{
	u8 file[9000] = { 0 };

	(void)state;
	memcpy(file + 0x202, "HdrS", 4);
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	fake_expect_why("Linux header: version=0 is too old");
	assert_int_equal(fake_load(file, 0x205, "load=0x7c00"), 0); /* cut off: only a blob */

	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF", 4);
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("the ELF header's EI_CLASS=0 is wrong");
	assert_int_equal(fake_load(file, 4, ""), -ERR_CORRUPT);
	fake_expect_why("the ELF header's length=0x4");
	assert_int_equal(fake_load(file, 3, ""), 0);

	put32(file + 4096, 0x1badb002);
	put32(file + 4100, 3);
	put32(file + 4104, (u32) - (0x1badb002 + 3));
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("the ELF header's EI_CLASS=0");
	put32(file + 4100, 4); /* a wrong checksum */
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("Multiboot header at 0x1000: flags=0x4 checksum=0xe4524ffb instead of 0xe4524ffa");

	put32(file, 0);
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("checksum=0xe4524ffb instead of 0xe4524ffa");
	assert_int_equal(fake_load(file, sizeof(file), "load=0x8000"), 0);
	put32(file + 4100, 3);
	assert_int_equal(fake_load(file, 4108, ""), -ERR_CORRUPT); /* it ends with its header */
	fake_expect_why("flags=0x3 has no addresses");
	assert_int_equal(fake_load(file, 4107, ""), -ERR_CORRUPT);
	fake_expect_why("at offset 0x1000 does not end within 0x100b bytes");

	memset(file, 0, sizeof(file));
	put32(file + 8, 0xe85250d6);
	put32(file + 16, 16);
	put32(file + 20, (u32) - (0xe85250d6 + 16));
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("Multiboot2 header, tag at offset 0x18: type=0 size=0 leaves");
	assert_int_equal(fake_load(file, 23, ""), -ERR_CORRUPT);
	fake_expect_why("at offset 0x8 does not end within 0x17 bytes");
	put32(file + 20, 7);
	assert_int_equal(fake_load(file, sizeof(file), ""), -ERR_CORRUPT);
	fake_expect_why("at 0x8: architecture=0 header_length=0x10 checksum=0x7 instead of 0x17adaf1a");

	assert_int_equal(fake_load("\x1f\x8b\x08", 3, ""), -ERR_UNSUPPORTED);
	fake_expect_why("gzip");
}

/* Only the first part of a file is searched. */
static void test_search_ends(void **state)
{
	static u8 file[40000];

	(void)state;
	for (unsigned at = 32752; at <= 32768; at += 16) {
		memset(file, 0, sizeof(file));
		put32(file + at, 0xe85250d6);
		put32(file + at + 12, (u32)-0xe85250d6);
		assert_int_equal(fake_load(file, sizeof(file), ""), at < 32768 ? -ERR_CORRUPT : 0);
	}
	for (unsigned at = 8188; at <= 8192; at += 4) {
		memset(file, 0, sizeof(file));
		put32(file + at, 0x1badb002);
		put32(file + at + 8, (u32)-0x1badb002);
		assert_int_equal(fake_load(file, sizeof(file), ""), at < 8192 ? -ERR_CORRUPT : 0);
	}
}

static void test_boot_sector(void **state)
{
	u8 sector[512] = { 0xf4, [510] = 0x55, 0xaa };

	(void)state;
	assert_int_equal(fake_load(sector, sizeof(sector), ""), 0);
	/* The BIOS goes there by itself. */
	assert_int_equal(fake_start.mode, FAKE_REAL);
	assert_int_equal(fake_start.cs, 0xf000);
	assert_int_equal(fake_start.ip, bios_code_at(bios_code_boot));
	assert_int_equal(fake_start.sp, 0x7c00);
	assert_int_equal(fake_vcpu.regs.rdx, 0x80);
	assert_memory_equal(fake_memory + 0x7c00, sector, sizeof(sector));
	assert_int_equal(fake_memory[0x475], 1);
	assert_int_equal(fake_vm.bios.sectors, 1);
	/* load= or entry= make it a blob. */
	assert_int_equal(fake_load(sector, sizeof(sector), "load=0x7c00"), 0);
	assert_int_equal(fake_start.ip, 0x7c00);
	assert_int_equal(fake_load(sector, sizeof(sector), "entry=0x7c02"), 0);
	assert_int_equal(fake_start.ip, 0x7c02);
	fake_request.load = 0x8000; /* Trivet's own */
	assert_int_equal(fake_load(sector, sizeof(sector), ""), 0);
	assert_int_equal(fake_start.ip, 0x8000);
}

/* Of a small image all is in memory, of a large one the first sector; both are disks. */
static void test_disk(void **state)
{
	static u8 image[1440 * 1024];

	(void)state;
	image[510] = 0x55;
	image[511] = 0xaa;
	image[512] = 0x12;
	assert_int_equal(fake_load(image, 1024, ""), 0);
	assert_int_equal(fake_memory[0x7e00], 0x12);
	assert_int_equal(fake_vcpu.regs.rdx, 0);
	assert_int_equal(fake_u16(0x410) & 1, 1); /* a floppy disk drive */
	assert_int_equal(fake_load(image, 1024, "drive=0x80"), 0);
	assert_int_equal(fake_vcpu.regs.rdx, 0x80);
	fake_memory[0x7e00] = 0;
	assert_int_equal(fake_load(image, sizeof(image), ""), 0);
	assert_int_equal(fake_memory[0x7e00], 0);
	assert_int_equal(fake_vm.bios.length, sizeof(image));
	assert_int_equal(fake_load(image, 1024, "drive=1"), -ERR_INVAL);
	fake_expect_why("drive=0x1: there is no such disk: give 0 (floppy) or 0x80 (hard disk)");
	assert_int_equal(fake_load(image, 1024, "drive=a"), -ERR_INVAL);
	fake_expect_why("drive=a is no number");
}

/* What programs look for where a BIOS would have put it. */
static void test_bios_data(void **state)
{
	(void)state;
	assert_int_equal(fake_load("\xf4", 1, ""), 0);
	assert_int_equal(fake_u16(0x400), 0x3f8);
	assert_int_equal(fake_u16(0x40e), 0x9fc0);
	assert_int_equal(fake_u16(0x413), 639);
	assert_int_equal(fake_u16(0x9fc00), 1);
	assert_memory_equal(fake_memory + MAP_BIOS, "RSD PTR ", 8);

	/* Each vector leads to code in the segment F000H; most to the IRET at FF53H. */
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(fake_u16(4 * i + 2), 0xf000);
		assert_int_not_equal(fake_memory[MAP_BIOS + fake_u16(4 * i)], 0);
	}
	assert_int_equal(fake_u16(4 * 0x20), 0xff53);
	assert_int_equal(fake_memory[0xfff53], 0xcf);
	assert_int_equal(fake_u16(4 * 0x08), bios_code_at(bios_code_timer));
	assert_int_equal(fake_u16(4 * 0x0f), bios_code_at(bios_code_master));
	assert_int_equal(fake_u16(4 * 0x70), bios_code_at(bios_code_slave));
	assert_int_equal(fake_u16(4 * 0x10), 0xe000);
	assert_int_equal(fake_u16(4 * 0x13), 0xe030);
	assert_memory_equal(fake_memory + 0xfe030, "\xe6\xb2\x73", 3); /* out %al, $0xb2; jnc */
	assert_memory_equal(fake_memory + 0xffff0, "\xea", 1); /* ljmp, to the reset */
	assert_int_equal(fake_u16(0xffff1), bios_code_at(bios_code_reset));
	assert_int_equal(fake_memory[0xffffe], 0xfc);
	assert_true(fake_vm.bios.present);
}

/* A blob may be a BIOS of its own: then nothing points to our tables any more. */
static void test_blob_over_the_tables(void **state)
{
	static u8 blob[0x10000];

	(void)state;
	assert_int_equal(fake_load(blob, sizeof(blob), "load=0xd0001"), 0);
	assert_int_equal(fake_u64(MAP_BIOS), 0);
	fake_loader_reset(MEMORY);
	assert_int_equal(fake_load(blob, sizeof(blob), "load=0xd0000"), 0);
	assert_memory_equal(fake_memory + MAP_BIOS, "RSD PTR ", 8);
}

static void test_short_files(void **state)
{
	u8 file[64];

	(void)state;
	memset(file, 0xd6, sizeof(file));
	for (unsigned n = 1; n <= sizeof(file); n++)
		assert_int_equal(fake_load(file, n, ""), 0);
}

static void test_reading_numbers(void **state)
{
	static const u8 bytes[] = { 1, 2, 3, 4, 5 };
	const struct loader_file f = { "f", bytes, sizeof(bytes), "" };

	(void)state;
	assert_int_equal(loader_read16(&f, 3), 0x0504);
	assert_int_equal(loader_read16(&f, 4), 0);
	assert_int_equal(loader_read32(&f, 1), 0x05040302);
	assert_int_equal(loader_read32(&f, 2), 0);
	assert_int_equal(loader_read32(&f, ~0UL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_from_module_and_options),
		TEST(test_entry_above_64k),
		TEST(test_stack_needs_room),
		TEST(test_empty),
		TEST(test_bad_numbers),
		TEST(test_outside_of_ram),
		TEST(test_larger_than_memory),
		TEST(test_bad_entry),
		TEST(test_second_module_is_told),
		TEST(test_empty_module_is_told),
		TEST(test_known_headers),
		TEST(test_search_ends),
		TEST(test_boot_sector),
		TEST(test_disk),
		TEST(test_bios_data),
		TEST(test_blob_over_the_tables),
		TEST(test_short_files),
		TEST(test_reading_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
