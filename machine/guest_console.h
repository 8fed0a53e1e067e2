/* SPDX-License-Identifier: MIT */
/*
 * A guest's console as the user sees it: what the guest writes to its COM1,
 * to port E9 or by hypercall goes line by line to the host's consoles; keys
 * wait here until the guest takes them.
 */
#pragma once

#include "lib/types.h"

#define GUEST_CONSOLE_LINE  128
#define GUEST_CONSOLE_INPUT 16384 /* a power of two; behind more than that no hotkey is seen */

struct guest_console {
	char line[GUEST_CONSOLE_LINE];
	unsigned length;
	u8 input[GUEST_CONSOLE_INPUT];
	u32 input_head, input_tail; /* bytes ever put in and taken out */
	u8 hotkey;     /* gives the keys to the monitor; 0: none does */
	bool diverted; /* it was pressed: keys stay with the host until the monitor takes them */
	bool prompt;   /* the monitor's prompt is shown: text begins on a line of its own */
	bool mid_line; /* the last text did not end with its line */
};

/* Show what waits in `line`. At each poll, so that a prompt shows without its newline. */
void guest_console_flush(struct guest_console *c);

/* One byte from the guest. Costs a store; only a full or finished line goes on. */
static inline void guest_console_put(struct guest_console *c, u8 byte)
{
	c->line[c->length++] = (char)byte;
	if (byte == '\n' || c->length == GUEST_CONSOLE_LINE)
		guest_console_flush(c);
}

/* Fetch keys from the host's consoles, as many as there is room for. True if there were any. */
bool guest_console_fetch(struct guest_console *c);

/* A key that was not fetched: lost if there is no room. */
void guest_console_type(struct guest_console *c, u8 byte);

/* The next key, or -1. */
int guest_console_take(struct guest_console *c);
