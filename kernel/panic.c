/* SPDX-License-Identifier: MIT */
/*
 * Who panics, in which order things are told, and what happens when telling
 * fails. Writes straight to the consoles, because the log's draining flag
 * may belong to a CPU that has been stopped.
 */
#include "kernel/panic.h"

#include <stdarg.h>

#include "kernel/apic.h"
#include "kernel/asm.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/outcome.h"
#include "kernel/panic_dump.h"
#include "lib/format.h"
#include "lib/x86.h"

#define HOOKS_MAX    4
#define RECENT_LINES 32

/* Index + 1 of the first CPU that panicked: the only one that tells. */
static unsigned owner;
static unsigned depth; /* owner's */
static char reason[256];

static void (*hooks[HOOKS_MAX])(void);
static const char *(*name_address)(u64 address);

void panic_add_hook(void (*hook)(void))
{
	for (unsigned i = 0; i < HOOKS_MAX; i++) {
		if (!hooks[i]) {
			hooks[i] = hook;
			return;
		}
	}
	panic("more than %u panic hooks", HOOKS_MAX);
}

void panic_set_namer(const char *(*name)(u64 address))
{
	name_address = name;
}

void panic_print(const char *fmt, ...)
{
	char line[256];
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = format_va(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	line[n] = '\n';
	console_write(line, n + 1);
}

static unsigned this_index(void)
{
	return cpu_ready ? this_cpu()->index : 0;
}

/* Returns only on the first CPU and for its first panic. */
static void enter(const char *fmt, va_list args)
{
	unsigned nobody = 0, self = this_index() + 1;
	char text[LOG_LINE_MAX];

	cpu_interrupts_off();
	if (__atomic_compare_exchange_n(&owner, &nobody, self, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		format_va(reason, sizeof(reason), fmt, args);
		return;
	}
	if (owner != self) {
		format_va(text, sizeof(text), fmt, args);
		log_error("panic", "this CPU too: %s", text);
		cpu_stop();
	}
	if (++depth == 1) {
		format_va(text, sizeof(text), fmt, args);
		panic_print("panic during the panic: %s", text);
		outcome_end(OUTCOME_PANIC, "%s", reason);
	}
	cpu_stop();
}

static void print_name(const char *what, u64 address)
{
	const char *name = name_address ? name_address(address) : NULL;

	if (name)
		panic_print("  %s %016lx is in: %s", what, address, name);
}

static bool in_text(u64 address)
{
	return address >= (u64)image_text_start && address < (u64)image_text_end;
}

/* `frame` is NULL without an exception. */
static _Noreturn void tell(const struct trap_frame *frame, u64 frame_pointer)
{
	apic_stop_others();
	log_drain_forced();

	panic_print("\npanic on cpu%u: %s", this_index(), reason);
	if (frame) {
		panic_dump_frame(frame);
		panic_dump_control();
		if (frame->vector == VECTOR_PF || frame->vector == VECTOR_DF)
			print_name("cr2", cr2_read());
		if (!in_text(frame->rip))
			print_name("rip", frame->rip);
		print_name("rsp", frame->rsp);
		panic_dump_backtrace_trap(frame);
	} else {
		panic_dump_control();
		panic_dump_backtrace(frame_pointer);
	}
	for (unsigned i = 0; i < HOOKS_MAX && hooks[i]; i++)
		hooks[i]();
	panic_print("recent log:");
	log_dump_recent(RECENT_LINES);
	outcome_end(OUTCOME_PANIC, "%s", reason);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	enter(fmt, args);
	va_end(args);
	tell(NULL, (u64)__builtin_frame_address(0));
}

void panic_trap(const struct trap_frame *frame, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	enter(fmt, args);
	va_end(args);
	tell(frame, 0);
}
