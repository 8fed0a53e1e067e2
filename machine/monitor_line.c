/* SPDX-License-Identifier: MIT */
/*
 * A key changes text and cursor; then the screen is made to follow, by as
 * little as a character where that will do.
 */
#include "machine/monitor_line.h"

#include "lib/string.h"

#define CTRL(letter) ((letter) & 0x1f)
#define ESC	     0x1b
#define DELETE	     0x7f

enum escape { NONE, BEGUN, BRACKET, LETTER_O };

#define PROMPT_LENGTH (sizeof(MONITOR_LINE_PROMPT) - 1)

void line_init(struct monitor_line *l, void (*write)(const char *text, size_t length))
{
	memset(l, 0, sizeof(*l));
	l->write = write;
}

/* ---- The screen ---------------------------------------------------------------- */

static void scroll(struct monitor_line *l)
{
	if (l->cursor < l->first)
		l->first = l->cursor;
	if (l->cursor > l->first + MONITOR_LINE_WIDTH)
		l->first = l->cursor - MONITOR_LINE_WIDTH;
}

/* All of it again, and blanks over what was longer. */
static void redraw(struct monitor_line *l)
{
	char out[1 + PROMPT_LENGTH + 3 * (MONITOR_LINE_WIDTH + 1)];
	unsigned n = 1 + PROMPT_LENGTH, shown, at;

	scroll(l);
	shown = MIN(l->length - l->first, (unsigned)MONITOR_LINE_WIDTH);
	memcpy(out, "\r" MONITOR_LINE_PROMPT, n);
	memcpy(out + n, l->text + l->first, shown);
	n += shown;
	for (at = shown; at < l->shown; at++)
		out[n++] = ' ';
	for (; at > l->cursor - l->first; at--)
		out[n++] = '\b';
	l->shown = shown;
	l->write(out, n);
}

void line_show(struct monitor_line *l)
{
	l->shown = 0;
	redraw(l);
}

static void move(struct monitor_line *l, unsigned to)
{
	unsigned from = l->cursor;

	l->cursor = to;
	if (to + 1 == from && to >= l->first)
		l->write("\b", 1);
	else if (to == from + 1 && from - l->first < l->shown)
		l->write(l->text + from, 1);
	else if (to != from)
		redraw(l);
}

/* ---- The text ------------------------------------------------------------------ */

void line_insert(struct monitor_line *l, const char *text, size_t length)
{
	size_t room = MONITOR_LINE_MAX - l->length, n = MIN(length, room);
	bool plain = l->cursor == l->length && l->length - l->first + n <= MONITOR_LINE_WIDTH;

	l->overflow |= n < length;
	if (!n)
		return;
	memmove(l->text + l->cursor + n, l->text + l->cursor, l->length - l->cursor);
	memcpy(l->text + l->cursor, text, n);
	l->length += (unsigned)n;
	l->cursor += (unsigned)n;
	l->text[l->length] = '\0';
	if (!plain) {
		redraw(l);
		return;
	}
	l->shown += (unsigned)n;
	l->write(text, n);
}

/* Take out [from, to); the cursor goes to `from`. */
static void cut(struct monitor_line *l, unsigned from, unsigned to)
{
	if (from == to)
		return;
	memmove(l->text + from, l->text + to, l->length - to);
	l->length -= to - from;
	l->text[l->length] = '\0';
	l->cursor = from;
	l->overflow = false;
	redraw(l);
}

static unsigned word_start(const struct monitor_line *l)
{
	unsigned at = l->cursor;

	while (at && l->text[at - 1] == ' ')
		at--;
	while (at && l->text[at - 1] != ' ')
		at--;
	return at;
}

/* ---- History ------------------------------------------------------------------- */

static char *line_back(struct monitor_line *l, unsigned back)
{
	return back ? l->lines[(l->added - back) % MONITOR_LINE_LINES] : l->draft;
}

static void recall(struct monitor_line *l, unsigned back)
{
	if (back > MIN(l->added, (u32)MONITOR_LINE_LINES))
		return;
	if (!l->back)
		memcpy(l->draft, l->text, sizeof(l->draft));
	l->back = back;
	memcpy(l->text, line_back(l, back), sizeof(l->text));
	l->length = l->cursor = (unsigned)strlen(l->text);
	l->overflow = false;
	redraw(l);
}

void line_next(struct monitor_line *l)
{
	bool again = l->added && !strcmp(l->text, line_back(l, 1));

	if (l->length && !l->overflow && !again) {
		memcpy(l->lines[l->added % MONITOR_LINE_LINES], l->text, sizeof(l->text));
		l->added++;
	}
	l->text[0] = '\0';
	l->length = l->cursor = l->first = l->shown = l->back = 0;
	l->overflow = false;
}

/* ---- Keys ---------------------------------------------------------------------- */

static void delete_here(struct monitor_line *l)
{
	if (l->cursor < l->length)
		cut(l, l->cursor, l->cursor + 1);
}

static void delete_before(struct monitor_line *l)
{
	if (l->cursor)
		cut(l, l->cursor - 1, l->cursor);
}

static enum line_event control(struct monitor_line *l, u8 key)
{
	switch (key) {
	case CTRL('A'):
		move(l, 0);
		break;
	case CTRL('E'):
		move(l, l->length);
		break;
	case CTRL('B'):
		move(l, l->cursor - (l->cursor > 0));
		break;
	case CTRL('F'):
		move(l, l->cursor + (l->cursor < l->length));
		break;
	case CTRL('P'):
		recall(l, l->back + 1);
		break;
	case CTRL('N'):
		if (l->back)
			recall(l, l->back - 1);
		break;
	case CTRL('H'):
	case DELETE:
		delete_before(l);
		break;
	case CTRL('D'):
		if (!l->length)
			return LINE_END;
		delete_here(l);
		break;
	case CTRL('W'):
		cut(l, word_start(l), l->cursor);
		break;
	case CTRL('U'):
		cut(l, 0, l->cursor);
		break;
	case CTRL('K'):
		cut(l, l->cursor, l->length);
		break;
	case CTRL('C'):
		l->length = 0; /* not for the history */
		line_next(l);
		l->write("^C\n", 3);
		redraw(l);
		break;
	case CTRL('L'):
		redraw(l);
		break;
	case '\t':
		return LINE_TAB;
	case '\r':
	case '\n':
		l->write("\n", 1);
		return l->overflow ? LINE_LONG : LINE_ENTER;
	}
	return LINE_NOTHING;
}

/* The end of ESC [ ... or ESC O: as the control key that does the same. */
static u8 meaning(const struct monitor_line *l, u8 final)
{
	switch (final != '~' ? final : l->parameter < 10 ? l->parameter : 0) {
	case 'A':
		return CTRL('P');
	case 'B':
		return CTRL('N');
	case 'C':
		return CTRL('F');
	case 'D':
		return CTRL('B');
	case 'H':
	case 1:
	case 7:
		return CTRL('A');
	case 'F':
	case 4:
	case 8:
		return CTRL('E');
	case 3:
		return l->length ? CTRL('D') : 0;
	}
	return 0;
}

/* True if the byte belongs to an escape sequence; its end leaves a key to do. */
static bool in_escape(struct monitor_line *l, u8 byte, u8 *key)
{
	enum escape before = l->escape;

	*key = 0;
	if (byte == ESC) {
		l->escape = BEGUN;
		return true;
	}
	l->escape = NONE;
	if (before == NONE || byte < ' ' || byte >= DELETE)
		return false; /* a control character ends any sequence, and counts */
	if (before == BEGUN) {
		l->escape = byte == '[' ? BRACKET : byte == 'O' ? LETTER_O : NONE;
		l->parameter = 0;
		return l->escape != NONE; /* else ESC was a key of its own */
	}
	if (before == BRACKET && byte < '@') {
		l->escape = BRACKET;
		if (byte == ';' || l->parameter >= 12)
			l->parameter |= 0x80; /* what follows is no part of the first number */
		else if (byte >= '0' && byte <= '9')
			l->parameter = (u8)(l->parameter * 10 + byte - '0');
		return true;
	}
	l->parameter &= 0x7f;
	*key = meaning(l, byte);
	return true;
}

enum line_event line_key(struct monitor_line *l, u8 byte)
{
	bool pair = l->after_cr && byte == '\n';
	char c = (char)byte;
	u8 key;

	l->after_cr = byte == '\r';
	if (pair)
		return LINE_NOTHING;
	if (in_escape(l, byte, &key))
		return key ? control(l, key) : LINE_NOTHING;
	if (byte < ' ' || byte == DELETE)
		return control(l, byte);
	if (byte < DELETE)
		line_insert(l, &c, 1);
	return LINE_NOTHING;
}
