/* SPDX-License-Identifier: MIT */
/* INT 10H: what becomes of the screen's text on the console. */
#include "tests/unit/machine/bios_machine.h"

static void cursor(u8 row, u8 column)
{
	v.regs.rdx = (u64)row << 8 | column;
	done(0x10, 0x0200, false);
}

static u16 where(void)
{
	done(0x10, 0x0300, false);
	return (u16)v.regs.rdx;
}

static void type(const char *string)
{
	while (*string)
		done(0x10, 0x0e00U | (u8)*string++, false);
}

static void fill(u8 character, u16 count)
{
	v.regs.rcx = count;
	done(0x10, 0x0900U | character, false);
}

static void types_like_a_teletype(void **state)
{
	(void)state;
	type("ab\r\ncd\ne");
	assert_string_equal(text(), "ab\r\ncd\r\n  e");
	assert_int_equal(where(), 0x0203);
	assert_memory_equal(memory + 0x450, "\x03\x02", 2); /* for those who look there */
	type("\r\n> x\b \b\b\b\b\b");
	assert_string_equal(text(), "ab\r\ncd\r\n  e\r\n> x\b ");
	assert_int_equal(where(), 0x0300);
}

static void wraps_and_scrolls(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 82; i++)
		type(i == 80 ? "y" : i == 81 ? "z" : "x");
	assert_int_equal(where(), 0x0102);
	assert_int_equal(strlen(text()), 82); /* a log's line may be longer */
	assert_string_equal(text() + 79, "xyz");
	memset(shown, 0, sizeof(shown));
	cursor(24, 0);
	type("one\r\ntwo");
	assert_int_equal(where(), 0x1803);
	assert_string_equal(text(), "\r\none\r\ntwo");
}

/* Loaders write with colors, and go on by moving the cursor, or by writing it again. */
static void what_is_there_is_not_written_again(void **state)
{
	(void)state;
	for (const char *c = "hello"; *c; c++) {
		fill((u8)*c, 1);
		type((const char[]){*c, 0});
	}
	assert_string_equal(text(), "hello");
	cursor(0, 1);
	fill('e', 1);
	fill('a', 1);
	assert_string_equal(text(), "hello\b\b\b\ba");
	cursor(0, 5);
	fill('!', 2);
	assert_string_equal(text(), "hello\b\b\b\ballo!!");
	cursor(0, 1);
	assert_int_equal(done(0x10, 0x0800, false), 0x0761);
	cursor(3, 1);
	assert_int_equal(done(0x10, 0x0800, false), 0x0720);
}

static void another_row_is_another_line(void **state)
{
	(void)state;
	fill(' ', 2000); /* blank already */
	cursor(5, 2);
	fill(0xc4, 100);
	cursor(7, 0);
	fill(' ', 80);
	fill(0xb3, 1);
	assert_int_equal(strlen(text()), 2 + 78 + 2 + 1);
	assert_string_equal(text() + 79, "-\r\n|");
	memset(shown, 0, sizeof(shown));
	cursor(9, 0);
	fill(0xda, 1);
	cursor(9, 1);
	fill(0xcd, 1);
	cursor(9, 2);
	fill(0xdb, 1);
	assert_string_equal(text(), "\r\n+=#");
	done(0x10, 0x0003, false); /* a mode: blank, and the cursor at the start */
	assert_int_equal(where(), 0);
	type("new");
	assert_string_equal(text(), "\r\n+=#\r\nnew");
}

static void scrolls_windows(void **state)
{
	(void)state;
	cursor(24, 0);
	type("old");
	v.regs.rcx = 0;
	v.regs.rdx = 0x184f;
	done(0x10, 0x0601, false); /* up by one: "old" is in row 23 now */
	cursor(24, 0);
	type("new");
	assert_string_equal(text(), "old\r\nnew");
	v.regs.rcx = 0;
	v.regs.rdx = 0x174f;
	done(0x10, 0x0600, false); /* that is not where it writes */
	cursor(24, 3);
	type("er");
	assert_string_equal(text(), "old\r\nnewer");
	v.regs.rcx = 0;
	v.regs.rdx = 0x184f;
	done(0x10, 0x0701, false); /* down, and out of sight */
	cursor(24, 5);
	type("x");
	assert_string_equal(text(), "old\r\nnewer\r\n     x");
	/* What is gone does not come back by a window that is larger than the screen. */
	v.regs.rcx = 0;
	v.regs.rdx = 0x184f;
	done(0x10, 0x0600, false);
	v.regs.rdx = 0xff4f;
	done(0x10, 0x06e7, false); /* 231 rows: from "none" to 24 */
	cursor(24, 5);
	type("x");
	assert_string_equal(text(), "old\r\nnewer\r\n     x\r\n     x");
}

static void the_console_waits_where_the_cursor_is(void **state)
{
	(void)state;
	type("0123");
	cursor(0, 2);
	call(0x16, 0x0100);
	assert_string_equal(text(), "0123\b\b");
	cursor(9, 9);
	call(0x16, 0x0000);
	assert_string_equal(text(), "0123\b\b");
	cursor(0, 5); /* parked behind the text */
	call(0x16, 0x0000);
	assert_string_equal(text(), "0123\b\b");
}

static void writes_strings(void **state)
{
	(void)state;
	memcpy(memory + ES + 0x10, "C.D.E.", 6);
	v.regs.rbp = 0x10;
	v.regs.rcx = 3;
	v.regs.rdx = 0x0203;
	done(0x10, 0x1302, false); /* with colors; the cursor stays */
	assert_int_equal(where(), 0);
	v.regs.rcx = 2;
	v.regs.rdx = 0x0206;
	done(0x10, 0x1301, false);
	assert_string_equal(text(), "   CDEC.");
	assert_int_equal(where(), 0x0208);
	assert_int_equal(done(0x10, 0x0f00, false), 0x5003);
	assert_int_equal(done(0x10, 0x4f00, false), 0x4f00); /* no VESA */
	v.regs.rcx = 0x0d0e;
	done(0x10, 0x0100, false);
	where();
	assert_int_equal(v.regs.rcx, 0x0d0e);
	/* A string that ends outside of memory, and one that never ends. */
	sim_set(VMCS_GUEST_ES_BASE, sizeof(memory) - 0x11);
	v.regs.rcx = 0xffff;
	done(0x10, 0x1301, false);
	sim_set(VMCS_GUEST_ES_BASE, 0x10000);
	v.regs.rdx = 0;
	done(0x10, 0x1301, false);
	assert_int_equal(where(), 0x1800); /* as many characters as the screen has room for */
}

/* The guest may write to the BIOS data area as it likes. */
static void a_wild_cursor_is_on_the_screen(void **state)
{
	(void)state;
	memset(memory + 0x450, 0xff, 2);
	assert_int_equal(where(), 0x184f);
	fill('x', 0xffff);
	type("y\r\n");
	assert_int_equal(where(), 0x1800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_like_a_teletype),
		TEST(wraps_and_scrolls),
		TEST(what_is_there_is_not_written_again),
		TEST(another_row_is_another_line),
		TEST(scrolls_windows),
		TEST(the_console_waits_where_the_cursor_is),
		TEST(writes_strings),
		TEST(a_wild_cursor_is_on_the_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
