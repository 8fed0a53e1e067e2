/* SPDX-License-Identifier: MIT */
/* What is taken for a firmware, where it is shown, and what it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/memory_map.h"
#include "tests/unit/kernel/fake_log.h"
#include "tests/unit/machine/fake_loader.h"

#define SIZE 0x30000UL

static u8 file[SIZE];
static u8 *const vector = file + SIZE - 16;

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(2));
	fake_log_reset();
	for (unsigned i = 0; i < SIZE; i++)
		file[i] = (u8)(i * 7 + i / 256);
	memcpy(vector, "\xea\x5b\xe0\x00\xf0", 5);
	return 0;
}

static void expect_firmware(u64 size, const char *cmdline)
{
	fake_rom.length = 0;
	assert_int_equal(fake_load(file + SIZE - size, size, cmdline), 0);
	assert_int_equal(fake_start.mode, FAKE_RESET);
	assert_int_equal(fake_rom.length, size);
	assert_true(fake_power_on);
}

static void expect_raw(u64 size, const char *cmdline)
{
	assert_int_equal(fake_load(file + SIZE - size, size, cmdline), 0);
	assert_int_equal(fake_start.mode, FAKE_REAL);
	assert_int_equal(fake_rom.length, 0);
	assert_false(fake_power_on);
}

/* As it is at power-on: no BIOS data, no tables. */
static void test_memory(void **state)
{
	(void)state;
	expect_firmware(SIZE, "");
	for (unsigned i = 0; i < MIB(1); i++)
		assert_int_equal(fake_memory[i], 0);
}

static void test_reset_vectors(void **state)
{
	static const char *const jumps[] = { "\xeb\xfe", "\xe9\x5b\xff", "\x90\x90\xe9\x5b\xff",
					     "\xfa\xfc\xe9\x0b\xf8" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(jumps); i++) {
		strcpy((char *)vector, jumps[i]);
		expect_firmware(SIZE, "quiet");
	}
}

static void test_uefi(void **state)
{
	(void)state;
	vector[0] = 0x0f;
	memcpy(file + 40, "_FVH", 4);
	expect_firmware(SIZE, "");
	memcpy(file + 0x4000 + 40, "_FVH", 4); /* without its variables, it need not be whole 64K */
	expect_firmware(SIZE - 0x4000, "");
	memcpy(file + 0x4800 + 40, "_FVH", 4);
	fake_rom.length = 0;
	expect_raw(SIZE - 0x4800, ""); /* but whole 4K */
	file[40] = 0;
	expect_raw(SIZE, "load=0x8000");
}

static void test_no_firmware(void **state)
{
	(void)state;
	expect_raw(0x10000 - 16, "");	   /* not 64K */
	expect_raw(0x10000, "load=0xf0000 entry=0xffff0");
	fake_request.load = 0x10000;
	expect_raw(0x10000, "");
	fake_request.load = LOADER_NOT_GIVEN;
	vector[0] = 0xf4;
	expect_raw(0x10000, "");
}

/* Whatever it looks like. */
static void test_by_load(void **state)
{
	(void)state;
	vector[0] = 0xf4;
	expect_firmware(0x11000, "load=0xfffef000 entry=0xfffffff0");
	vector[0] = 0xea;
	fake_request.load = 0xffff0000;
	expect_firmware(0x10000, "");
	vector[0] = 0xf4;
	expect_firmware(0x10000, "");
	fake_request.load = 0xfffef000;
	expect_firmware(0x11000, "");
}

static void test_refusals(void **state)
{
	static u8 large[MIB(16) + 0x10000];

	(void)state;
	assert_int_equal(fake_load(file, SIZE, "entry=0xffff0"), -ERR_RANGE);
	fake_expect_why("entry=0xffff0: a firmware is entered at 0xfffffff0: leave entry= out");
	assert_int_equal(fake_load(file, 100, "load=0xffffff9c"), -ERR_RANGE);
	fake_expect_why("a firmware of 0x64 bytes at load=0xffffff9c: give one of whole 4K, at most 16M");
	large[MIB(16) + 0xfff0] = 0xea;
	assert_int_equal(fake_load(large, sizeof(large), ""), -ERR_RANGE);
	fake_expect_why("a firmware of 0x1010000 bytes");
	fake_rom.error = -ERR_NOMEM;
	assert_int_equal(fake_load(file, SIZE, ""), -ERR_NOMEM);
	fake_expect_why("no memory is left for a ROM of 192K: give the guest less with mem=");
}

static void test_second_module_is_told(void **state)
{
	(void)state;
	fake_add_module("x", 1, "");
	expect_firmware(SIZE, "");
	assert_non_null(strstr(fake_log_last, "module 1 cannot be told of module 2: it is not loaded"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_memory),   TEST(test_reset_vectors), TEST(test_uefi), TEST(test_no_firmware),
		TEST(test_by_load),  TEST(test_refusals),      TEST(test_second_module_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
