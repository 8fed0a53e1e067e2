/* SPDX-License-Identifier: MIT */
/*
 * A 16550 UART as a console, 8N1, polled. One of them.
 */
#pragma once

#include "kernel/console.h"
#include "lib/types.h"

#define SERIAL_COM1	 0x3f8
#define SERIAL_BAUD_BASE 115200
#define SERIAL_BDA_PORTS 4 /* words at physical 400H, the BIOS data area */

/*
 * Is there a 16550 at `port`? Reads and writes its registers and leaves
 * them as they were. 0, or -ERR_NOENT with *why set to what was wrong.
 */
int serial_probe(u16 port, const char **why) __must_check;

/*
 * Program the UART at `port`, which was probed, and make it the serial
 * console. `baud` divides SERIAL_BAUD_BASE.
 */
void serial_init(u16 port, u32 baud);

extern const struct console serial_console;
