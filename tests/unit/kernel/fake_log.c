/* SPDX-License-Identifier: MIT */
#include "tests/unit/kernel/fake_log.h"

#include <stdio.h>

unsigned fake_log_warnings;
char fake_log_last[LOG_LINE_MAX + 1];

void fake_log_reset(void)
{
	fake_log_warnings = 0;
	fake_log_last[0] = 0;
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	char text[LOG_LINE_MAX + 1];
	va_list args;

	(void)subsystem;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args); /* formats all lines, so that all are checked */
	va_end(args);
	if (level <= LOG_WARN) {
		fake_log_warnings++;
		snprintf(fake_log_last, sizeof(fake_log_last), "%s", text);
	}
}
