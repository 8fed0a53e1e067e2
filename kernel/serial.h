/* SPDX-License-Identifier: MIT */
/*
 * 16550 UARTs, 8N1, polled: one of them as a console, others for whoever
 * opens one.
 */
#pragma once

#include "kernel/console.h"
#include "lib/types.h"

#define SERIAL_COM1	 0x3f8
#define SERIAL_COM2	 0x2f8
#define SERIAL_BAUD_BASE 115200
#define SERIAL_BDA_PORTS 4 /* words at physical 400H, the BIOS data area */

/*
 * Is there a 16550 at `port`? Reads and writes its registers and leaves
 * them as they were. 0, or -ERR_NOENT with *why set to what was wrong.
 */
int serial_probe(u16 port, const char **why) __must_check;

struct serial_port {
	u16 port;
	u32 char_ns;	/* time of one character on the line */
	unsigned burst; /* characters that fit when the transmitter is empty */
	unsigned room;	/* of those, not used since we last looked */
	unsigned failed_waits;
};

/* Program the UART at `port`, which was probed. `baud` divides SERIAL_BAUD_BASE. */
void serial_open(struct serial_port *s, u16 port, u32 baud);

/* Send a byte, after a bounded wait for room; none at all if waits did not help lately. False: lost. */
bool serial_send(struct serial_port *s, u8 byte);

/* Wait, for a bounded time, until all is on the line. */
void serial_wait_sent(struct serial_port *s);

/*
 * Program the UART at `port`, which was probed, and make it the serial
 * console. `baud` divides SERIAL_BAUD_BASE.
 */
void serial_init(u16 port, u32 baud);

extern const struct console serial_console;

/* Its I/O port; 0 before serial_init(). */
u16 serial_console_port(void);
