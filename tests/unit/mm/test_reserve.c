/* SPDX-License-Identifier: MIT */
/* Set arithmetic of memory ranges, by cases and against a map of single bytes. */
#include "mm/reserve.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/error.h"

#define NO_LIMIT (~0UL)
#define U	 BOOT_MEMORY_USABLE
#define R	 BOOT_MEMORY_RESERVED

static struct reserve_list list;

static void expect(const struct reserve_span *want, unsigned count)
{
	assert_int_equal(list.count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(list.spans[i].start, want[i].start);
		assert_int_equal(list.spans[i].end, want[i].end);
	}
}

#define RANGES(...) ((const struct boot_range[]){__VA_ARGS__})
#define SPANS(...)  ((const struct reserve_span[]){__VA_ARGS__})
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

#define SUBTRACT(ranges, limit)                                                                    \
	assert_int_equal(reserve_subtract(&list, ranges, COUNT(ranges), NULL, 0, limit), 0)
#define SUBTRACT_TAKEN(ranges, taken)                                                              \
	assert_int_equal(                                                                          \
		reserve_subtract(&list, ranges, COUNT(ranges), taken, COUNT(taken), NO_LIMIT), 0)
#define EXPECT(...) expect(SPANS(__VA_ARGS__), COUNT(SPANS(__VA_ARGS__)))

static void nothing_gives_nothing(void **state)
{
	(void)state;
	assert_int_equal(reserve_subtract(&list, NULL, 0, NULL, 0, NO_LIMIT), 0);
	assert_int_equal(list.count, 0);
}

static void unsorted_ranges_are_sorted(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x9000, 0x1000, U}, {0x1000, 0x1000, U}, {0x5000, 0x1000, U}), NO_LIMIT);
	EXPECT({0x1000, 0x2000}, {0x5000, 0x6000}, {0x9000, 0xa000});
}

static void neighbors_are_joined(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x3000, 0x1000, U}, {0x1000, 0x1000, U}, {0x2000, 0x1000, U}), NO_LIMIT);
	EXPECT({0x1000, 0x4000});
}

static void overlaps_are_joined(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x1000, 0x3000, U}, {0x8000, 0x1000, U}, {0x2000, 0x6800, U},
			{0x3000, 0x1000, U}),
		 NO_LIMIT);
	EXPECT({0x1000, 0x9000});
}

static void halves_of_a_page_make_it_whole(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x1000, 0x1800, U}, {0x2800, 0x800, U}), NO_LIMIT);
	EXPECT({0x1000, 0x3000});
}

static void partial_pages_are_left_out(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x1001, 0x3ffe, U}, {0x6010, 0x100, U}), NO_LIMIT);
	EXPECT({0x2000, 0x4000});
}

static void reserved_wins_in_any_order(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x3000, 0x1000, R}, {0x1000, 0x9000, U}), NO_LIMIT);
	EXPECT({0x1000, 0x3000}, {0x4000, 0xa000});
	SUBTRACT(RANGES({0x1000, 0x9000, U}, {0x3000, 0x1000, BOOT_MEMORY_ACPI},
			{0x1000, 0x4000, U}),
		 NO_LIMIT);
	EXPECT({0x1000, 0x3000}, {0x4000, 0xa000});
}

static void one_reserved_byte_costs_its_page(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0, 0x4000, U}, {0x1fff, 1, BOOT_MEMORY_BAD}), NO_LIMIT);
	EXPECT({0, 0x1000}, {0x2000, 0x4000});
}

static void reserved_over_several(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x1000, 0x2000, U}, {0x4000, 0x1000, U}, {0x6000, 0x2000, U},
			{0x2000, 0x5000, BOOT_MEMORY_NVS}),
		 NO_LIMIT);
	EXPECT({0x1000, 0x2000}, {0x7000, 0x8000});
}

static void taken_spans(void **state)
{
	(void)state;
	SUBTRACT_TAKEN(RANGES({0, 0x9f000, U}, {0x100000, 0x10000, U}),
		       SPANS({0x100000, 0x104001}, {0, 0x100000}, {0x200000, 0x300000}));
	EXPECT({0x105000, 0x110000});
	SUBTRACT_TAKEN(RANGES({0x1000, 0x2000, U}), SPANS({0x1000, 0x3000}, {0x1000, 0x3000}));
	assert_int_equal(list.count, 0);
}

static void empty_spans_change_nothing(void **state)
{
	(void)state;
	SUBTRACT_TAKEN(RANGES({0x1000, 0, U}, {0x2000, 0x2000, U}, {0x3000, 0, R}),
		       SPANS({0x2000, 0x2000}, {0x3800, 0x3000}));
	EXPECT({0x2000, 0x4000});
}

static void wrapping_ranges_end_at_the_top(void **state)
{
	(void)state;
	SUBTRACT(RANGES({~0xfffUL - 0xf000, 0x20000, U}), NO_LIMIT);
	EXPECT({~0xfffUL - 0xf000, ~0xfffUL});
	SUBTRACT(RANGES({0x1000, 0x8000, U}, {0x4000, ~0UL, R}), NO_LIMIT);
	EXPECT({0x1000, 0x4000});
	SUBTRACT(RANGES({~0xffeUL, 0x500, U}), NO_LIMIT); /* within the very last page */
	assert_int_equal(list.count, 0);
	SUBTRACT(RANGES({0x1000, ~0UL, U}), 0x10000);
	EXPECT({0x1000, 0x10000});
}

static void limit_cuts(void **state)
{
	(void)state;
	SUBTRACT(RANGES({0x1000, 0x8000, U}, {0x20000, 0x1000, U}, {0x5000, 0x30000, R}), 0x4000);
	EXPECT({0x1000, 0x4000});
}

/* As many rests as the list can hold, and what happens beyond. */
static void too_many_pieces(void **state)
{
	static struct boot_range one = {0, 0x10000000, U};
	static struct reserve_span taken[RESERVE_MAX_SPANS + 1];

	(void)state;
	for (unsigned i = 0; i < COUNT(taken); i++)
		taken[i] = (struct reserve_span){0x1000 + i * 0x2000UL, 0x2000 + i * 0x2000UL};
	assert_int_equal(reserve_subtract(&list, &one, 1, taken, RESERVE_MAX_SPANS - 1, NO_LIMIT),
			 0);
	assert_int_equal(list.count, RESERVE_MAX_SPANS);
	assert_int_equal(reserve_subtract(&list, &one, 1, taken, RESERVE_MAX_SPANS, NO_LIMIT),
			 -ERR_RANGE);
	for (unsigned i = 0; i < list.count; i++)
		for (unsigned t = 0; t < RESERVE_MAX_SPANS; t++)
			assert_true(list.spans[i].end <= taken[t].start ||
				    list.spans[i].start >= taken[t].end);
}

/* A model: one flag for each byte of a small memory. */
#define MODEL_SIZE 0x20000U

static unsigned char model[MODEL_SIZE];

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

static struct reserve_span random_span(unsigned max_length)
{
	unsigned start = below(MODEL_SIZE), end = start + below(max_length);
	unsigned rounding = below(2) ? 0x7ff : 0;

	if (end > MODEL_SIZE)
		end = MODEL_SIZE;
	return (struct reserve_span){start & ~rounding, end & ~rounding};
}

static void model_set(hpa_t start, hpa_t end, int usable)
{
	if (start < end)
		memset(model + start, usable, end - start);
}

static void model_compare(void)
{
	static unsigned char got[MODEL_SIZE];

	for (unsigned page = 0; page < MODEL_SIZE; page += PAGE_SIZE)
		memset(model + page, !memchr(model + page, 0, PAGE_SIZE), PAGE_SIZE);
	memset(got, 0, sizeof(got));
	for (unsigned i = 0; i < list.count; i++) {
		assert_true(list.spans[i].start < list.spans[i].end);
		assert_true(i == 0 || list.spans[i - 1].end < list.spans[i].start);
		assert_true(list.spans[i].end <= MODEL_SIZE);
		memset(got + list.spans[i].start, 1, list.spans[i].end - list.spans[i].start);
	}
	assert_memory_equal(got, model, MODEL_SIZE);
}

static void against_a_model(void **state)
{
	struct boot_range ranges[24];
	struct reserve_span taken[6], span;

	(void)state;
	srand(20240501);
	for (int round = 0; round < 400; round++) {
		unsigned range_count = below(COUNT(ranges)), taken_count = below(COUNT(taken));
		hpa_t limit = round % 3 ? MODEL_SIZE : below(MODEL_SIZE);

		for (unsigned i = 0; i < range_count; i++) {
			span = random_span(MODEL_SIZE / 4);
			ranges[i] = (struct boot_range){span.start, span.end - span.start,
							below(3) ? U : R};
		}
		for (unsigned i = 0; i < taken_count; i++)
			taken[i] = random_span(0x3000);

		memset(model, 0, sizeof(model));
		for (int usable = 1; usable >= 0; usable--)
			for (unsigned i = 0; i < range_count; i++)
				if ((ranges[i].type == U) == usable)
					model_set(ranges[i].start,
						  ranges[i].start + ranges[i].length, usable);
		for (unsigned i = 0; i < taken_count; i++)
			model_set(taken[i].start, taken[i].end, 0);
		model_set(limit, MODEL_SIZE, 0);

		assert_int_equal(
			reserve_subtract(&list, ranges, range_count, taken, taken_count, limit), 0);
		model_compare();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_nothing),
		cmocka_unit_test(unsorted_ranges_are_sorted),
		cmocka_unit_test(neighbors_are_joined),
		cmocka_unit_test(overlaps_are_joined),
		cmocka_unit_test(halves_of_a_page_make_it_whole),
		cmocka_unit_test(partial_pages_are_left_out),
		cmocka_unit_test(reserved_wins_in_any_order),
		cmocka_unit_test(one_reserved_byte_costs_its_page),
		cmocka_unit_test(reserved_over_several),
		cmocka_unit_test(taken_spans),
		cmocka_unit_test(empty_spans_change_nothing),
		cmocka_unit_test(wrapping_ranges_end_at_the_top),
		cmocka_unit_test(limit_cuts),
		cmocka_unit_test(too_many_pieces),
		cmocka_unit_test(against_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
