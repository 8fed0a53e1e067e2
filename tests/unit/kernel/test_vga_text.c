/* SPDX-License-Identifier: MIT */
/* VGA text in memory, with a CRT controller that remembers. */
#include "kernel/vga_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/asm.h"

#define CELLS (VGA_TEXT_COLUMNS * VGA_TEXT_ROWS)

static u16 cells[CELLS + 1], others[CELLS + 1];
static u8 crtc[32];

static void crtc_out(u16 port, unsigned bytes, u32 value)
{
	static u8 index;

	assert_int_equal(bytes, 1);
	if (port == 0x3d4)
		index = (u8)value;
	else if (port == 0x3d5)
		crtc[index % sizeof(crtc)] = (u8)value;
	else
		fail();
}

static void row_is(const u16 *screen, unsigned row, const char *want)
{
	for (unsigned x = 0; x < VGA_TEXT_COLUMNS; x++) {
		u8 c = x < strlen(want) ? (u8)want[x] : ' ';

		assert_int_equal(screen[row * VGA_TEXT_COLUMNS + x], 0x0700 | c);
	}
}

static void cursor_is(unsigned x, unsigned y)
{
	assert_int_equal(crtc[0x0e] << 8 | crtc[0x0f], y * VGA_TEXT_COLUMNS + x);
}

static void write(const char *text)
{
	vga_text_console.write(text, strlen(text));
}

/* One story: the console is set up once in a run. */
static void text_appears_scrolls_and_moves(void **state)
{
	char line[] = "line 00\n";

	(void)state;
	sim.port_out = crtc_out;
	memset(cells, 0xee, sizeof(cells));
	crtc[0x0c] = crtc[0x0d] = 0x11;
	vga_text_init(cells, VGA_TEXT_COLUMNS, VGA_TEXT_ROWS);
	assert_int_equal(crtc[0x0c] | crtc[0x0d], 0);
	for (unsigned y = 0; y < VGA_TEXT_ROWS; y++)
		row_is(cells, y, "");
	cursor_is(0, 0);

	write("caf\xc3\xa9");
	row_is(cells, 0, "caf\xfe");
	cursor_is(4, 0);
	write("\n");
	cursor_is(0, 1);

	for (unsigned i = 0; i < 40; i++) {
		line[5] = (char)('0' + i / 10);
		line[6] = (char)('0' + i % 10);
		write(line);
	}
	row_is(cells, 0, "line 16");
	row_is(cells, VGA_TEXT_ROWS - 2, "line 39");
	row_is(cells, VGA_TEXT_ROWS - 1, "");
	cursor_is(0, VGA_TEXT_ROWS - 1);

	for (unsigned i = 0; i < VGA_TEXT_COLUMNS; i++)
		write("x");
	cursor_is(VGA_TEXT_COLUMNS - 1, VGA_TEXT_ROWS - 1); /* it cannot stand behind the end */

	vga_text_init(others, VGA_TEXT_COLUMNS, VGA_TEXT_ROWS);
	assert_memory_equal(others, cells, CELLS * sizeof(cells[0]));
	assert_int_equal(cells[CELLS], 0xeeee);
	assert_int_equal(others[CELLS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_appears_scrolls_and_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
