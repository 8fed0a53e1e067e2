/* SPDX-License-Identifier: MIT */
/* Sets of 512 bits against an array of 512 bools and the obvious loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/bits512.h"

#define BITS_TOTAL 512

struct model {
	bool bit[BITS_TOTAL];
};

static bool is_run(const struct model *m, unsigned start, unsigned order)
{
	for (unsigned i = 0; i < 1U << order; i++)
		if (!m->bit[start + i])
			return false;
	return true;
}

static int largest_run(const struct model *m)
{
	for (int order = BITS512_MAX_ORDER; order >= 0; order--)
		for (unsigned i = 0; i < BITS_TOTAL; i += 1U << order)
			if (is_run(m, i, (unsigned)order))
				return order;
	return -1;
}

/* The first run of `order` in the smallest whole run that is large enough. */
static int best_run(const struct model *m, unsigned order)
{
	for (unsigned o = order; o <= BITS512_MAX_ORDER; o++)
		for (unsigned i = 0; i < BITS_TOTAL; i += 1U << o)
			if (is_run(m, i, o) &&
			    (o == BITS512_MAX_ORDER || !is_run(m, i & ~(1U << o), o + 1)))
				return (int)i;
	return -1;
}

static void compare(const struct bits512 *b, const struct model *m)
{
	unsigned missing = 0;
	int next = -1;

	for (unsigned i = BITS_TOTAL; i-- > 0;) {
		assert_int_equal(bits512_test(b, i), m->bit[i]);
		if (m->bit[i])
			next = (int)i;
		else
			missing++;
		assert_int_equal(bits512_next(b, i), next);
	}
	assert_int_equal(bits512_next(b, BITS_TOTAL), -1);
	assert_int_equal(bits512_empty(b), next < 0);
	assert_int_equal(bits512_missing(b, BITS_TOTAL), missing);
	assert_int_equal(bits512_missing(b, 2), missing < 3 ? missing : 3);
	assert_int_equal(bits512_largest_run(b), largest_run(m));
	for (unsigned order = 0; order <= BITS512_MAX_ORDER; order++)
		assert_int_equal(bits512_best_run(b, order), best_run(m, order));
}

static void change(struct bits512 *b, struct model *m, unsigned first, unsigned count, bool value)
{
	if (value)
		bits512_set_run(b, first, count);
	else
		bits512_clear_run(b, first, count);
	memset(&m->bit[first], value, count);
}

static void test_every_single_run(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= BITS512_MAX_ORDER; order++)
		for (unsigned i = 0; i < BITS_TOTAL; i += 1U << order) {
			struct bits512 b = {0};
			struct model m = {0};

			change(&b, &m, i, 1U << order, true);
			compare(&b, &m);
			/* Not one bit of it is aligned to a run twice as long. */
			change(&b, &m, i, 1, false);
			compare(&b, &m);
		}
}

static void test_single_bits(void **state)
{
	struct bits512 b = {0};
	struct model m = {0};

	(void)state;
	for (unsigned i = 0; i < BITS_TOTAL; i += 7) {
		bits512_set(&b, i);
		m.bit[i] = true;
	}
	compare(&b, &m);
	for (unsigned i = 0; i < BITS_TOTAL; i += 14) {
		bits512_clear(&b, i);
		m.bit[i] = false;
	}
	compare(&b, &m);
}

static void test_random_changes(void **state)
{
	struct bits512 b = {0};
	struct model m = {0};

	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 3000; i++) {
		unsigned longest = 1U << random() % 10;
		unsigned first = (unsigned)random() % BITS_TOTAL;
		unsigned count = 1 + (unsigned)random() % longest;

		if (count > BITS_TOTAL - first)
			count = BITS_TOTAL - first;
		change(&b, &m, first, count, random() % 2);
		compare(&b, &m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_single_run),
		cmocka_unit_test(test_single_bits),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
