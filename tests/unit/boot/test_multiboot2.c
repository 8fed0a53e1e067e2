/* SPDX-License-Identifier: MIT */
/* The Multiboot2 parser on blocks as BIOS and UEFI computers give them, and on large ones. */
#include "boot/info.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/boot/block.h"

static void bios_like(void **state)
{
	u32 mmap;

	(void)state;
	start();
	tag(21, "\0\0\x10", 4);
	tag_text(MULTIBOOT2_CMDLINE, "log=debug onexit=halt");
	tag_text(MULTIBOOT2_LOADER, "GRUB 2.06-13+deb12u1");
	tag(10, (const u8[20]){0}, 20);
	tag_module(0x121000, 0x122388, "root=/dev/sda quiet");
	tag_module(0x123000, 0x123000, "");
	mmap = mmap_begin(24);
	mmap_entry(0, 0x9fc00, 1);
	mmap_entry(0x9fc00, 0x400, 2);
	mmap_entry(0xf0000, 0x10000, 2);
	mmap_entry(0x100000, 0xfedf000, 1);
	mmap_entry(0xffdf000, 0x21000, 3);
	mmap_entry(0xfffc0000, 0x40000, 77);
	tag_end(mmap);
	tag(MULTIBOOT2_FRAMEBUFFER,
	    &(struct multiboot2_framebuffer){0xb8000, 160, 80, 25, 16, MULTIBOOT2_FB_TEXT, 0}, 24);
	tag(MULTIBOOT2_ACPI_OLD, "RSD PTR 0123456789ab", 20);
	finish();

	assert_int_equal(read_block(), 0);
	assert_string_equal(info.cmdline, "log=debug onexit=halt");
	assert_string_equal(info.loader, "GRUB 2.06-13+deb12u1");
	assert_false(info.cmdline_truncated);
	assert_false(info.efi);
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.modules[0].start, 0x121000);
	assert_int_equal(info.modules[0].length, 0x1388);
	assert_string_equal(info.modules[0].cmdline, "root=/dev/sda quiet");
	assert_int_equal(info.modules[1].length, 0);
	assert_string_equal(info.modules[1].cmdline, "");
	assert_int_equal(info.range_count, 6);
	assert_int_equal(info.ranges[3].start, 0x100000);
	assert_int_equal(info.ranges[3].length, 0xfedf000);
	assert_int_equal(info.ranges[3].type, BOOT_MEMORY_USABLE);
	assert_int_equal(info.ranges[4].type, BOOT_MEMORY_ACPI);
	assert_int_equal(info.ranges[5].type, BOOT_MEMORY_RESERVED);
	assert_int_equal(info.framebuffer.type, BOOT_FB_TEXT);
	assert_int_equal(info.framebuffer.width, 80);
	assert_int_equal(info.framebuffer.height, 25);
	assert_int_equal(info.rsdp_length, 20);
	assert_memory_equal(info.rsdp, "RSD PTR ", 8);
	assert_int_equal(info.mbi_length, block.length);
}

static void efi_like(void **state)
{
	u32 mmap;

	(void)state;
	start();
	tag_text(MULTIBOOT2_CMDLINE, "");
	mmap = mmap_begin(32); /* larger entries than we know */
	for (unsigned i = 0; i < 4; i++) {
		mmap_entry(0x1000 * i, 0x1000, i < 3 ? 1 : 4);
		put("newstuff", 8);
	}
	tag_end(mmap);
	tag_framebuffer(MULTIBOOT2_FB_RGB, 32, 800, 3200);
	tag(MULTIBOOT2_EFI64, "\x18\xec\xbe\x0f\0\0\0\0", 8);
	tag(MULTIBOOT2_ACPI_NEW, "RSD PTR NEWNEWNEWNEWNEWNEWNEWNEWNEWN", 36);
	tag(MULTIBOOT2_ACPI_OLD, "RSD PTR oldoldoldold", 20);
	finish();

	assert_int_equal(read_block(), 0);
	assert_true(info.efi);
	assert_int_equal(info.range_count, 2);
	assert_int_equal(info.ranges[0].length, 0x3000);
	assert_int_equal(info.ranges[1].start, 0x3000);
	assert_int_equal(info.ranges[1].type, BOOT_MEMORY_NVS);
	assert_int_equal(info.framebuffer.type, BOOT_FB_RGB);
	assert_int_equal(info.framebuffer.address, 0xfd000000);
	assert_int_equal(info.framebuffer.pitch, 3200);
	assert_int_equal(info.framebuffer.red_shift, 16);
	assert_int_equal(info.framebuffer.blue_bits, 8);
	assert_int_equal(info.rsdp_length, 36);
	assert_memory_equal(info.rsdp, "RSD PTR NEW", 11);
}

/* Not every neighbor may be joined. */
static void ranges_joined_only_if_alike(void **state)
{
	u32 mmap;

	(void)state;
	start();
	mmap = mmap_begin(24);
	mmap_entry(0x1000, 0x1000, 1);
	mmap_entry(0x2000, 0x1000, 2); /* other type */
	mmap_entry(0x4000, 0x1000, 2); /* hole */
	mmap_entry(0x5000, ~0UL, 2);   /* the sum of lengths would wrap */
	mmap_entry(0x9000, 0, 2);      /* empty: left out */
	tag_end(mmap);
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(info.range_count, 4);
	assert_int_equal(info.ranges[3].start, 0x5000);
	assert_int_equal(info.ranges[3].length, ~0UL);
}

static void framebuffer_types(void **state)
{
	static const struct {
		u8 type, bits_per_pixel;
		u32 width, pitch;
		enum boot_framebuffer_type want;
	} cases[] = {
		{MULTIBOOT2_FB_RGB, 32, 800, 3200, BOOT_FB_RGB},
		{MULTIBOOT2_FB_RGB, 24, 800, 2400, BOOT_FB_RGB},
		{MULTIBOOT2_FB_RGB, 32, 800, 3199, BOOT_FB_OTHER}, /* lines overlap */
		{MULTIBOOT2_FB_RGB, 32, 0x40000001, 0x10000, BOOT_FB_OTHER},
		{MULTIBOOT2_FB_RGB, 32, 0, 3200, BOOT_FB_OTHER},
		{MULTIBOOT2_FB_RGB, 16, 800, 3200, BOOT_FB_OTHER}, /* red at 16..23 */
		{MULTIBOOT2_FB_RGB, 1, 800, 3200, BOOT_FB_OTHER},
		{MULTIBOOT2_FB_INDEXED, 8, 640, 640, BOOT_FB_OTHER},
		{200, 32, 800, 3200, BOOT_FB_OTHER},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		tag_mmap();
		tag_framebuffer(cases[i].type, cases[i].bits_per_pixel, cases[i].width,
				cases[i].pitch);
		finish();
		assert_int_equal(read_block(), 0);
		assert_int_equal(info.framebuffer.type, cases[i].want);
	}
}

/* Long and unterminated text. */

static void text_is_cut_and_told(void **state)
{
	static char text[4000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	start();
	tag_text(MULTIBOOT2_CMDLINE, text);
	tag_mmap();
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_MAX - 1);
	assert_true(info.cmdline_truncated);
	assert_int_equal(info.truncated_module, 0);
	assert_int_equal(info.truncated_length, 3999);

	start();
	tag_module(0x1000, 0x2000, "short");
	tag_module(0x1000, 0x2000, text);
	tag_text(MULTIBOOT2_CMDLINE, text + 5); /* the first one counts */
	tag_mmap();
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(strlen(info.modules[1].cmdline), BOOT_CMDLINE_MAX - 1);
	assert_true(info.cmdline_truncated);
	assert_int_equal(info.truncated_module, 2);
	assert_int_equal(info.truncated_length, 3999);

	text[BOOT_CMDLINE_MAX - 1] = '\0'; /* as long as can be */
	start();
	tag_text(MULTIBOOT2_CMDLINE, text);
	tag_mmap();
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_MAX - 1);
	assert_false(info.cmdline_truncated);
}

static void text_without_a_terminator(void **state)
{
	(void)state;
	start();
	tag_mmap();
	tag(MULTIBOOT2_CMDLINE, "abcdefgh", 8);
	tag(MULTIBOOT2_LOADER, "", 0);
	tag(MULTIBOOT2_MODULE, "\0\x10\0\0\0\x20\0\0moduleXX", 16);
	tag(MULTIBOOT2_MODULE, "\0\x10\0\0\0\x20\0\0", 8);
	finish();
	assert_int_equal(read_block(), 0);
	assert_string_equal(info.cmdline, "abcdefgh");
	assert_string_equal(info.loader, "");
	assert_string_equal(info.modules[0].cmdline, "moduleXX");
	assert_string_equal(info.modules[1].cmdline, "");
}

/* Too many of something. */

static void too_many_modules(void **state)
{
	(void)state;
	start();
	for (u32 i = 0; i < BOOT_MAX_MODULES + 3; i++)
		tag_module(i << 12, (i << 12) + 1, "m");
	tag_mmap();
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(info.module_count, BOOT_MAX_MODULES);
	assert_int_equal(info.modules_dropped, 3);
	assert_int_equal(info.modules[BOOT_MAX_MODULES - 1].start, (BOOT_MAX_MODULES - 1) << 12);
}

static void too_many_ranges(void **state)
{
	u32 mmap;

	(void)state;
	start();
	mmap = mmap_begin(24);
	for (u64 i = 0; i < BOOT_MAX_RANGES + 5; i++)
		mmap_entry(i * 0x2000, 0x1000, 1);
	tag_end(mmap);
	finish();
	assert_int_equal(read_block(), 0);
	assert_int_equal(info.range_count, BOOT_MAX_RANGES);
	assert_int_equal(info.ranges_dropped, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bios_like),
		cmocka_unit_test(efi_like),
		cmocka_unit_test(ranges_joined_only_if_alike),
		cmocka_unit_test(framebuffer_types),
		cmocka_unit_test(text_is_cut_and_told),
		cmocka_unit_test(text_without_a_terminator),
		cmocka_unit_test(too_many_modules),
		cmocka_unit_test(too_many_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
