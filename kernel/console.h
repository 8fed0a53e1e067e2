/* SPDX-License-Identifier: MIT */
/*
 * The consoles that log lines and guest output go to: COM1, VGA text, the
 * linear framebuffer. Each driver registers a const struct console; the
 * log alone writes to them.
 */
#pragma once

#include "lib/types.h"

struct console {
	const char *name;
	/* Write text; '\n' means a new line. Polls hardware; must end in bounded time. */
	void (*write)(const char *text, size_t length);
	/* The next input byte, or -1. NULL for consoles without input. */
	int (*read)(void);
	/* Wait, for a bounded time, until all is sent. NULL where writing is sending. */
	void (*flush)(void);
};

#define CONSOLE_MAX 4

/* Add a console; what the log has kept so far is not replayed. Twice is as once. Boot CPU only. */
void console_register(const struct console *console);

/* How many consoles there are. */
unsigned console_count(void);

/* Write to every console. Only the holder of the log's draining flag, or a panic, may call. */
void console_write(const char *text, size_t length);

/* Wait until all consoles have sent what was written. */
void console_flush(void);

/* The next input byte of any console, or -1. Never waits. */
int console_read(void);
