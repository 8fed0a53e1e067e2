/* SPDX-License-Identifier: MIT */
/* What a module is taken for, where a raw blob goes, and every complaint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/log.h"
#include "lib/error.h"
#include "machine/loader.h"

#define MEMORY (2 * 1024 * 1024UL)

static struct vm vm;
static struct vcpu vcpu;
static u8 memory[MEMORY];
static char why[VM_WHY_MAX];
static struct loader_request request;
static u16 entered_cs, entered_ip;
static u64 entered_sp;
static char warning[200];

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	(void)subsystem;
	va_start(args, fmt);
	if (level == LOG_WARN)
		vsnprintf(warning, sizeof(warning), fmt, args);
	va_end(args);
}

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	(void)ram;
	if (gpa < 0xa0000)
		return length <= 0xa0000 - gpa;
	return gpa >= 0xc0000 && gpa <= MEMORY && length <= MEMORY - gpa;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	assert_true(ram_contains(ram, gpa, length));
	memcpy(memory + gpa, from, length);
	return 0;
}

void vcpu_set_real_mode_entry(struct vcpu *v, u16 cs, u16 ip)
{
	assert_ptr_equal(v, &vcpu);
	entered_cs = cs;
	entered_ip = ip;
}

void vcpu_set_register(struct vcpu *v, unsigned index, u64 value)
{
	assert_ptr_equal(v, &vcpu);
	assert_int_equal(index, 4);
	entered_sp = value;
}

static int setup(void **state)
{
	(void)state;
	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(memory, 0, sizeof(memory));
	memset(why, 0, sizeof(why));
	warning[0] = 0;
	strcpy(vm.name, "vm0");
	vm.ram.size = MEMORY;
	return 0;
}

static int load(const void *data, u64 length, const char *cmdline)
{
	u8 *copy = malloc(length ? length : 1);
	int error;

	memcpy(copy, data, length);
	if (!request.load && !request.entry)
		request.load = request.entry = LOADER_NOT_GIVEN;
	request.kernel = (struct loader_file){ "module 1", copy, length, cmdline };
	error = loader_load(&vm, &request, why);
	free(copy);
	return error;
}

static int teardown(void **state)
{
	(void)state;
	memset(&request, 0, sizeof(request));
	return 0;
}

static void enter(void)
{
	assert_non_null(vm.enter);
	vm.enter(&vm, &vcpu);
}

static void expect_why(const char *part)
{
	if (!strstr(why, part))
		fail_msg("\"%s\" is not in \"%s\"", part, why);
	assert_null(strchr(why, '\n'));
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(load("\xf4\x90\x90", 3, ""), 0);
	assert_memory_equal(memory + 0x7c00, "\xf4\x90\x90\0", 4);
	enter();
	assert_int_equal(entered_cs, 0);
	assert_int_equal(entered_ip, 0x7c00);
	assert_int_equal(entered_sp, 0x7c00);
	assert_int_equal(vcpu.regs.rdx, 0x80);
	assert_string_equal(why, "");
}

static void test_from_module_and_options(void **state)
{
	u8 blob[256] = { 0 };

	(void)state;
	request.load = 0x9000;
	request.entry = LOADER_NOT_GIVEN;
	assert_int_equal(load(blob, sizeof(blob), "quiet"), 0);
	enter();
	assert_int_equal(entered_ip, 0x9000); /* entry follows load */

	request.entry = 0x9010;
	assert_int_equal(load(blob, sizeof(blob), ""), 0);
	enter();
	assert_int_equal(entered_ip, 0x9010);

	/* The module's own words come first. */
	assert_int_equal(load(blob, sizeof(blob), "x load=0x2000 entry=8200 y"), 0);
	enter();
	assert_int_equal(entered_ip, 8200);
	assert_int_equal(entered_sp, 0x2000);
}

static void test_entry_above_64k(void **state)
{
	(void)state;
	assert_int_equal(load("\xf4", 1, "load=0x12345"), 0);
	enter();
	assert_int_equal(entered_cs, 0x1234);
	assert_int_equal(entered_ip, 0x5);
	assert_int_equal(entered_sp, 0x7c00);
	assert_int_equal(load("\xf4", 1, "load=0x10000"), 0);
	enter();
	assert_int_equal(entered_cs, 0x1000);
	assert_int_equal(entered_ip, 0);
	assert_int_equal(load("\xf4", 1, "load=0xffff"), 0);
	enter();
	assert_int_equal(entered_cs, 0);
	assert_int_equal(entered_ip, 0xffff);
}

static void test_stack_needs_room(void **state)
{
	(void)state;
	assert_int_equal(load("\xf4", 1, "load=0"), 0);
	enter();
	assert_int_equal(entered_ip, 0);
	assert_int_equal(entered_sp, 0x7c00);
	assert_int_equal(load("\xf4", 1, "load=0x1009"), 0);
	enter();
	assert_int_equal(entered_sp, 0x1000); /* aligned */
	assert_int_equal(load("\xf4", 1, "load=0xfff0"), 0);
	enter();
	assert_int_equal(entered_sp, 0xfff0);
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(load("", 0, ""), -ERR_INVAL);
	expect_why("module 1 is empty");
}

static void test_bad_numbers(void **state)
{
	(void)state;
	assert_int_equal(load("\xf4", 1, "load=7c00h"), -ERR_INVAL);
	expect_why("load=7c00h");
	assert_int_equal(load("\xf4", 1, "entry="), -ERR_INVAL);
	expect_why("entry=");
	assert_int_equal(load("\xf4", 1, "entry=99999999999999999999999"), -ERR_INVAL);
	expect_why("entry=9999");
	/* A very long word is cut, the sentence is not. */
	assert_int_equal(load("\xf4", 1,
			      "load=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
			 -ERR_INVAL);
	expect_why("give one like");
}

static void test_outside_of_ram(void **state)
{
	static u8 blob[0x20000];

	(void)state;
	assert_int_equal(load(blob, 16, "load=0x1ffff8"), -ERR_RANGE);
	expect_why("load=0x1ffff8");
	assert_int_equal(load(blob, 16, "load=0xfffff000"), -ERR_RANGE);
	assert_int_equal(load(blob, 16, "load=0xfffffffffffffff8"), -ERR_RANGE);
	assert_int_equal(load(blob, sizeof(blob), "load=0x90000"), -ERR_RANGE); /* VGA hole */
	assert_int_equal(load(blob, 16, "load=0xb8000"), -ERR_RANGE);
	assert_null(vm.enter);
}

static void test_larger_than_memory(void **state)
{
	u8 *blob = calloc(1, MEMORY + 1);

	(void)state;
	assert_int_equal(load(blob, MEMORY + 1, ""), -ERR_RANGE);
	expect_why("mem=");
	free(blob);
}

static void test_bad_entry(void **state)
{
	u8 blob[256] = { 0 };

	(void)state;
	assert_int_equal(load(blob, sizeof(blob), "entry=0x7bff"), -ERR_RANGE);
	expect_why("entry=0x7bff");
	assert_int_equal(load(blob, sizeof(blob), "entry=0x7d00"), -ERR_RANGE);
	assert_int_equal(load(blob, sizeof(blob), "entry=0x7cff"), 0);
	assert_int_equal(load(blob, sizeof(blob), "load=0x100000"), -ERR_RANGE);
	expect_why("real mode");
}

static void test_second_module_is_told(void **state)
{
	(void)state;
	request.initrd = (struct loader_file){ "module 2", (const u8 *)"x", 1, "" };
	assert_int_equal(load("\xf4", 1, ""), 0);
	assert_non_null(strstr(warning, "module 2"));
}

static void put32(u8 *at, u32 value)
{
	memcpy(at, &value, 4);
}

static void test_known_headers(void **state)
{
	u8 file[9000] = { 0 };

	(void)state;
	memcpy(file + 0x202, "HdrS", 4);
	assert_int_equal(load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	expect_why("Linux bzImage");
	assert_int_equal(load(file, 0x205, ""), 0); /* cut off: only a blob */

	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF", 4);
	assert_int_equal(load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	expect_why("ELF");
	assert_int_equal(load(file, 4, ""), -ERR_UNSUPPORTED);
	assert_int_equal(load(file, 3, ""), 0);

	put32(file + 4096, 0x1badb002);
	put32(file + 4100, 3);
	put32(file + 4104, (u32) - (0x1badb002 + 3));
	assert_int_equal(load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	expect_why("Multiboot kernel");
	put32(file + 4100, 4); /* a wrong checksum: no header */
	assert_int_equal(load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	expect_why("ELF");

	put32(file, 0);
	put32(file + 4100, 3);
	assert_int_equal(load(file, 4108, ""), -ERR_UNSUPPORTED); /* it ends with its header */
	assert_int_equal(load(file, 4107, ""), 0);

	memset(file, 0, sizeof(file));
	put32(file + 8, 0xe85250d6);
	put32(file + 16, 16);
	put32(file + 20, (u32) - (0xe85250d6 + 16));
	assert_int_equal(load(file, sizeof(file), ""), -ERR_UNSUPPORTED);
	expect_why("Multiboot2 kernel");
	assert_int_equal(load(file, 24, ""), -ERR_UNSUPPORTED);
	assert_int_equal(load(file, 23, ""), 0);
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
		assert_int_equal(load(file, sizeof(file), ""), at < 32768 ? -ERR_UNSUPPORTED : 0);
	}
	for (unsigned at = 8188; at <= 8192; at += 4) {
		memset(file, 0, sizeof(file));
		put32(file + at, 0x1badb002);
		put32(file + at + 8, (u32)-0x1badb002);
		assert_int_equal(load(file, sizeof(file), ""), at < 8192 ? -ERR_UNSUPPORTED : 0);
	}
}

static void test_short_files(void **state)
{
	u8 file[64];

	(void)state;
	memset(file, 0xd6, sizeof(file));
	for (unsigned n = 1; n <= sizeof(file); n++)
		assert_int_equal(load(file, n, ""), 0);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		TEST(test_known_headers),
		TEST(test_search_ends),
		TEST(test_short_files),
		TEST(test_reading_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
