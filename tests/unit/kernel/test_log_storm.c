/* SPDX-License-Identifier: MIT */
/*
 * The log with threads as CPUs: each has GS point to a struct cpu of its
 * own, as on the machine. What they say at once is counted on the console.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/prctl.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/log.h"

#define SCREEN_SIZE (16 << 20)
#define CPUS	    4
#define ROUNDS	    300
#define FEW	    40
#define MANY	    3000
#define GUEST_CHUNK 7

static char *screen;
static size_t screen_used;
static unsigned writers_inside;
static unsigned yields; /* a slow console: after some writes others may run */

/* Stand in for kernel/time.c and kernel/cpu.c. */
bool cpu_ready;

u64 time_since_boot_ns(void)
{
	return 0;
}

static void screen_write(const char *text, size_t length)
{
	assert_int_equal(__atomic_fetch_add(&writers_inside, 1, __ATOMIC_SEQ_CST), 0);
	assert_true(screen_used + length < SCREEN_SIZE);
	memcpy(screen + screen_used, text, length);
	screen_used += length;
	screen[screen_used] = 0;
	if (yields && screen_used % yields == 0)
		sched_yield();
	__atomic_fetch_sub(&writers_inside, 1, __ATOMIC_SEQ_CST);
}

static const struct console console = {
	.name = "memory",
	.write = screen_write,
};

static int setup(void **state)
{
	(void)state;
	console_register(&console);
	log_report("the test before may have left text of a guest");
	screen_used = 0;
	screen[0] = 0;
	yields = 0;
	return 0;
}

#define CPUS	    4
#define ROUNDS	    300
#define FEW	    40
#define MANY	    3000
#define GUEST_CHUNK 7

static struct cpu cpus[CPUS];
static pthread_barrier_t start;
static unsigned lines_each;

static void *run_cpu(void *argument)
{
	struct cpu *cpu = argument;

	cpu->self = cpu;
	syscall(SYS_arch_prctl, ARCH_SET_GS, cpu);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < lines_each; i++) {
		char text[GUEST_CHUNK];

		log_info("storm", "line=%u", i);
		memset(text, 'A' + (int)cpu->index, sizeof(text));
		log_guest_text(text, sizeof(text));
	}
	return NULL;
}

static void run_storm(unsigned lines)
{
	pthread_t threads[CPUS];

	cpu_ready = true;
	lines_each = lines;
	pthread_barrier_init(&start, NULL, CPUS);
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i].index = i;
		assert_int_equal(pthread_create(&threads[i], NULL, run_cpu, &cpus[i]), 0);
	}
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	cpu_ready = false;
}

struct tally {
	unsigned lines[CPUS], next[CPUS], all_lines, lost_lines;
	unsigned letters[CPUS], lost_bytes[CPUS];
};

static void count_line(struct tally *t, const char *line)
{
	unsigned cpu, number;
	unsigned long bytes;

	if (sscanf(line, "[    0.000000] cpu%u storm: line=%u", &cpu, &number) == 2) {
		assert_true(cpu < CPUS && number >= t->next[cpu]);
		t->next[cpu] = number + 1;
		t->lines[cpu]++;
		t->all_lines++;
	} else if (sscanf(line, "[    0.000000] cpu%*u log: warning: lines lost count=%u",
			  &number) == 1) {
		t->lost_lines += number;
	} else if (sscanf(line,
			  "[    0.000000] cpu%*u log: warning: guest text lost bytes=%lu "
			  "on_cpu=%u",
			  &bytes, &cpu) == 2) {
		assert_true(cpu < CPUS);
		t->lost_bytes[cpu] += (unsigned)bytes;
	} else {
		for (; *line; line++) {
			assert_in_range(*line, 'A', 'A' + CPUS - 1);
			t->letters[*line - 'A']++;
		}
	}
}

static struct tally count(void)
{
	struct tally t = {0};

	for (char *line = strtok(screen, "\n"); line; line = strtok(NULL, "\n"))
		count_line(&t, line);
	return t;
}

/* Few lines, so that no CPU has shown its share before the end: none may stay behind. */
static void no_line_stays_behind(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct tally t;

		setup(NULL);
		run_storm(FEW);
		t = count();
		assert_int_equal(t.lost_lines, 0);
		for (unsigned i = 0; i < CPUS; i++) {
			assert_int_equal(t.lines[i], FEW);
			assert_int_equal(t.letters[i] + t.lost_bytes[i], FEW * GUEST_CHUNK);
		}
	}
}

static void in_a_storm_each_line_is_shown_or_counted(void **state)
{
	struct tally t;

	(void)state;
	yields = 3;
	run_storm(MANY);
	log_report("A"); /* brings out what a CPU that had shown its share left */
	t = count();
	assert_int_equal(t.all_lines + t.lost_lines, CPUS * MANY);
	assert_int_equal(t.letters[0] + t.lost_bytes[0], MANY * GUEST_CHUNK + 1);
	for (unsigned i = 1; i < CPUS; i++)
		assert_int_equal(t.letters[i] + t.lost_bytes[i], MANY * GUEST_CHUNK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_line_stays_behind, setup),
		cmocka_unit_test_setup(in_a_storm_each_line_is_shown_or_counted, setup),
	};
	int failed;

	screen = malloc(SCREEN_SIZE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(screen);
	return failed;
}
