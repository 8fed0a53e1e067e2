/* SPDX-License-Identifier: MIT */
/* What has no header: load= and entry= with evil values, for blobs, boot sectors and firmware. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/memory_map.h"
#include "tests/unit/machine/damage.h"
#include "tests/unit/machine/fake_loader.h"

#define MEMORY MIB(2)
#define SIZE   0x10000UL

static u8 file[SIZE];
static const u64 evil[] = {
	0, 1, 0x3ff, 0x400, 0x4ff, 0x500, 0x7c00, 0x8001, 0xfff0, 0xffff, 0x10000, 0x9fbff, 0x9fc00, 0x9ffff,
	0xa0000, 0xb8000, 0xbffff, 0xc0000, 0xdffff, 0xe0000, 0xeffff, 0xf0000, 0xfffff, 0x100000,
	MEMORY - SIZE, MEMORY - SIZE + 1, MEMORY - 512, MEMORY - 1, MEMORY, MEMORY + 1, 0x7fffffff,
	0x80000000, 0xfffeffff, 0xffff0000, 0xffff0001, 0xffffefff, 0xfffff000, 0xfffffe00, 0xfffffff0,
	0xffffffff, 1UL << 32, (1UL << 32) + 1, 1UL << 40, ~0UL >> 1, 1UL << 63, ~0UL - SIZE + 1, ~0UL - 511,
	~0UL - 1, ~0UL,
};

static int setup(void **state)
{
	(void)state;
	memset(file, 0x90, sizeof(file));
	file[510] = 0x55;
	file[511] = 0xaa;
	return 0;
}

/* It runs as it was told, or the line names what it was told. */
static void try(u64 length, const char *name, u64 value, bool as_option)
{
	char text[64], cmdline[64] = "";
	int error;

	fake_loader_reset(MEMORY);
	snprintf(text, sizeof(text), "%s=%#lx", name, value);
	if (!as_option)
		strcpy(cmdline, text);
	else if (!strcmp(name, "load"))
		fake_request.load = value;
	else
		fake_request.entry = value;
	error = fake_load(file, length, cmdline);
	if (as_option && value == LOADER_NOT_GIVEN) {
		assert_int_equal(error, 0);
	} else if (error) {
		/* Too large for this RAM wherever it goes: that may be said first. */
		if (length <= MEMORY)
			fake_expect_why(text);
		if (!damage_has_remedy(fake_why))
			fail_msg("no remedy: %s", fake_why);
	} else if (fake_start.mode == FAKE_RESET) {
		assert_int_equal(value, !strcmp(name, "load") ? GIB(4) - length : 0xfffffff0);
		assert_int_equal(fake_rom.length, length);
	} else {
		u64 load = strcmp(name, "load") ? 0x7c00 : value;

		assert_int_equal(fake_start.mode, FAKE_REAL);
		assert_memory_equal(fake_memory + load, file, length);
		assert_int_equal(fake_start.cs * 16UL + fake_start.ip, value);
	}
}

static void test_numbers(void **state)
{
	static const u64 lengths[] = { 1, 512, 4096, SIZE };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(evil); i++)
		for (unsigned j = 0; j < ARRAY_SIZE(lengths); j++)
			for (unsigned option = 0; option < 2; option++) {
				try(lengths[j], "load", evil[i], option);
				try(lengths[j], "entry", evil[i], option);
			}
}

/* The same for what looks like a firmware. */
static void test_firmware(void **state)
{
	(void)state;
	memcpy(file + SIZE - 16, "\xea\x5b\xe0\x00\xf0", 5);
	for (unsigned i = 0; i < ARRAY_SIZE(evil); i++)
		for (unsigned option = 0; option < 2; option++) {
			try(SIZE, "load", evil[i], option);
			if (evil[i] != 0xfffffff0)
				try(SIZE, "entry", evil[i], option);
		}
}

static void test_no_numbers(void **state)
{
	static const char *const words[] = { "load=", "load=x", "load=-1", "load=0x", "load=1Q", "entry=",
					     "entry=0x1ffffffffffffffff", "entry=7c00", "load=16777216T",
					     "load=\x01\x02" };
	const u64 length = 512;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		fake_loader_reset(MEMORY);
		if (!fake_load(file, length, words[i]))
			fail_msg("%s was taken", words[i]);
		fake_expect_why("is no number: give one like 0x7c00 or 31K");
	}
}

/* A disk is given a number, too. */
static void test_drive(void **state)
{
	static const u64 numbers[] = { 0, 1, 2, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x180, 1UL << 32, 1UL << 63, ~0UL };
	char text[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		fake_loader_reset(MEMORY);
		snprintf(text, sizeof(text), "drive=%#lx", numbers[i]);
		if (!fake_load(file, 4096, text)) {
			assert_int_equal(fake_vcpu.regs.rdx, numbers[i]);
			assert_int_equal(numbers[i] & ~0x80UL, 0);
			continue;
		}
		fake_expect_why(text);
		assert_true(damage_has_remedy(fake_why));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = { TEST(test_numbers), TEST(test_firmware), TEST(test_no_numbers),
					    TEST(test_drive) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
