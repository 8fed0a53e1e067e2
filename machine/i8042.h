/* SPDX-License-Identifier: MIT */
/*
 * A keyboard controller with a keyboard, whose keys nobody presses, and
 * without a mouse: it tests well, lets the keyboard answer, resets the machine.
 * IBM PC/AT Technical Reference, "Keyboard Controller".
 */
#pragma once

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/keyboard.h"

struct i8042 {
	u8 command;  /* the command byte */
	u8 expected; /* the command whose data byte comes next, or 0 */
	bool last_was_command; /* status bit 3 */
	bool full;   /* `output` waits to be read */
	u8 output;
	u8 ram[32];
	struct keyboard keyboard;
	struct irq irq; /* set `changed` and `listener` before i8042_reset() */
};

extern const struct port_device i8042_data_ports;   /* 60H */
extern const struct port_device i8042_status_ports; /* 64H */

/* As firmware leaves it: with the interrupt on, and scan codes of set 1. */
void i8042_reset(struct i8042 *k);
