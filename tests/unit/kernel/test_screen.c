/* SPDX-License-Identifier: MIT */
/* The grid of characters that VGA text and the framebuffer share. */
#include "kernel/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COLUMNS 10
#define ROWS	4

static struct screen screen;
static char cells[ROWS][COLUMNS + 1]; /* what the driver has been told */
static unsigned draws;

static void draw(struct screen *s, unsigned x, unsigned y, u8 character)
{
	assert_ptr_equal(s, &screen);
	assert_true(x < COLUMNS && y < ROWS);
	assert_in_range(character, ' ', SCREEN_UNKNOWN);
	cells[y][x] = (char)character;
	draws++;
}

static int setup(void **state)
{
	(void)state;
	memset(cells, ' ', sizeof(cells));
	for (unsigned y = 0; y < ROWS; y++)
		cells[y][COLUMNS] = 0;
	screen_init(&screen, COLUMNS, ROWS, draw);
	draws = 0;
	return 0;
}

static void write(const char *text)
{
	screen_write(&screen, text, strlen(text));
}

static void rows_are(const char *a, const char *b, const char *c, const char *d)
{
	const char *want[ROWS] = {a, b, c, d};
	char padded[COLUMNS + 1];

	for (unsigned y = 0; y < ROWS; y++) {
		memset(padded, ' ', COLUMNS);
		memcpy(padded, want[y], strlen(want[y]));
		padded[COLUMNS] = 0;
		assert_string_equal(cells[y], padded);
	}
}

static void text_goes_from_left_to_right_and_down(void **state)
{
	(void)state;
	write("ab\ncd\n");
	rows_are("ab", "cd", "", "");
	assert_int_equal(draws, 4);
	assert_int_equal(screen.x, 0);
	assert_int_equal(screen.y, 2);
}

static void long_lines_wrap(void **state)
{
	(void)state;
	write("0123456789");
	assert_int_equal(screen.y, 0); /* a full line and its end are one line */
	write("\nnext");
	rows_are("0123456789", "next", "", "");
	setup(NULL);
	write("0123456789abc");
	rows_are("0123456789", "abc", "", "");
}

static void a_full_screen_scrolls_and_draws_changes_only(void **state)
{
	(void)state;
	write("1 same\n2 same\n3 same\n4 same");
	draws = 0;
	write("\n5 same");
	rows_are("2 same", "3 same", "4 same", "5 same");
	assert_int_equal(draws, ROWS);
	write("\na\nb\nc\nd\ne");
	rows_are("b", "c", "d", "e");
	write("\n\n\n\n");
	rows_are("", "", "", "");
}

static void the_cursor_moves_by_cr_bs_and_tab(void **state)
{
	(void)state;
	write("abc\rX\n");
	write("abc\b\bX\n");
	write("\b\ba\tb\n");
	rows_are("Xbc", "aXc", "a       b", "");
	setup(NULL);
	write("a\tb\tc"); /* the second reaches the end: nothing is lost */
	rows_are("a       b", "c", "", "");
	setup(NULL);
	write("0123456789\tx");
	rows_are("0123456789", "        x", "", "");
}

static void escape_sequences_leave_nothing(void **state)
{
	(void)state;
	write("\x1b[2J\x1b[1;31mred\x1b[0m");
	write("\x1b(B\x1b]0;title\x07\x1b"); /* also when a write ends within one */
	write("[K.\n");
	rows_are("red.", "", "", "");
	write("\x1b[12\nok\n"); /* noise ends with the line */
	write("\x1b[\x1b[1mz");
	rows_are("red.", "", "ok", "z");
}

static void what_is_not_ascii_shows_one_sign(void **state)
{
	(void)state;
	write("\xc3\xa9t\xe2\x82\xac\x01\x7f.");
	rows_are("\x7ft\x7f.", "", "", "");
}

static void redraw_draws_all(void **state)
{
	(void)state;
	write("abc");
	memset(cells[0], '?', COLUMNS);
	draws = 0;
	screen_redraw(&screen);
	rows_are("abc", "", "", "");
	assert_int_equal(draws, ROWS * COLUMNS);
}

static void no_draw(struct screen *s, unsigned x, unsigned y, u8 character)
{
	(void)character;
	assert_true(x < s->columns && y < s->rows);
}

static void any_bytes_stay_within_the_screen(void **state)
{
	static const unsigned sizes[][2] = {
		{1, 1}, {1, 3}, {9, 1}, {SCREEN_MAX_COLUMNS, SCREEN_MAX_ROWS}, {9999, 9999},
	};
	char text[64];

	(void)state;
	srand(1);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		screen_init(&screen, sizes[i][0], sizes[i][1], no_draw);
		assert_true(screen.columns <= SCREEN_MAX_COLUMNS && screen.rows <= SCREEN_MAX_ROWS);
		for (int round = 0; round < 500; round++) {
			for (size_t n = 0; n < sizeof(text); n++)
				text[n] = (char)(rand() % 3 ? rand() % 32 : rand());
			screen_write(&screen, text, sizeof(text));
			assert_true(screen.x <= screen.columns && screen.y < screen.rows);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(text_goes_from_left_to_right_and_down, setup),
		cmocka_unit_test_setup(long_lines_wrap, setup),
		cmocka_unit_test_setup(a_full_screen_scrolls_and_draws_changes_only, setup),
		cmocka_unit_test_setup(the_cursor_moves_by_cr_bs_and_tab, setup),
		cmocka_unit_test_setup(escape_sequences_leave_nothing, setup),
		cmocka_unit_test_setup(what_is_not_ascii_shows_one_sign, setup),
		cmocka_unit_test_setup(redraw_draws_all, setup),
		cmocka_unit_test_setup(any_bytes_stay_within_the_screen, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
