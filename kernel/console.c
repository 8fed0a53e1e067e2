/* SPDX-License-Identifier: MIT */
/*
 * The list of consoles. Added to at boot only, by one CPU; the log's
 * draining flag keeps writers apart.
 */
#include "kernel/console.h"

static const struct console *consoles[CONSOLE_MAX];
static unsigned count;

void console_register(const struct console *console)
{
	for (unsigned i = 0; i < count; i++)
		if (consoles[i] == console)
			return;
	if (count == CONSOLE_MAX)
		return;
	consoles[count] = console;
	/* Another CPU, or our own NMI, must not see the slot before it is filled. */
	__atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
}

unsigned console_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

void console_write(const char *text, size_t length)
{
	for (unsigned i = 0, n = console_count(); i < n; i++)
		consoles[i]->write(text, length);
}

void console_flush(void)
{
	for (unsigned i = 0, n = console_count(); i < n; i++)
		if (consoles[i]->flush)
			consoles[i]->flush();
}

int console_read(void)
{
	for (unsigned i = 0, n = console_count(); i < n; i++) {
		int byte = consoles[i]->read ? consoles[i]->read() : -1;

		if (byte >= 0)
			return byte;
	}
	return -1;
}
