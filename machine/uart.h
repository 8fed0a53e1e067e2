/* SPDX-License-Identifier: MIT */
/*
 * A 16550A UART. Sending takes no time: the transmitter is empty whenever
 * the guest looks. Receiving keeps the FIFO's rules, with the time-out of
 * four characters by the programmed speed. As on a PC, OUT2 lets the
 * interrupt through. NS16550 data sheet "Registers".
 */
#pragma once

#include "lib/types.h"
#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/timer.h"

#define UART_FIFO 16

struct uart {
	u8 ier, fcr, lcr, mcr, lsr, msr, scratch;
	u16 divisor;
	bool thr_empty;	 /* interrupt not yet told: the transmitter became empty */
	bool timed_out;	 /* bytes below the trigger have waited long enough */
	u8 fifo[UART_FIFO];
	unsigned head, count;

	struct irq irq;
	struct timer timer; /* of the receive time-out */
	const struct clock *clock;
	void (*send)(void *listener, u8 byte);
	void *listener;
};

extern const struct port_device uart_ports; /* 8 of them */

/* As after a hardware reset. irq, timer, clock, send and listener are the caller's to set. */
void uart_reset(struct uart *u);

/* How many bytes may be given to uart_receive() now without an overrun. */
unsigned uart_room(const struct uart *u);

/* A byte comes in on the line. */
void uart_receive(struct uart *u, u8 byte);

/* timer.due: the receive time-out has come. */
void uart_timeout(void *uart, u64 now);

/* Would a byte that comes in cause an interrupt? */
bool uart_wants_input(const struct uart *u);
