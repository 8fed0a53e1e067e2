/* SPDX-License-Identifier: MIT */
#include "tests/sim/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/panic.h"

jmp_buf sim_panic_jump;
bool sim_panic_expected;
char sim_panic_text[256];

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(sim_panic_text, sizeof(sim_panic_text), fmt, args);
	va_end(args);
	if (sim_panic_expected)
		longjmp(sim_panic_jump, 1);
	fprintf(stderr, "unexpected panic: %s\n", sim_panic_text);
	abort();
}
