/* SPDX-License-Identifier: MIT */
/*
 * A keyboard controller with nothing plugged in: it tests well, it resets
 * the machine, no key ever comes. IBM PC/AT Technical Reference, "Keyboard Controller".
 */
#pragma once

#include "machine/bus.h"

struct i8042 {
	u8 command;  /* the command byte */
	u8 expected; /* the command whose data byte comes next, or 0 */
	bool last_was_command; /* status bit 3 */
	bool full;   /* `output` waits to be read */
	u8 output;
	u8 ram[32];
};

extern const struct port_device i8042_data_ports;   /* 60H */
extern const struct port_device i8042_status_ports; /* 64H */

void i8042_reset(struct i8042 *k);
