/* SPDX-License-Identifier: MIT */
/*
 * The report of the statistics: no line is longer than the log takes, and
 * the buckets of a histogram are all there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/log.h"
#include "machine/stats_report.h"
#include "machine/vm.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"

static char said[20000];
static struct vm vm;
static struct vcpu vcpu;
static struct stats *stats;

void log_report(const char *fmt, ...)
{
	char line[1000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (strlen(line) > LOG_LINE_MAX)
		fail_msg("too long: %s", line);
	strcat(strcat(said, line), "\n");
}

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks / 3;
}

const char *exit_reason_name(unsigned reason)
{
	return reason == EXIT_EPT_MISCONFIGURATION ? "EPT_MISCONFIGURATION" : "OTHER";
}

void recorder_catch_up(struct vcpu *v)
{
	(void)v;
}

void vcpu_exits(struct vcpu *v, unsigned reason, u64 *count, u64 *ticks)
{
	struct stats_times t;

	stats_of_reason(v->recorder.stats, reason, &t, NULL);
	*count = stats_count(&t);
	*ticks = t.sum;
}

static int setup(void **state)
{
	(void)state;
	said[0] = 0;
	memset(&vm, 0, sizeof(vm));
	stats = calloc(1, sizeof(*stats));
	stats_reset(stats);
	strcpy(vm.name, "vm0");
	vm.run_ns = 3600000000000UL;
	vcpu.vm = &vm;
	vcpu.recorder.stats = stats;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(stats);
	return 0;
}

/* Of a long run: every duration there can be, each many times. */
static void test_long_runs(void **state)
{
	const char *at = said;
	unsigned buckets = 0, lines = 0;

	(void)state;
	for (unsigned i = 4; i < 34; i++) {
		struct exit_record r = { .reason = EXIT_EPT_MISCONFIGURATION, .in = 1UL << 40 };

		r.out = r.in + (1UL << i);
		stats_take(stats, &r, &r + 1, r.in - 1000);
		stats->cells[1].handler.bucket[i] = 123456789 + i;
	}
	stats->cells[1].handler.sum = 1UL << 50;
	stats_report(&vm, &vcpu, true);
	while ((at = strstr(at, "of=handler ")) != NULL) {
		const char *end = strchr(at, '\n'), *pair = strstr(at, "log2=") + 4;

		lines++;
		for (; pair && pair < end; pair = strchr(pair + 1, ',')) {
			unsigned power;
			u64 count;

			assert_int_equal(sscanf(pair + 1, "%u:%lu", &power, &count), 2);
			assert_int_equal(power, 4 + buckets);
			assert_int_equal(count, 123456789 + power);
			buckets++;
		}
		at = end;
	}
	assert_non_null(strstr(said, " p50<=   p99<= ")); /* upper ends, and said so */
	assert_int_equal(buckets, 30);
	assert_true(lines > 1);
	assert_non_null(strstr(said, " max_ticks=8589934592\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_long_runs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
