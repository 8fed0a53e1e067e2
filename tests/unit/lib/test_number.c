/* SPDX-License-Identifier: MIT */
/* Numbers and sizes in text; names of errors. */
#include "lib/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"

#define UNTOUCHED 0x1234567812345678UL

typedef int (*parse_fn)(const char *text, size_t n, u64 *value);

static void gives(parse_fn parse, const char *text, u64 want)
{
	u64 value = UNTOUCHED;

	assert_int_equal(parse(text, strlen(text), &value), 0);
	assert_int_equal(value, want);
}

static void fails(parse_fn parse, const char *text, int error)
{
	u64 value = UNTOUCHED;

	assert_int_equal(parse(text, strlen(text), &value), -error);
	assert_int_equal(value, UNTOUCHED);
}

static void numbers(void **state)
{
	(void)state;
	gives(number_parse, "0", 0);
	gives(number_parse, "007", 7);
	gives(number_parse, "1234567890", 1234567890);
	gives(number_parse, "0x7c00", 0x7c00);
	gives(number_parse, "0XFfAa", 0xffaa);
	gives(number_parse, "18446744073709551615", ~0UL);
	gives(number_parse, "0xffffffffffffffff", ~0UL);
	fails(number_parse, "18446744073709551616", ERR_RANGE);
	fails(number_parse, "99999999999999999999", ERR_RANGE);
	fails(number_parse, "0x10000000000000000", ERR_RANGE);
	fails(number_parse, "", ERR_INVAL);
	fails(number_parse, "0x", ERR_INVAL);
	fails(number_parse, "x1", ERR_INVAL);
	fails(number_parse, "-1", ERR_INVAL);
	fails(number_parse, "+1", ERR_INVAL);
	fails(number_parse, " 1", ERR_INVAL);
	fails(number_parse, "1 ", ERR_INVAL);
	fails(number_parse, "12a", ERR_INVAL);
	fails(number_parse, "0x12g", ERR_INVAL);
	fails(number_parse, "1,0", ERR_INVAL);
}

/* Characters whose bit 5 alone tells them from digits and letters. */
static void near_misses(void **state)
{
	char text[4] = "0x1";

	(void)state;
	for (int c = 1; c < 256; c++) {
		bool decimal = c >= '0' && c <= '9';
		bool hex = decimal || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		u64 value;

		text[2] = (char)c;
		assert_int_equal(number_parse(text, 3, &value), hex ? 0 : -ERR_INVAL);
		assert_int_equal(number_parse(text + 2, 1, &value), decimal ? 0 : -ERR_INVAL);
	}
}

static void only_the_given_characters_count(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(number_parse("1234", 2, &value), 0);
	assert_int_equal(value, 12);
	assert_int_equal(number_parse_size("12K4", 3, &value), 0);
	assert_int_equal(value, KIB(12));
}

static void sizes(void **state)
{
	(void)state;
	gives(number_parse_size, "4096", 4096);
	gives(number_parse_size, "64k", KIB(64));
	gives(number_parse_size, "256M", MIB(256));
	gives(number_parse_size, "0x10g", GIB(16));
	gives(number_parse_size, "0M", 0);
	gives(number_parse_size, "17179869183G", 17179869183UL << 30);
	fails(number_parse_size, "17179869184G", ERR_RANGE);
	fails(number_parse_size, "", ERR_INVAL);
	fails(number_parse_size, "M", ERR_INVAL);
	fails(number_parse_size, "12Q", ERR_INVAL);
	fails(number_parse_size, "1MM", ERR_INVAL);
	fails(number_parse_size, "1MB", ERR_INVAL);
	fails(number_parse_size, "1 M", ERR_INVAL);
}

static void errors_have_names(void **state)
{
	(void)state;
	assert_string_equal(error_name(0), "no error");
	assert_string_equal(error_name(-ERR_NOMEM), "out of memory");
	assert_string_equal(error_name(ERR_FAULT), "bad address");
	for (int error = 1; error <= ERR_FAULT; error++)
		assert_string_not_equal(error_name(-error), "unknown error");
	assert_string_equal(error_name(-1000), "unknown error");
	assert_string_equal(error_name(-2147483647 - 1), "unknown error");
}

static void fields_of_bits(void **state)
{
	(void)state;
	assert_int_equal(BITS(63, 0), ~0UL);
	assert_int_equal(BITS(11, 8), 0xf00);
	assert_int_equal(bits_get(0x123456789abcdef0, 63, 60), 1);
	assert_int_equal(bits_get(0x123456789abcdef0, 7, 4), 0xf);
	assert_int_equal(bits_sign_extend(0x80, 8), -128L);
	assert_int_equal(bits_sign_extend(0x7f, 8), 127);
	assert_int_equal(bits_byte_mask(1), 0xff);
	assert_int_equal(bits_byte_mask(4), 0xffffffff);
	assert_int_equal(bits_byte_mask(8), ~0UL);
	assert_int_equal(ALIGN_UP(0x1001UL, PAGE_SIZE), 0x2000);
	assert_int_equal(ALIGN_DOWN(0x1fffUL, PAGE_SIZE), 0x1000);
	assert_true(IS_ALIGNED(0x2000UL, PAGE_SIZE) && !IS_ALIGNED(0x2001UL, PAGE_SIZE));
	assert_true(IS_POW2(4096) && !IS_POW2(0) && !IS_POW2(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(near_misses),
		cmocka_unit_test(only_the_given_characters_count),
		cmocka_unit_test(sizes),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(fields_of_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
