/* SPDX-License-Identifier: MIT */
/*
 * The single registers of a PC's board: fast A20 and reset (92H), the POST
 * code (80H), the latch of x87 errors (F0H), and what emulators have for tests:
 * the debug console at E9H (it reads as E9H), and the debug exit at F4H, which
 * ends the run: well with 0.
 */
#pragma once

#include "machine/bus.h"
#include "machine/guest_console.h"
#include "machine/irq.h"

struct board {
	u8 fast_a20;
	u8 post;
	struct guest_console *console;
	struct irq x87_error; /* FERR# has been low; until F0H is written */
};

extern const struct port_device board_fast_a20_ports;
extern const struct port_device board_post_ports;
extern const struct port_device board_x87_ports; /* 2 */
extern const struct port_device board_debug_ports;
extern const struct port_device board_exit_ports; /* 4 */

void board_reset(struct board *board, struct guest_console *console, struct irq x87_error);
