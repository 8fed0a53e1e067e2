/* SPDX-License-Identifier: MIT */
/*
 * VGA text: a cell is a character and an attribute. Writes video memory and
 * the CRT controller's cursor, reads neither.
 */
#include "kernel/vga_text.h"

#include "kernel/asm.h"
#include "kernel/screen.h"

#define CRTC_INDEX	 0x3d4
#define CRTC_DATA	 0x3d5
#define CRTC_START_HIGH	 0x0c /* offset of what is shown; low byte next */
#define CRTC_CURSOR_HIGH 0x0e

#define LIGHT_GREY_ON_BLACK 0x0700
#define BLOCK_SIGN	    0xfe /* of code page 437, for SCREEN_UNKNOWN */

static struct screen screen;
static volatile u16 *video;

static void crtc_write(u8 index, unsigned value)
{
	outb(CRTC_INDEX, index);
	outb(CRTC_DATA, (u8)(value >> 8));
	outb(CRTC_INDEX, index + 1);
	outb(CRTC_DATA, (u8)value);
}

static void draw(struct screen *s, unsigned x, unsigned y, u8 character)
{
	video[y * s->columns + x] =
		LIGHT_GREY_ON_BLACK | (character == SCREEN_UNKNOWN ? BLOCK_SIGN : character);
}

static void move_cursor(void)
{
	crtc_write(CRTC_CURSOR_HIGH, screen.y * screen.columns + MIN(screen.x, screen.columns - 1));
}

void vga_text_init(void *cells, unsigned columns, unsigned rows)
{
	bool first = !video;

	video = cells;
	if (first) {
		screen_init(&screen, columns, rows, draw);
		crtc_write(CRTC_START_HIGH, 0);
	}
	screen_redraw(&screen);
	move_cursor();
}

static void vga_text_write(const char *text, size_t length)
{
	screen_write(&screen, text, length);
	move_cursor();
}

const struct console vga_text_console = {
	.name = "vga",
	.write = vga_text_write,
};
