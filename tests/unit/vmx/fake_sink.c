/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_sink.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kernel/log.h"
#include "vmx/dump_text.h"

#define LINES 400

static char lines[LINES][LOG_LINE_MAX + 1];
static unsigned count;

static void keep(const char *line)
{
	assert_true(count < LINES);
	assert_true(strlen(line) <= LOG_LINE_MAX);
	strcpy(lines[count++], line);
}

/* What dump_line() uses without a sink. */
void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	assert_string_equal(fmt, "%s");
	keep(va_arg(args, const char *));
	va_end(args);
}

int fake_sink_setup(void **state)
{
	fake_sink_clear();
	dump_set_sink(keep);
	return fake_setup(state);
}

void fake_sink_clear(void)
{
	count = 0;
}

unsigned fake_sink_count(void)
{
	return count;
}

const char *fake_sink_line(unsigned i)
{
	assert_true(i < count);
	return lines[i];
}

void fake_sink_expect(const char *first, ...)
{
	const char *wanted = first;
	unsigned i = 0;
	va_list args;

	va_start(args, first);
	for (; wanted; wanted = va_arg(args, const char *))
		assert_string_equal(fake_sink_line(i++), wanted);
	va_end(args);
	if (i < count)
		fail_msg("one more: %s", lines[i]);
	count = 0;
}

const char *fake_sink_find(const char *start)
{
	for (unsigned i = 0; i < count; i++)
		if (!strncmp(lines[i], start, strlen(start)))
			return lines[i];
	return NULL;
}
