/* SPDX-License-Identifier: MIT */
/*
 * A line editor for terminals and for what is none: editing keys, history,
 * the escape sequences of serial terminals a byte at a time. It writes
 * nothing but characters, '\b' and '\r'. Pure: bytes in, bytes out by a
 * function; fixed buffers; any input is harmless.
 *
 *	left right home end, Ctrl-B -F -A -E	move
 *	up down, Ctrl-P -N			history
 *	backspace delete, Ctrl-D -W -U -K	delete a character, a word, before, behind
 *	Ctrl-C					forget the line
 *	Ctrl-L					show it again
 */
#pragma once

#include "lib/types.h"

#define MONITOR_LINE_MAX    160
#define MONITOR_LINE_PROMPT "trivet> "
#define MONITOR_LINE_WIDTH  70 /* so much of the line is shown; it scrolls */
#define MONITOR_LINE_LINES  16 /* of history */

enum line_event {
	LINE_NOTHING, /* go on */
	LINE_ENTER,   /* `text` is complete; then call line_next() */
	LINE_LONG,    /* so it is, but more was typed than there is room for */
	LINE_TAB,     /* complete the word before the cursor, by line_insert() */
	LINE_END,     /* Ctrl-D in an empty line */
};

struct monitor_line {
	char text[MONITOR_LINE_MAX + 1];
	unsigned length, cursor;
	unsigned first; /* character that is shown first */
	unsigned shown; /* characters that are on the screen */
	bool overflow;	/* characters were lost */
	bool after_cr;	/* a '\n' now belongs to the '\r' before it */
	u8 escape;	/* how far into an escape sequence */
	u8 parameter;	/* of it: the first number, cut at 255 */

	char lines[MONITOR_LINE_LINES][MONITOR_LINE_MAX + 1]; /* a ring */
	u32 added;	/* lines ever put there */
	unsigned back;	/* how many lines back `text` is from; 0: it is new */
	char draft[MONITOR_LINE_MAX + 1]; /* the new one, meanwhile */

	void (*write)(const char *text, size_t length);
};

void line_init(struct monitor_line *l, void (*write)(const char *text, size_t length));

/* One byte from the keyboard. */
enum line_event line_key(struct monitor_line *l, u8 byte);

/* Put the line into the history, begin an empty one. Shows nothing. */
void line_next(struct monitor_line *l);

/* Show prompt and line, from the start of a screen line on. */
void line_show(struct monitor_line *l);

/* Type text. */
void line_insert(struct monitor_line *l, const char *text, size_t length);
