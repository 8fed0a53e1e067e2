/* SPDX-License-Identifier: MIT */
/*
 * lib/string.c under names of its own, against the host's C library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define memcpy	our_memcpy
#define memmove our_memmove
#define memset	our_memset
#define memcmp	our_memcmp
#define memchr	our_memchr
#define strlen	our_strlen
#define strnlen our_strnlen
#define strcmp	our_strcmp
#define strncmp our_strncmp
#define strchr	our_strchr
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#define SIZE 64

static unsigned char ours[SIZE], theirs[SIZE];

static void fill(void)
{
	for (int i = 0; i < SIZE; i++)
		ours[i] = theirs[i] = (unsigned char)(3 * i + 1);
}

static void moving_and_setting_any_piece(void **state)
{
	(void)state;
	for (size_t to = 0; to < SIZE; to += 3) {
		for (size_t from = 0; from < SIZE; from += 5) {
			for (size_t n = 0; n <= SIZE - (to > from ? to : from); n++) {
				fill();
				assert_ptr_equal(our_memmove(ours + to, ours + from, n), ours + to);
				memmove(theirs + to, theirs + from, n);
				assert_memory_equal(ours, theirs, SIZE);
			}
		}
		for (size_t n = 0; n <= SIZE - to; n++) {
			fill();
			assert_ptr_equal(our_memset(ours + to, 0x1c3, n), ours + to);
			memset(theirs + to, 0xc3, n);
			assert_memory_equal(ours, theirs, SIZE);
		}
	}
}

static void copying(void **state)
{
	(void)state;
	for (size_t n = 0; n <= SIZE; n++) {
		fill();
		memset(theirs, 0xee, SIZE);
		assert_ptr_equal(our_memcpy(theirs, ours, n), theirs);
		assert_memory_equal(theirs, ours, n);
		for (size_t i = n; i < SIZE; i++)
			assert_int_equal(theirs[i], 0xee);
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void comparing(void **state)
{
	static const char *const words[] = {"",	 "a",	 "ab",	   "abc", "abd",
					    "b", "\x80", "ab\xff", "aB"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			const char *a = words[i], *b = words[j];
			size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

			assert_int_equal(sign(our_strcmp(a, b)), sign(strcmp(a, b)));
			for (size_t n = 0; n < 5; n++)
				assert_int_equal(sign(our_strncmp(a, b, n)),
						 sign(strncmp(a, b, n)));
			for (size_t n = 0; n <= shorter; n++)
				assert_int_equal(sign(our_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		}
	}
}

static void measuring_and_finding(void **state)
{
	static const char text[] = "key=value\xff=1";
	/* No final zero: a look behind the maximum is a look too far. */
	char *exact = malloc(3);

	(void)state;
	memcpy(exact, "abc", 3);
	assert_int_equal(our_strnlen(exact, 3), 3);
	assert_int_equal(our_strncmp(exact, exact, 3), 0);
	assert_null(our_memchr(exact, 'd', 3));
	free(exact);
	assert_int_equal(our_strlen(""), 0);
	assert_int_equal(our_strlen(text), strlen(text));
	assert_int_equal(our_strnlen(text, 4), 4);
	assert_int_equal(our_strnlen(text, 400), strlen(text));
	for (int c = 0; c < 256; c++) {
		assert_ptr_equal(our_strchr(text, c), strchr(text, c));
		assert_ptr_equal(our_memchr(text, c, 5), memchr(text, c, 5));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moving_and_setting_any_piece),
		cmocka_unit_test(copying),
		cmocka_unit_test(comparing),
		cmocka_unit_test(measuring_and_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
