/* SPDX-License-Identifier: MIT */
#include "lib/number.h"

#include "lib/error.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int number_parse(const char *text, size_t n, u64 *value)
{
	unsigned base = 10;
	u64 sum = 0;

	if (n > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
		n -= 2;
	}
	if (!n)
		return -ERR_INVAL;
	for (; n; n--, text++) {
		int d = digit(*text);

		if (d < 0 || (unsigned)d >= base)
			return -ERR_INVAL;
		if (__builtin_mul_overflow(sum, base, &sum) || __builtin_add_overflow(sum, d, &sum))
			return -ERR_RANGE;
	}
	*value = sum;
	return 0;
}

int number_parse_size(const char *text, size_t n, u64 *bytes)
{
	unsigned shift = 0;
	u64 value;
	int error;

	switch (n ? text[n - 1] | 0x20 : 0) {
	case 'k':
		shift = 10;
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	}
	error = number_parse(text, n - (shift != 0), &value);
	if (error)
		return error;
	if (value > ~0UL >> shift)
		return -ERR_RANGE;
	*bytes = value << shift;
	return 0;
}
