/* SPDX-License-Identifier: MIT */
/* The guest's console: lines out, keys in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/console.h"
#include "kernel/log.h"
#include "machine/guest_console.h"

static struct guest_console c;
static char shown[4096];
static size_t shown_length;
static unsigned calls;
static const char *keys;
static bool key_is_zero;

void log_guest_text(const char *text, size_t length)
{
	memcpy(shown + shown_length, text, length);
	shown_length += length;
	calls++;
}

int console_read(void)
{
	if (key_is_zero) {
		key_is_zero = false;
		return 0;
	}
	return keys && *keys ? (u8)*keys++ : -1;
}

static int setup(void **state)
{
	(void)state;
	memset(&c, 0, sizeof(c));
	shown_length = 0;
	calls = 0;
	keys = NULL;
	return 0;
}

static void put(const char *text)
{
	while (*text)
		guest_console_put(&c, (u8)*text++);
}

static void test_a_line_at_a_time(void **state)
{
	(void)state;
	put("hello");
	assert_int_equal(calls, 0);
	put(" world\r\n");
	assert_int_equal(calls, 1);
	assert_int_equal(shown_length, 13);
	assert_memory_equal(shown, "hello world\r\n", 13);
}

static void test_prompt_shows_at_poll(void **state)
{
	(void)state;
	put("# ");
	guest_console_flush(&c);
	assert_memory_equal(shown, "# ", 2);
	guest_console_flush(&c);
	assert_int_equal(calls, 1);
}

static void test_long_line(void **state)
{
	char text[1001];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		text[i] = (char)('a' + i % 26);
	text[1000] = 0;
	put(text);
	guest_console_flush(&c);
	assert_int_equal(shown_length, 1000);
	assert_memory_equal(shown, text, 1000);
}

static void test_all_bytes_pass(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++)
		guest_console_put(&c, (u8)i);
	guest_console_flush(&c);
	assert_int_equal(shown_length, 256);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal((u8)shown[i], i);
}

static void test_keys_wait_in_order(void **state)
{
	(void)state;
	assert_int_equal(guest_console_take(&c), -1);
	assert_false(guest_console_fetch(&c));
	key_is_zero = true; /* Ctrl-@ is a key like any other */
	assert_true(guest_console_fetch(&c));
	assert_int_equal(guest_console_take(&c), 0);
	keys = "ab\xff";
	assert_true(guest_console_fetch(&c));
	keys = "c";
	assert_true(guest_console_fetch(&c));
	assert_int_equal(guest_console_take(&c), 'a');
	assert_int_equal(guest_console_take(&c), 'b');
	assert_int_equal(guest_console_take(&c), 0xff);
	assert_int_equal(guest_console_take(&c), 'c');
	assert_int_equal(guest_console_take(&c), -1);
}

/* What has no room stays with the host's console: a paste is slowed down, not cut. */
static void test_full(void **state)
{
	char paste[GUEST_CONSOLE_INPUT + 11];
	unsigned taken = 0;

	(void)state;
	memset(paste, 'x', sizeof(paste) - 1);
	paste[sizeof(paste) - 1] = 0;
	keys = paste;
	guest_console_fetch(&c);
	assert_int_equal(strlen(keys), 10);
	assert_false(guest_console_fetch(&c));
	guest_console_take(&c);
	guest_console_fetch(&c);
	assert_int_equal(strlen(keys), 9);
	while (guest_console_take(&c) >= 0)
		taken++;
	assert_int_equal(taken, GUEST_CONSOLE_INPUT);
}

/* The hotkey is no key of the guest's, and what follows it is not either. */
static void test_hotkey(void **state)
{
	(void)state;
	keys = "\x1d" "a";
	guest_console_fetch(&c);
	assert_int_equal(guest_console_take(&c), 0x1d); /* there is none */
	assert_false(c.diverted);
	c.hotkey = 0x1d;
	keys = "bc\x1d" "de";
	assert_true(guest_console_fetch(&c));
	assert_true(c.diverted);
	assert_int_equal(guest_console_take(&c), 'a');
	assert_int_equal(guest_console_take(&c), 'b');
	assert_int_equal(guest_console_take(&c), 'c');
	assert_int_equal(guest_console_take(&c), -1);
	assert_false(guest_console_fetch(&c));
	assert_string_equal(keys, "de");
	guest_console_type(&c, 0x1d);
	assert_int_equal(guest_console_take(&c), 0x1d);
}

static void test_text_behind_the_prompt(void **state)
{
	(void)state;
	c.prompt = true;
	put("hello\n# ");
	guest_console_flush(&c);
	assert_memory_equal(shown, "\nhello\n# ", 9);
	assert_false(c.prompt);
	assert_true(c.mid_line);
	put("\n");
	assert_false(c.mid_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_line_at_a_time, setup),
		cmocka_unit_test_setup(test_prompt_shows_at_poll, setup),
		cmocka_unit_test_setup(test_long_line, setup),
		cmocka_unit_test_setup(test_all_bytes_pass, setup),
		cmocka_unit_test_setup(test_keys_wait_in_order, setup),
		cmocka_unit_test_setup(test_full, setup),
		cmocka_unit_test_setup(test_hotkey, setup),
		cmocka_unit_test_setup(test_text_behind_the_prompt, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
