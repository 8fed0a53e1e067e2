/* SPDX-License-Identifier: MIT */
/*
 * The receiving half of the UART, its FIFO, and the interrupt logic. For
 * machine/uart.c alone.
 */
#pragma once

#include <linux/serial_reg.h>

#include "machine/uart.h"

#define UART_LSR_ERRORS (UART_LSR_OE | UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)

static inline bool uart_fifo_on(const struct uart *u)
{
	return u->fcr & UART_FCR_ENABLE_FIFO;
}

/* A byte has arrived, from the line or looped back. */
void uart_take(struct uart *u, u8 byte);

/* The guest reads the receive buffer. */
u8 uart_read_data(struct uart *u);

void uart_clear_receiver(struct uart *u);

/* The FIFO's content or its trigger changed: count the time-out anew. */
void uart_restart_timeout(struct uart *u);

/* The most urgent interrupt, as IIR shows it. */
u8 uart_pending(const struct uart *u);

/* Something that interrupts may have changed: set the line. */
void uart_update(struct uart *u);
