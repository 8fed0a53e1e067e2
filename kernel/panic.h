/* SPDX-License-Identifier: MIT */
/*
 * The end of everything: a bug of our own. Prints the reason, registers,
 * a symbolized backtrace, what the panic hooks add (last exits, VMCS), the
 * recent log, then ends the run with outcome "panic". A panic during a
 * panic still prints its one line. Works at any time, in any context; all
 * other CPUs are stopped first.
 */
#pragma once

#include "lib/types.h"

struct trap_frame;

_Noreturn void panic(const char *fmt, ...) __printf(1, 2) __cold;

/* As panic, for an exception: `frame` gives registers and the backtrace's start. */
_Noreturn void panic_trap(const struct trap_frame *frame, const char *fmt, ...) __printf(2, 3)
	__cold;

/* A function to call once while panicking, after the backtrace. Set up by main; at most 4. */
void panic_add_hook(void (*hook)(void));

/* Who can tell what an address belongs to: host_map_name(). Set up by main. */
void panic_set_namer(const char *(*name)(u64 address));

/* One line straight to the consoles, for hooks: only while panicking. No newline at its end. */
void panic_print(const char *fmt, ...) __printf(1, 2) __cold;

#define panic_on(condition)                                                                        \
	do {                                                                                       \
		if (unlikely(condition))                                                           \
			panic("%s:%d: %s", __FILE__, __LINE__, #condition);                        \
	} while (0)
