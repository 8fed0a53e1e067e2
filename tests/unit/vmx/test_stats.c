/* SPDX-License-Identifier: MIT */
/* Statistics of records, against sums made the slow way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/types.h"
#include "vmx/stats.h"

static struct stats s;
static struct exit_record records[4096];

static int setup(void **state)
{
	(void)state;
	memset(&s, 0xaa, sizeof(s));
	stats_reset(&s);
	memset(records, 0, sizeof(records));
	return 0;
}

static struct exit_record record(u16 reason, u32 key, u64 in, u64 out, u64 rip)
{
	return (struct exit_record){.in = in, .out = out, .rip = rip, .reason = reason, .key = key};
}

static void times_and_buckets(void **state)
{
	struct stats_times handler, guest;

	(void)state;
	/* Handlers: 1, 100, 7. The guest before them: 10, 2, 63. */
	records[0] = record(EXIT_IO, 0x80, 110, 111, 1);
	records[1] = record(EXIT_IO, 0x80, 113, 213, 1);
	records[2] = record(EXIT_IO, 0x80, 276, 283, 1);
	stats_take(&s, records, records + 3, 100);
	stats_of_reason(&s, EXIT_IO, &handler, &guest);
	assert_int_equal(stats_count(&handler), 3);
	assert_int_equal(handler.sum, 108);
	assert_int_equal(handler.min, 1);
	assert_int_equal(handler.max, 100);
	assert_int_equal(handler.bucket[0], 1);
	assert_int_equal(handler.bucket[2], 1);
	assert_int_equal(handler.bucket[6], 1);
	assert_int_equal(guest.sum, 75);
	assert_int_equal(guest.min, 2);
	assert_int_equal(guest.max, 63);
	assert_int_equal(guest.bucket[1] + guest.bucket[3] + guest.bucket[5], 3);
	stats_of_reason(&s, EXIT_CPUID, &handler, NULL);
	assert_int_equal(stats_count(&handler), 0);
}

static void percentiles(void **state)
{
	struct stats_times t = {.min = 3, .max = 900};

	(void)state;
	assert_int_equal(stats_percentile(&t, 500), 0);
	t.bucket[1] = 50;
	t.bucket[4] = 49;
	t.bucket[9] = 1;
	assert_int_equal(stats_percentile(&t, 0), 3);
	assert_int_equal(stats_percentile(&t, 500), 3);
	assert_int_equal(stats_percentile(&t, 510), 31);
	assert_int_equal(stats_percentile(&t, 990), 31);
	assert_int_equal(stats_percentile(&t, 991), 900); /* not 1023 */
	assert_int_equal(stats_percentile(&t, 1000), 900);
}

/* Random records in pieces of any size: nothing is lost or counted twice. */
static void pieces(void **state)
{
	u64 now = 1000, sums[4] = {0}, counts[4] = {0}, resumed = now, guest_sum = 0;
	static const u16 reasons[] = {EXIT_CPUID, EXIT_IO, EXIT_WRMSR, EXIT_HLT};
	struct stats_times handler, guest;
	unsigned seed = 1;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(records); i++) {
		unsigned which = (unsigned)rand_r(&seed) % 4;
		u64 in = now + 1 + (unsigned)rand_r(&seed) % 1000;

		now = in + 1 + (unsigned)rand_r(&seed) % 5000;
		records[i] =
			record(reasons[which], (u32)rand_r(&seed) % 6, in, now, 0x1000 + which);
		sums[which] += now - in;
		counts[which]++;
		guest_sum += in - (i ? records[i - 1].out : resumed);
	}
	for (unsigned at = 0; at < ARRAY_SIZE(records);) {
		unsigned n = MIN((unsigned)rand_r(&seed) % 65, (unsigned)ARRAY_SIZE(records) - at);

		stats_take(&s, records + at, records + at + n, resumed);
		at += n;
		resumed = at ? records[at - 1].out : resumed;
	}
	for (unsigned i = 0; i < 4; i++) {
		stats_of_reason(&s, reasons[i], &handler, &guest);
		assert_int_equal(stats_count(&handler), counts[i]);
		assert_int_equal(handler.sum, sums[i]);
		guest_sum -= guest.sum;
	}
	assert_int_equal(guest_sum, 0);
	assert_int_equal(s.count, 1 + 4 * 6);
}

/* A guest that touches thousands of ports and pages: every exit still counts. */
static void more_keys_than_cells(void **state)
{
	struct stats_times handler;
	unsigned others = 0;

	(void)state;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
			records[i] = record((u16)(i % EXIT_REASONS), i, 10 * i + 5, 10 * i + 10, i);
		stats_take(&s, records, records + ARRAY_SIZE(records), 0);
	}
	for (unsigned reason = 0; reason < EXIT_REASONS; reason++) {
		stats_of_reason(&s, reason, &handler, NULL);
		assert_in_range(stats_count(&handler), 2 * 51, 2 * 52);
	}
	assert_in_range(s.count, EXIT_REASONS, STATS_CELLS);
	for (unsigned i = 1; i < s.count; i++)
		others += SUBJECT_KEY(s.cells[i].subject) == STATS_KEY_OTHER;
	assert_int_equal(others, EXIT_REASONS);
}

/* Two exits of three come from one place; many others from all over. */
static void hot_rips_are_found(void **state)
{
	const struct stats_rip *best = s.rips[EXIT_IO];
	u64 all = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(records); i++)
		records[i] = record(EXIT_IO, 0x80, 10 * i + 5, 10 * i + 10,
				    i % 3 ? 0xffffffff81000000 : i);
	for (unsigned i = 0; i < ARRAY_SIZE(records); i += 64)
		stats_take(&s, records + i, records + i + 64, 0);
	for (unsigned i = 0; i < STATS_RIPS; i++) {
		all += s.rips[EXIT_IO][i].samples;
		if (s.rips[EXIT_IO][i].samples > best->samples)
			best = &s.rips[EXIT_IO][i];
	}
	assert_int_equal(best->rip, 0xffffffff81000000);
	assert_in_range(all, ARRAY_SIZE(records) / STATS_RIP_STRIDE,
			ARRAY_SIZE(records) / STATS_RIP_STRIDE + 1);
	assert_in_range(best->samples, all * 6 / 10, all * 7 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(times_and_buckets, setup),
		cmocka_unit_test_setup(percentiles, setup),
		cmocka_unit_test_setup(pieces, setup),
		cmocka_unit_test_setup(more_keys_than_cells, setup),
		cmocka_unit_test_setup(hot_rips_are_found, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
