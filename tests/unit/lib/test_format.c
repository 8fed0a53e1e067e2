/* SPDX-License-Identifier: MIT */
/* What our format() must have in common with the host's printf, and its limits. */
#include "lib/format.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours[256], theirs[256];                                                       \
		int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                        \
                                                                                                   \
		assert_int_equal(format(ours, sizeof(ours), __VA_ARGS__), length);                 \
		assert_string_equal(ours, theirs);                                                 \
	} while (0)

static void it_formats_as_printf_does(void **state)
{
	(void)state;
	SAME("plain %%");
	SAME("%d %i %u", -INT_MAX, INT_MAX,
	     UINT_MAX); /* of INT_MIN stb_sprintf wants wrap-around */
	SAME("%ld %lu %lx", -LONG_MAX, ULONG_MAX, ULONG_MAX);
	SAME("%llu %zu", ULLONG_MAX, (size_t)-1);
	SAME("%5lu.%06lu|%-8u|%08x|%+d|% d", 12UL, 345UL, 7u, 0xbeefu, 5, 5);
	SAME("%#x %#lx %X", 0x3f8u, 0xfee00000UL, 0xabcu);
	SAME("%*d|%-*d|%.3d", 6, 42, 6, 42, 7);
	SAME("%s|%10s|%-10s|%.3s|%.*s", "a", "right", "left", "cutoff", 2, "xyz");
	SAME("%c%c", 'o', 'k');
	SAME("%hhu %hu", (unsigned char)255, (unsigned short)65535);
}

static void zero_is_printed_as_zero(void **state)
{
	(void)state;
	SAME("%d %u %lu %x %lx", 0, 0u, 0UL, 0u, 0UL);
}

static void it_never_writes_behind_the_buffer(void **state)
{
	(void)state;
	for (size_t size = 0; size < 40; size++) {
		char *buffer = malloc(size ? size : 1); /* ASan watches its end */
		size_t length = format(buffer, size, "%s %u", "twenty characters of", 12345);

		assert_int_equal(length, size == 0 ? 0 : size <= 26 ? size - 1 : 26);
		if (size) {
			assert_int_equal(buffer[length], 0);
			assert_memory_equal(buffer, "twenty characters of 12345", length);
		}
		free(buffer);
	}
}

static void long_text_passes_through_in_pieces(void **state)
{
	char text[3000], got[3100];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 26);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(format(got, sizeof(got), "<%s>", text), sizeof(text) + 1);
	assert_int_equal(got[0], '<');
	assert_memory_equal(got + 1, text, sizeof(text) - 1);
	assert_string_equal(got + sizeof(text), ">");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_formats_as_printf_does),
		cmocka_unit_test(zero_is_printed_as_zero),
		cmocka_unit_test(it_never_writes_behind_the_buffer),
		cmocka_unit_test(long_text_passes_through_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
