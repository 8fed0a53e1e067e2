/* SPDX-License-Identifier: MIT */
/*
 * Plain memory and a callback: knows nothing of hardware.
 */
#include "kernel/screen.h"

#include "lib/string.h"

#define TAB_WIDTH 8
#define ESC	  0x1b
#define BELL	  0x07

void screen_init(struct screen *screen, unsigned columns, unsigned rows,
		 void (*draw)(struct screen *screen, unsigned x, unsigned y, u8 character))
{
	screen->columns = MIN(columns, SCREEN_MAX_COLUMNS);
	screen->rows = MIN(rows, SCREEN_MAX_ROWS);
	screen->x = screen->y = 0;
	screen->escape = ESCAPE_NONE;
	screen->stale = false;
	screen->draw = draw;
	memset(screen->wanted, ' ', sizeof(screen->wanted));
	memset(screen->drawn, ' ', sizeof(screen->drawn));
}

static void new_line(struct screen *screen)
{
	screen->x = 0;
	if (++screen->y < screen->rows)
		return;
	screen->y = screen->rows - 1;
	memmove(screen->wanted[0], screen->wanted[1], screen->y * sizeof(screen->wanted[0]));
	memset(screen->wanted[screen->y], ' ', sizeof(screen->wanted[0]));
}

static void put_character(struct screen *screen, u8 character)
{
	if (screen->x == screen->columns)
		new_line(screen);
	screen->wanted[screen->y][screen->x++] = character;
}

/* Swallow escape sequences: ESC [ ... letter, ESC ] ... BEL, ESC and one more. */
static bool in_escape(struct screen *screen, u8 c)
{
	switch (screen->escape) {
	case ESCAPE_NONE:
		if (c != ESC)
			return false;
		screen->escape = ESCAPE_BEGUN;
		return true;
	case ESCAPE_BEGUN:
		screen->escape = c == '[' ? ESCAPE_CSI : c == ']' ? ESCAPE_OSC : ESCAPE_NONE;
		/* ESC ( B and its like have one byte between. */
		if (c >= ' ' && c <= '/')
			screen->escape = ESCAPE_BEGUN;
		return true;
	case ESCAPE_CSI:
		if (c >= '@' && c <= '~')
			screen->escape = ESCAPE_NONE;
		break;
	case ESCAPE_OSC:
		if (c == BELL)
			screen->escape = ESCAPE_NONE;
		break;
	}
	/* A sequence never runs over a line's end: it was noise then. */
	if (c == '\n') {
		screen->escape = ESCAPE_NONE;
		return false;
	}
	if (c == ESC)
		screen->escape = ESCAPE_BEGUN;
	return true;
}

static void put(struct screen *screen, u8 c)
{
	if (in_escape(screen, c))
		return;
	switch (c) {
	case '\n':
		new_line(screen);
		break;
	case '\r':
		screen->x = 0;
		break;
	case '\b':
		screen->x -= screen->x > 0;
		break;
	case '\t':
		do
			put_character(screen, ' ');
		while (screen->x % TAB_WIDTH && screen->x < screen->columns);
		break;
	default:
		/* One sign for a UTF-8 character: its first byte's. */
		if (c >= 0xc0)
			put_character(screen, SCREEN_UNKNOWN);
		else if (c >= ' ' && c < 0x7f)
			put_character(screen, c);
	}
}

static void flush(struct screen *screen)
{
	for (unsigned y = 0; y < screen->rows; y++) {
		for (unsigned x = 0; x < screen->columns; x++) {
			u8 c = screen->wanted[y][x];

			if (c == screen->drawn[y][x] && !screen->stale)
				continue;
			screen->draw(screen, x, y, c);
			screen->drawn[y][x] = c;
		}
	}
	screen->stale = false;
}

void screen_write(struct screen *screen, const char *text, size_t length)
{
	for (; length; length--, text++)
		put(screen, (u8)*text);
	flush(screen);
}

void screen_redraw(struct screen *screen)
{
	screen->stale = true;
	flush(screen);
}
