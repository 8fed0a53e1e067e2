/* SPDX-License-Identifier: MIT */
/*
 * The line editor: each key, history, escape sequences in pieces, and a
 * terminal that must show what the editor thinks it shows, whatever is typed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/monitor_line.h"

#define COLUMNS 80
#define PROMPT	(sizeof(MONITOR_LINE_PROMPT) - 1)

static struct monitor_line l;
static char screen[COLUMNS]; /* the terminal's current line */
static unsigned column;
static size_t written;

/* A terminal that knows no escape sequence. */
static void terminal(const char *text, size_t length)
{
	written += length;
	for (; length; length--, text++) {
		switch (*text) {
		case '\r':
			column = 0;
			break;
		case '\n':
			memset(screen, ' ', COLUMNS);
			column = 0;
			break;
		case '\b':
			assert_int_not_equal(column, 0);
			column--;
			break;
		default:
			assert_in_range(*text, ' ', '~');
			assert_true(column < COLUMNS); /* it never wraps */
			screen[column++] = *text;
		}
	}
}

static int setup(void **state)
{
	(void)state;
	line_init(&l, terminal);
	terminal("\n", 1);
	line_show(&l);
	return 0;
}

static void check_screen(void)
{
	unsigned shown = l.length - l.first;

	if (shown > MONITOR_LINE_WIDTH)
		shown = MONITOR_LINE_WIDTH;
	assert_memory_equal(screen, MONITOR_LINE_PROMPT, PROMPT);
	assert_memory_equal(screen + PROMPT, l.text + l.first, shown);
	for (unsigned i = PROMPT + shown; i < COLUMNS; i++)
		assert_int_equal(screen[i], ' ');
	assert_int_equal(column, PROMPT + l.cursor - l.first);
	assert_int_equal(strlen(l.text), l.length);
	assert_in_range(l.cursor, 0, l.length);
}

/* Type; Enter begins a new line. */
static void type(const char *keys)
{
	for (; *keys; keys++) {
		enum line_event e = line_key(&l, (u8)*keys);

		if (e == LINE_ENTER) {
			line_next(&l);
			line_show(&l);
		} else {
			assert_int_equal(e, LINE_NOTHING);
		}
		check_screen();
	}
}

#define EXPECT(keys, wanted)                                                                       \
	do {                                                                                       \
		type(keys);                                                                        \
		assert_string_equal(l.text, wanted);                                               \
		type("\x15\v"); /* Ctrl-U, Ctrl-K */                                              \
		assert_string_equal(l.text, "");                                                   \
	} while (0)

static void test_typing(void **state)
{
	(void)state;
	EXPECT("regs", "regs");
	EXPECT("re gs ", "re gs ");
	EXPECT("h\xc3\xa4lp", "hlp"); /* no command has letters beyond ASCII */
	EXPECT("a\x01\x02\x06z", "az");
}

static void test_plain_typing_is_echoed_alone(void **state)
{
	(void)state;
	written = 0;
	type("regs");
	assert_int_equal(written, 4);
}

static void test_moving_and_deleting(void **state)
{
	(void)state;
	EXPECT("bc\x01" "a", "abc");			/* Ctrl-A */
	EXPECT("bc\x01" "a\x05" "d", "abcd");		/* Ctrl-E */
	EXPECT("abd\x02" "c", "abcd");			/* Ctrl-B */
	EXPECT("abd\x01\x06\x06" "c", "abcd");		/* Ctrl-F */
	EXPECT("abx\x7f" "c", "abc");
	EXPECT("abx\b" "c", "abc");
	EXPECT("\b\x7f\b" "a", "a");
	EXPECT("axc\x02\x02\x04" "b", "abc");		/* Ctrl-D */
	EXPECT("a\x04", "a");				/* nothing behind the cursor */
	EXPECT("one two  three\x17", "one two  ");	/* Ctrl-W */
	EXPECT("one two  \x17", "one ");
	EXPECT("one two\x02\x17", "one o");
	EXPECT("\x17" "a", "a");
	EXPECT("abcdef\x02\x02\x02\x0b", "abc");	/* Ctrl-K */
	EXPECT("abcdef\x02\x02\x02\x15", "def");	/* Ctrl-U */
	EXPECT("abc\x0c" "d", "abcd");			/* Ctrl-L */
}

static void test_escape_sequences(void **state)
{
	(void)state;
	EXPECT("abd\x1b[Dc", "abcd");
	EXPECT("abd\x1bODc", "abcd");
	EXPECT("bc\x1b[Ha\x1b[Fd", "abcd");
	EXPECT("bc\x1bOHa\x1bOFd", "abcd");
	EXPECT("bc\x1b[1~a\x1b[4~d", "abcd");
	EXPECT("bc\x1b[7~a\x1b[8~d", "abcd");
	EXPECT("xabc\x1b[1~\x1b[3~", "abc");
	EXPECT("ab\x1b[D\x1b[D\x1b[C-", "a-b");
	EXPECT("ab\x1b[1;5D-", "a-b");		/* with Ctrl held down: the same */
	EXPECT("ab\x1b[3;5~c", "abc");
	EXPECT("\x1b[3~" "a", "a");		/* Delete in an empty line is no end */
}

static void test_unknown_sequences_are_swallowed(void **state)
{
	(void)state;
	EXPECT("a\x1b[15~b\x1b[24~c", "abc");
	EXPECT("a\x1b[200~b\x1b[201~", "ab");	/* bracketed paste */
	EXPECT("a\x1b[129~\x1b[259~\x1b[65~\x1b[99999999999999~b", "ab");
	EXPECT("a\x1b[<0;33;7Mb", "ab");	/* a mouse */
	EXPECT("a\x1b[?1;2cb", "ab");		/* an answer to "who are you" */
	EXPECT("a\x1bOPb", "ab");		/* F1 */
	EXPECT("a\x1b" "b", "ab");		/* Esc alone is no prefix of letters */
	EXPECT("a\x1b\x1b[Db", "ba");
	EXPECT("ab\x1b[\x02" "c", "acb");	/* a control key ends a sequence, and counts */
}

static void test_history(void **state)
{
	(void)state;
	type("one\rtwo\nthree\r\n\r\r");
	assert_string_equal(l.text, "");
	EXPECT("\x1b[A", "three");
	type("\rdraft\x1b[A\x1b[A");
	assert_string_equal(l.text, "two");
	type("\x1b[A\x1b[A\x1b[A");
	assert_string_equal(l.text, "one"); /* there is nothing before */
	type("\x1b[B\x1b[B\x1b[B");
	assert_string_equal(l.text, "draft");
	EXPECT("\x1b[B", "draft");
	EXPECT("\x10\x10\x0e!", "three!"); /* Ctrl-P, Ctrl-N */
}

static void test_history_keeps_the_last(void **state)
{
	char text[] = "line A";

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		text[5] = (char)('A' + i);
		type(text);
		type("\r");
		type(text); /* twice the same is once */
		type("\r");
	}
	for (unsigned i = 0; i < 100; i++)
		type("\x1b[A");
	text[5] = (char)('A' + 40 - MONITOR_LINE_LINES);
	assert_string_equal(l.text, text);
	/* What is recalled and changed does not change what it was. */
	type("x\r");
	for (unsigned i = 0; i < 3; i++)
		type("\x10");
	assert_string_equal(l.text, "line g");
}

static void test_ctrl_c(void **state)
{
	(void)state;
	type("regs\r");
	type("foo\x03");
	assert_string_equal(l.text, "");
	EXPECT("\x10", "regs");
}

static void test_events(void **state)
{
	(void)state;
	assert_int_equal(line_key(&l, 4), LINE_END);
	assert_int_equal(line_key(&l, '\t'), LINE_TAB);
	type("a");
	assert_int_equal(line_key(&l, 4), LINE_NOTHING);
	assert_int_equal(line_key(&l, '\r'), LINE_ENTER);
	assert_string_equal(l.text, "a");
	line_next(&l);
	assert_int_equal(line_key(&l, '\n'), LINE_NOTHING); /* of "\r\n" */
	assert_int_equal(line_key(&l, '\n'), LINE_ENTER);
	assert_int_equal(line_key(&l, 0), LINE_NOTHING);
}

static void test_long_lines_scroll(void **state)
{
	char wide[MONITOR_LINE_MAX + 1];

	(void)state;
	for (unsigned i = 0; i < MONITOR_LINE_MAX; i++)
		wide[i] = (char)('a' + i % 26);
	wide[MONITOR_LINE_MAX] = 0;
	type(wide);
	assert_string_equal(l.text, wide);
	type("\x01\x05\x01");
	for (unsigned i = 0; i < MONITOR_LINE_MAX; i++)
		type("\x06");
	for (unsigned i = 0; i < MONITOR_LINE_MAX; i++)
		type("\x02");
	type("\x0b");
	assert_string_equal(l.text, "");
}

/* What does not fit is not run as if it had been typed. */
static void test_too_long(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		type("x");
	assert_int_equal(l.length, MONITOR_LINE_MAX);
	assert_int_equal(line_key(&l, '\r'), LINE_LONG);
	line_next(&l);
	line_show(&l);
	type("\x10");
	assert_string_equal(l.text, ""); /* not in the history either */
	for (unsigned i = 0; i <= MONITOR_LINE_MAX; i++)
		type("x");
	type("\b");
	assert_int_equal(line_key(&l, '\r'), LINE_ENTER); /* the user has seen it */
}

static void test_insert(void **state)
{
	(void)state;
	type("h c");
	type("\x02\x02");
	line_insert(&l, "elp", 3);
	check_screen();
	assert_string_equal(l.text, "help c");
}

/* Any bytes: the text stays sound and the terminal shows it. */
static void test_noise(void **state)
{
	static const char keys[] = "\x01\x02\x04\x05\x06\x08\x0b\x0c\x0e\x10\x15\x17"
				   "\x1b[ABCDHFO~13;\t\r ab";

	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 200000; i++) {
		u8 byte = random() % 4 ? (u8)keys[(unsigned)random() % (sizeof(keys) - 1)] :
					 (u8)random();
		enum line_event e = line_key(&l, byte);

		if (e == LINE_ENTER || e == LINE_LONG) {
			line_next(&l);
			line_show(&l);
		}
		if (i % 16 == 0 && random() % 64 == 0)
			for (unsigned n = 0; n < 90; n++)
				line_insert(&l, "word ", 5);
		check_screen();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_typing, setup),
		cmocka_unit_test_setup(test_plain_typing_is_echoed_alone, setup),
		cmocka_unit_test_setup(test_moving_and_deleting, setup),
		cmocka_unit_test_setup(test_escape_sequences, setup),
		cmocka_unit_test_setup(test_unknown_sequences_are_swallowed, setup),
		cmocka_unit_test_setup(test_history, setup),
		cmocka_unit_test_setup(test_history_keeps_the_last, setup),
		cmocka_unit_test_setup(test_ctrl_c, setup),
		cmocka_unit_test_setup(test_events, setup),
		cmocka_unit_test_setup(test_long_lines_scroll, setup),
		cmocka_unit_test_setup(test_too_long, setup),
		cmocka_unit_test_setup(test_insert, setup),
		cmocka_unit_test_setup(test_noise, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
