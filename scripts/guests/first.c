/* SPDX-License-Identifier: MIT */
/*
 * The guest's first program: tells that user space has been reached, with the
 * time-stamp counter, before anything else happens there. Then the shell
 * takes over as process 1. Freestanding, so that it needs no C library.
 */
#include <asm/unistd.h>

/* No system call here has more than three arguments. */
static long call(long number, const void *a, const void *b, const void *c)
{
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "0"(number), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return result;
}

static unsigned long tsc(void)
{
	unsigned lo, hi;

	asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long)hi << 32 | lo;
}

/* The number's digits end at `end`; returns where they begin. */
static char *decimal(unsigned long value, char *end)
{
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	return end;
}

static void say(const char *text, unsigned long length)
{
	call(__NR_write, (void *)1, text, (void *)length);
}

void start(void);
void start(void)
{
	static const char *const shell[] = { "/bin/busybox", "sh", "/etc/start", 0 };
	static const char *const none[] = { 0 };
	static const char line[] = "Trivet guest: user space tsc=";
	char digits[24];
	unsigned long now = tsc();

	digits[sizeof(digits) - 1] = '\n';
	say(line, sizeof(line) - 1);
	say(decimal(now, &digits[sizeof(digits) - 1]),
	    (unsigned long)(&digits[sizeof(digits)] - decimal(now, &digits[sizeof(digits) - 1])));
	call(__NR_execve, shell[0], shell, none);
	call(__NR_exit, (void *)1, 0, 0);
	for (;;)
		;
}
