/* SPDX-License-Identifier: MIT */
/*
 * The end of a run as the outside sees it: ports, power, the last line. It
 * happens once in a process, so each case runs in one of its own and
 * leaves what it did in shared memory.
 */
#include "kernel/outcome.h"

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
#include "kernel/asm.h"
#include "kernel/log.h"
#include "kernel/options.h"
#include "kernel/power.h"
#include "tests/sim/cpu.h"

struct options options;

static struct seen {
	char events[256]; /* in order, each ended by a blank */
	char line[2 * LOG_LINE_MAX];
} * seen;

static jmp_buf power_jump;
static bool power_returns; /* to the test, for a second call in the same process */

__printf(1, 2) static void event(const char *fmt, ...)
{
	size_t n = strlen(seen->events);
	va_list args;

	va_start(args, fmt);
	vsnprintf(seen->events + n, sizeof(seen->events) - n, fmt, args);
	va_end(args);
}

static _Noreturn void power(const char *name)
{
	event("%s ", name);
	if (power_returns)
		longjmp(power_jump, 1);
	exit(0);
}

void power_off(void)
{
	power("off");
}

void power_reset(void)
{
	power("reset");
}

void power_halt(void)
{
	power("halt");
}

void apic_stop_others(void)
{
	event("stop ");
}

void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(seen->line, sizeof(seen->line), fmt, args);
	va_end(args);
	event("line ");
}

void log_drain_forced(void)
{
	event("drain ");
}

static void port_out(u16 port, unsigned bytes, u32 value)
{
	event("out%u(%x,%x) ", 8 * bytes, port, value);
}

static int setup(void **state)
{
	(void)state;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sim.port_out = port_out;
	options = (struct options){0};
	return seen == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(seen, sizeof(*seen));
}

static void in_child(void (*body)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		body();
		exit(9);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static enum outcome wanted;

static void end_as_wanted(void)
{
	outcome_end(wanted, "because of %d", 7);
}

static void expect(enum option_runner runner, enum outcome outcome, const char *events)
{
	memset(seen, 0, sizeof(*seen));
	options.runner = runner;
	wanted = outcome;
	in_child(end_as_wanted);
	assert_string_equal(seen->events, events);
}

static void without_a_runner_no_port_is_touched(void **state)
{
	(void)state;
	expect(RUNNER_NONE, OUTCOME_CLEAN, "stop line drain off ");
	expect(RUNNER_NONE, OUTCOME_PANIC, "stop line drain off ");
	options.onexit = ONEXIT_REBOOT;
	expect(RUNNER_NONE, OUTCOME_CLEAN, "stop line drain reset ");
	options.onexit = ONEXIT_HALT;
	expect(RUNNER_NONE, OUTCOME_CLEAN, "stop line drain halt ");
}

static void bochs_is_told(void **state)
{
	(void)state;
	expect(RUNNER_BOCHS, OUTCOME_CLEAN, "stop line drain out8(8900,44) off ");
	expect(RUNNER_BOCHS, OUTCOME_GUEST_FAULT, "stop line drain out16(400,5401) off ");
	expect(RUNNER_BOCHS, OUTCOME_BAD_CONFIG, "stop line drain out16(400,5402) off ");
	expect(RUNNER_BOCHS, OUTCOME_PANIC, "stop line drain out16(400,5403) off ");
	expect(RUNNER_BOCHS, OUTCOME_REFUSED, "stop line drain out16(400,5404) off ");
}

static void qemu_is_told(void **state)
{
	(void)state;
	expect(RUNNER_QEMU, OUTCOME_CLEAN, "stop line drain out8(501,10) off ");
	expect(RUNNER_QEMU, OUTCOME_GUEST_FAULT, "stop line drain out8(501,11) off ");
	expect(RUNNER_QEMU, OUTCOME_BAD_CONFIG, "stop line drain out8(501,12) off ");
	expect(RUNNER_QEMU, OUTCOME_PANIC, "stop line drain out8(501,13) off ");
	expect(RUNNER_QEMU, OUTCOME_REFUSED, "stop line drain out8(501,14) off ");
}

static void the_line_names_outcome_and_reason(void **state)
{
	static const char *const names[] = {"clean", "guest-fault", "bad-config", "panic",
					    "refused"};
	char want[100];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		expect(RUNNER_NONE, (enum outcome)i, "stop line drain off ");
		snprintf(want, sizeof(want), "run: outcome=%s reason=\"because of 7\"", names[i]);
		assert_string_equal(seen->line, want);
	}
}

static void end_with_odd_text(void)
{
	outcome_end(OUTCOME_REFUSED, "a \"b\"\nc\t\x7f");
}

static void end_with_long_text(void)
{
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	outcome_end(OUTCOME_GUEST_FAULT, "%s", text);
}

static void the_reason_stays_one_quoted_word(void **state)
{
	size_t length;

	(void)state;
	in_child(end_with_odd_text);
	assert_string_equal(seen->line, "run: outcome=refused reason=\"a 'b' c  \"");
	in_child(end_with_long_text);
	length = strlen(seen->line);
	assert_true(length <= LOG_LINE_MAX);
	assert_true(length > LOG_LINE_MAX / 2);
	assert_int_equal(seen->line[length - 1], '"');
}

/* CPU 0 has begun a clean end and was stopped by CPU 1, which panics. */
static void end_on_two_cpus(void)
{
	static struct cpu cpus[2] = {{.index = 0}, {.index = 1}};

	sim_cpu_become(&cpus[0]);
	power_returns = true;
	if (!setjmp(power_jump))
		outcome_end(OUTCOME_CLEAN, "all well");
	power_returns = false;
	sim_cpu_become(&cpus[1]);
	outcome_end(OUTCOME_PANIC, "not so");
}

static void a_panic_wins_over_all(void **state)
{
	(void)state;
	options.runner = RUNNER_QEMU;
	in_child(end_on_two_cpus);
	assert_string_equal(seen->events, "stop line drain out8(501,10) off "
					  "stop line drain out8(501,13) off ");
	assert_string_equal(seen->line, "run: outcome=panic reason=\"not so\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_runner_no_port_is_touched, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bochs_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(qemu_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(the_line_names_outcome_and_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(the_reason_stays_one_quoted_word, setup, teardown),
		cmocka_unit_test_setup_teardown(a_panic_wins_over_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
