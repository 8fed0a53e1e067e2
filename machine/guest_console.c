/* SPDX-License-Identifier: MIT */
#include "machine/guest_console.h"

#include "kernel/console.h"
#include "kernel/log.h"

void guest_console_flush(struct guest_console *c)
{
	if (!c->length)
		return;
	if (unlikely(c->prompt))
		log_guest_text("\n", 1);
	c->prompt = false;
	c->mid_line = c->line[c->length - 1] != '\n';
	log_guest_text(c->line, c->length);
	c->length = 0;
}

void guest_console_type(struct guest_console *c, u8 byte)
{
	if (c->input_head - c->input_tail < GUEST_CONSOLE_INPUT)
		c->input[c->input_head++ % GUEST_CONSOLE_INPUT] = byte;
}

bool guest_console_fetch(struct guest_console *c)
{
	u32 before = c->input_head;

	while (!c->diverted && c->input_head - c->input_tail < GUEST_CONSOLE_INPUT) {
		int byte = console_read();

		if (byte < 0)
			break;
		if (c->hotkey && byte == c->hotkey)
			c->diverted = true;
		else
			guest_console_type(c, (u8)byte);
	}
	return c->input_head != before;
}

int guest_console_take(struct guest_console *c)
{
	if (c->input_head == c->input_tail)
		return -1;
	return c->input[c->input_tail++ % GUEST_CONSOLE_INPUT];
}
