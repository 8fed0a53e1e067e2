/* SPDX-License-Identifier: MIT */
/* The Multiboot2 parser on broken blocks: truncated, oversized, contradicting themselves. */
#include "boot/info.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/error.h"
#include "tests/unit/boot/block.h"

static void no_memory_map(void **state)
{
	u32 mmap;

	(void)state;
	start();
	tag_text(MULTIBOOT2_CMDLINE, "x");
	finish();
	assert_int_equal(read_block(), -ERR_NOENT);
	assert_string_equal(info.cmdline, "x");

	start();
	mmap = mmap_begin(24);
	tag_end(mmap);
	finish();
	assert_int_equal(read_block(), -ERR_NOENT);
}

static void bad_mmap(void **state)
{
	static const u32 entry_sizes[] = {0, 1, 23, 49, 0x1000, 0x7fffffff, 0xffffffff};
	u32 mmap;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(entry_sizes); i++) {
		start();
		mmap = mmap_begin(entry_sizes[i]);
		mmap_entry(0, 0x9f000, 1);
		mmap_entry(0x100000, 0x9f000, 1);
		tag_end(mmap);
		tag_text(MULTIBOOT2_CMDLINE, "behind");
		finish();
		assert_int_equal(read_block(), -ERR_CORRUPT);
		assert_int_equal(info.range_count, 0);
		assert_string_equal(info.cmdline, "behind");
	}
	/* a last entry of which half is missing: what is whole is kept */
	start();
	mmap = mmap_begin(24);
	mmap_entry(0, 0x9f000, 1);
	put("half of it..", 12);
	tag_end(mmap);
	finish();
	assert_int_equal(read_block(), -ERR_CORRUPT);
	assert_int_equal(info.range_count, 1);
}

static void bad_module(void **state)
{
	(void)state;
	start();
	tag_mmap();
	tag_module(0x2000, 0x1000, "ends before it starts");
	tag(MULTIBOOT2_MODULE, "\0\x10\0\0", 4);
	tag_module(0x3000, 0x4000, "good");
	finish();
	assert_int_equal(read_block(), -ERR_CORRUPT);
	assert_int_equal(info.module_count, 1);
	assert_string_equal(info.modules[0].cmdline, "good");
}

static void short_bodies(void **state)
{
	static const u32 types[] = {MULTIBOOT2_MODULE, MULTIBOOT2_MMAP, MULTIBOOT2_FRAMEBUFFER,
				    MULTIBOOT2_ACPI_OLD, MULTIBOOT2_ACPI_NEW};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		start();
		tag_mmap();
		tag(types[i], "\0\0\0", 3);
		tag_text(MULTIBOOT2_CMDLINE, "behind");
		finish();
		assert_int_equal(read_block(), -ERR_CORRUPT);
		assert_string_equal(info.cmdline, "behind");
		assert_int_equal(info.rsdp_length, 0);
		assert_int_equal(info.framebuffer.type, BOOT_FB_NONE);
	}
	/* an RGB framebuffer that does not say where its colors are */
	start();
	tag_mmap();
	tag(MULTIBOOT2_FRAMEBUFFER,
	    &(struct multiboot2_framebuffer){1, 3200, 800, 600, 32, MULTIBOOT2_FB_RGB, 0}, 24);
	finish();
	assert_int_equal(read_block(), -ERR_CORRUPT);
	assert_int_equal(info.framebuffer.type, BOOT_FB_NONE);
}

/* A tag whose size cannot be: what came before it is kept. */
static void bad_tag_sizes(void **state)
{
	static const u32 sizes[] = {0, 1, 7, 0x10000, 0x7fffffff, 0xfffffff8, 0xffffffff};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 bad;

		start();
		tag_mmap();
		tag_text(MULTIBOOT2_CMDLINE, "before");
		bad = tag_text(99, "bad");
		tag_text(MULTIBOOT2_LOADER, "behind");
		finish();
		set_u32(bad + 4, sizes[i]);
		assert_int_equal(read_block(), -ERR_CORRUPT);
		assert_string_equal(info.cmdline, "before");
		assert_string_equal(info.loader, "");
		assert_int_equal(info.range_count, 2);
	}
}

static void every_truncation(void **state)
{
	(void)state;
	start();
	tag_text(MULTIBOOT2_CMDLINE, "abc");
	tag_mmap();
	tag_module(0x1000, 0x2000, "m");
	finish();
	/* the loader's size says more than there is */
	for (u32 length = 0; length < block.length; length++)
		assert_int_equal(read_length(length), -ERR_CORRUPT);
	assert_int_equal(read_block(), 0);
	/* its size agrees, but the rest is missing */
	for (u32 length = 8; length < block.length; length++) {
		set_u32(0, length);
		assert_int_equal(read_length(length), -ERR_CORRUPT);
	}
}

static void size_word_rules(void **state)
{
	(void)state;
	start();
	tag_mmap();
	set_u32(0, block.length); /* no end tag */
	assert_int_equal(read_block(), -ERR_CORRUPT);
	assert_int_equal(info.range_count, 2);

	/* tags behind the size that the loader gives do not count */
	finish();
	set_u32(0, block.length - 8);
	assert_int_equal(read_block(), -ERR_CORRUPT);
	set_u32(0, 0);
	assert_int_equal(read_block(), -ERR_CORRUPT);
	set_u32(0, block.length + 8);
	assert_int_equal(read_block(), -ERR_CORRUPT);
	assert_int_equal(info.range_count, 2);
}

/* Whatever comes: no look beyond the block, all counts within their tables, text terminated. */
static void random_damage(void **state)
{
	u32 length;

	(void)state;
	srand(20240502);
	for (unsigned round = 0; round < 30000; round++) {
		start();
		tag_text(MULTIBOOT2_CMDLINE, "log=debug");
		tag_module(0x121000, 0x122388, "root=/dev/sda quiet");
		tag_mmap();
		tag_framebuffer(MULTIBOOT2_FB_RGB, 32, 800, 3200);
		tag(MULTIBOOT2_ACPI_NEW, "RSD PTR NEWNEWNEWNEWNEWNEWNEWNEWNEWN", 36);
		finish();
		for (int n = rand() % 6; n >= 0; n--) {
			u32 word = (u32)rand() % (block.length / 4) * 4;

			switch (rand() % 3) {
			case 0:
				block.bytes[(u32)rand() % block.length] ^= 1U << rand() % 8;
				break;
			case 1:
				set_u32(word, (u32)rand() % 64);
				break;
			case 2:
				set_u32(word, ~0U - (u32)rand() % 64);
				break;
			}
		}
		length = rand() % 4 ? block.length : (u32)rand() % block.length;
		if (read_length(length) == 0)
			assert_true(info.range_count > 0);
		assert_true(info.range_count <= BOOT_MAX_RANGES);
		assert_true(info.module_count <= BOOT_MAX_MODULES);
		assert_true(info.rsdp_length <= sizeof(info.rsdp));
		assert_non_null(memchr(info.cmdline, 0, sizeof(info.cmdline)));
		assert_non_null(memchr(info.loader, 0, sizeof(info.loader)));
		for (unsigned i = 0; i < info.module_count; i++)
			assert_non_null(memchr(info.modules[i].cmdline, 0, BOOT_CMDLINE_MAX));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_map),   cmocka_unit_test(bad_mmap),
		cmocka_unit_test(bad_module),	   cmocka_unit_test(short_bodies),
		cmocka_unit_test(bad_tag_sizes),   cmocka_unit_test(every_truncation),
		cmocka_unit_test(size_word_rules), cmocka_unit_test(random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
