/* SPDX-License-Identifier: MIT */
/*
 * Lookups in tables as scripts/symbols.py writes them, and in damaged ones.
 */
#include "kernel/symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE 0xffffffff80100000UL

/* What symbol_lookup() finds where the linker script would have put it. */
asm(".pushsection .rodata\n"
    ".balign 8\n"
    ".globl image_symbols_start, image_symbols_end\n"
    "image_symbols_start:\n"
    ".quad 0xffffffff80100000\n"
    ".long 3, 0x10, 0x40, 0x48, 0x100\n"
    ".asciz \"first\"\n"
    ".asciz \"\"\n"
    ".asciz \"last\"\n"
    "image_symbols_end:\n"
    ".popsection\n");
extern const u8 image_symbols_start[], image_symbols_end[];

static u64 table_size(void)
{
	return (u64)(image_symbols_end - image_symbols_start);
}

static void expect(u64 address, const char *want_name, u64 want_offset)
{
	const char *name = NULL;
	u64 offset = 0;

	assert_true(symbol_lookup(address, &name, &offset));
	assert_string_equal(name, want_name);
	assert_int_equal(offset, want_offset);
}

static void expect_none(const void *table, u64 size, u64 address)
{
	const char *name = "untouched";
	u64 offset = 77;

	assert_false(symbol_find(table, size, address, &name, &offset));
	assert_string_equal(name, "untouched");
	assert_int_equal(offset, 77);
}

static void addresses_belong_to_the_function_before(void **state)
{
	(void)state;
	expect(BASE + 0x10, "first", 0);
	expect(BASE + 0x3f, "first", 0x2f);
	expect(BASE + 0x40, "", 0);
	expect(BASE + 0x47, "", 7);
	expect(BASE + 0x48, "last", 0);
	expect(BASE + 0xff, "last", 0xb7);
}

static void addresses_outside_have_no_name(void **state)
{
	static const u64 outside[] = {0, BASE - 1, BASE, BASE + 0xf, BASE + 0x100, ~0UL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		expect_none(image_symbols_start, table_size(), outside[i]);
}

static void the_first_link_has_no_table(void **state)
{
	(void)state;
	expect_none(image_symbols_start, 0, BASE + 0x10);
}

/* A copy of its exact size lets the address sanitizer see every byte read too much. */
static void a_cut_table_is_not_read_beyond_its_end(void **state)
{
	(void)state;
	for (u64 size = 0; size < table_size(); size++) {
		void *copy = malloc(size);
		const char *name;
		u64 offset;

		assert_non_null(copy);
		memcpy(copy, image_symbols_start, size);
		/* Only the last name is hurt by any cut at all. */
		expect_none(copy, size, BASE + 0xff);
		if (symbol_find(copy, size, BASE + 0x10, &name, &offset))
			assert_string_equal(name, "first");
		free(copy);
	}
}

static void a_large_table_is_searched_right(void **state)
{
	enum { COUNT = 1000 };
	size_t size = offsetof(struct symbol_table, offsets) + 4 * (COUNT + 1) + 5 * COUNT;
	struct symbol_table *table = malloc(size);
	char *names, want[6];

	(void)state;
	assert_non_null(table);
	table->base = BASE;
	table->count = COUNT;
	names = (char *)&table->offsets[COUNT + 1];
	for (u32 i = 0; i < COUNT; i++) {
		table->offsets[i] = i * i;
		want[0] = 'f';
		want[1] = (char)('0' + i / 100);
		want[2] = (char)('0' + i / 10 % 10);
		want[3] = (char)('0' + i % 10);
		want[4] = 0;
		memcpy(names + 5 * i, want, 5);
	}
	table->offsets[COUNT] = COUNT * COUNT;
	for (u32 i = 0; i < COUNT; i++) {
		const char *name;
		u64 offset;

		/* The last address of each function. */
		assert_true(symbol_find(table, size, BASE + (i + 1) * (i + 1) - 1, &name, &offset));
		assert_ptr_equal(name, names + 5 * i);
		assert_int_equal(offset, 2 * i);
	}
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_belong_to_the_function_before),
		cmocka_unit_test(addresses_outside_have_no_name),
		cmocka_unit_test(the_first_link_has_no_table),
		cmocka_unit_test(a_cut_table_is_not_read_beyond_its_end),
		cmocka_unit_test(a_large_table_is_searched_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
