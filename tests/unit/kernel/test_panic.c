/* SPDX-License-Identifier: MIT */
/*
 * What a panic tells, in which order, and what it does when telling fails.
 * A panic does not return, so each case runs in a process of its own and
 * leaves the consoles' text in shared memory.
 */
#include "kernel/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/outcome.h"
#include "kernel/panic_dump.h"
#include "kernel/symbols.h"
#include "kernel/traps.h"
#include "lib/x86.h"
#include "tests/sim/cpu.h"

static char *screen; /* shared; with marks for what is not text */
#define SCREEN_SIZE 8192

/* As boot/trivet.lds would give them. */
const u8 image_text_start[1], image_text_end[1];
u8 image_stack_start[1], image_data_end[1];

static u64 stack[16];
static struct cpu cpu = {
	.index = 3,
	.stacks[CPU_STACK_MAIN] = {(u64)stack, (u64)(stack + 16)},
};

static void put(const char *text, size_t length)
{
	size_t n = strlen(screen);

	if (n + length < SCREEN_SIZE)
		memcpy(screen + n, text, length);
}

void console_write(const char *text, size_t length)
{
	put(text, length);
}

static void mark(const char *text)
{
	put(text, strlen(text));
}

void apic_stop_others(void)
{
	mark("<stop>");
}

void log_drain_forced(void)
{
	mark("<drain>");
}

void log_dump_recent(unsigned lines)
{
	assert_in_range(lines, 10, 100);
	mark("<recent>\n");
}

void outcome_end(enum outcome outcome, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	mark("<end ");
	mark(outcome == OUTCOME_PANIC ? "panic: " : "?: ");
	mark(text);
	mark(">");
	exit(0);
}

/* One function, from 1000H to 10ffH. */
bool symbol_lookup(u64 address, const char **name, u64 *offset)
{
	if (address < 0x1000 || address >= 0x1100)
		return false;
	*name = "function";
	*offset = address - 0x1000;
	return true;
}

static const char *namer(u64 address)
{
	return address < PAGE_SIZE ? "null pointer" : NULL;
}

static int setup(void **state)
{
	(void)state;
	screen = mmap(NULL, SCREEN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return screen == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(screen, SCREEN_SIZE);
}

static void in_child(void (*body)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		sim.cr0 = CR0_PE | CR0_PG;
		sim.cr4 = CR4_PAE | CR4_VMXE;
		sim.cr2 = 0x10;
		body();
		exit(9);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* All of these, in this order. */
static void expect_in_order(const char *const *texts, unsigned count)
{
	const char *at = screen;

	for (unsigned i = 0; i < count; i++) {
		at = strstr(at, texts[i]);
		if (!at)
			print_error("missing, or too early: %s\nin: %s\n", texts[i], screen);
		assert_non_null(at);
		at += strlen(texts[i]);
	}
}

#define EXPECT(...)                                                                                \
	expect_in_order((const char *const[]){__VA_ARGS__},                                        \
			ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static void hook(void)
{
	panic_print("hook says %d", 42);
}

static void plain(void)
{
	panic_add_hook(hook);
	panic("bug %d", 5);
}

static void the_whole_story_in_order(void **state)
{
	(void)state;
	in_child(plain);
	EXPECT("<stop>", "<drain>", "panic on cpu0: bug 5\n", "cr0    0000000080000001 PE PG\n",
	       "cr4    0000000000002020 PAE VMXE\n", "backtrace:\n", "hook says 42\n",
	       "recent log:\n<recent>\n", "<end panic: bug 5>");
}

static void trap(void)
{
	struct trap_frame frame = {
		.vector = VECTOR_PF,
		.rip = 0x1020,
		.rsp = (u64)&stack[1],
		.rbp = (u64)&stack[2],
		.rax = 0xabcdef,
		.rflags = RFLAGS_FIXED | RFLAGS_IF | RFLAGS_ZF,
	};

	sim_cpu_become(&cpu);
	panic_set_namer(namer);
	stack[2] = (u64)&stack[6];
	stack[3] = 0x1030;
	stack[6] = (u64)&stack[8];
	stack[7] = 0x1030;
	stack[8] = 0;
	stack[9] = 0x5555;
	panic_trap(&frame, "page fault");
}

static void an_exception_shows_where_it_happened(void **state)
{
	(void)state;
	in_child(trap);
	EXPECT("panic on cpu3: page fault\n", "rip 0000000000001020", "rax 0000000000abcdef",
	       "rflags 0000000000000242 ZF IF\n", "cr2 0000000000000010 is in: null pointer\n",
	       "backtrace:\n", "  0000000000001020 function+0x20\n",
	       "  0000000000001030 function+0x30\n", "  ... 2 times\n", "  0000000000005555 ?\n",
	       "<end panic: page fault>");
}

static void null_call(void)
{
	struct trap_frame frame = {.vector = VECTOR_PF, .rip = 0, .rsp = (u64)&stack[1]};

	sim_cpu_become(&cpu);
	panic_set_namer(namer);
	stack[1] = 0x1044; /* the call's return address */
	panic_trap(&frame, "page fault");
}

static void a_call_of_nothing_shows_the_caller(void **state)
{
	(void)state;
	in_child(null_call);
	EXPECT("rip 0000000000000000 is in: null pointer\n", "backtrace:\n",
	       "  0000000000000000 ?\n", "  0000000000001044 function+0x44\n");
}

static void panicking_hook(void)
{
	panic("bug in a hook");
}

static void twice(void)
{
	panic_add_hook(panicking_hook);
	panic("bug %d", 5);
}

static void a_panic_during_the_panic_tells_both_and_ends(void **state)
{
	(void)state;
	in_child(twice);
	EXPECT("panic on cpu0: bug 5\n", "panic during the panic: bug in a hook\n",
	       "<end panic: bug 5>");
	assert_null(strstr(screen, "<recent>"));
}

static void endless_frames(void)
{
	struct trap_frame frame = {.rip = 0x1000, .rbp = 0xffff800000000001};

	sim_cpu_become(&cpu);
	panic_trap(&frame, "wild");
}

static void a_wild_frame_pointer_is_not_followed(void **state)
{
	(void)state;
	in_child(endless_frames);
	EXPECT("backtrace:\n  0000000000001000 function+0\nrecent log:");
}

static void flags_have_names(void **state)
{
	static const char *const names[] = {"A", NULL, "C"};
	char text[16];

	(void)state;
	assert_string_equal(panic_flags(text, sizeof(text), 0, names, 3), "");
	assert_string_equal(panic_flags(text, sizeof(text), ~0UL, names, 3), "A C");
	assert_string_equal(panic_flags(text, sizeof(text), 4, names, 3), "C");
	assert_string_equal(panic_flags(text, 3, ~0UL, names, 3), "A ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_whole_story_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(an_exception_shows_where_it_happened, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_call_of_nothing_shows_the_caller, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_panic_during_the_panic_tells_both_and_ends, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_wild_frame_pointer_is_not_followed, setup,
						teardown),
		cmocka_unit_test(flags_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
