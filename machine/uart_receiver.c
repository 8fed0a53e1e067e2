/* SPDX-License-Identifier: MIT */
#include "machine/uart_receiver.h"

#include "lib/bits.h"

#define BASE_HZ	      1843200UL /* the crystal of a PC's UART */
#define NS_PER_S      1000000000UL
#define TIMEOUT_CHARS 4

static unsigned capacity(const struct uart *u)
{
	return uart_fifo_on(u) ? UART_FIFO : 1;
}

static unsigned trigger(const struct uart *u)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	return uart_fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

/* The most urgent interrupt, as IIR shows it. Data sheet "Interrupt Control Functions". */
u8 uart_pending(const struct uart *u)
{
	if (u->ier & UART_IER_RLSI && u->lsr & UART_LSR_ERRORS)
		return UART_IIR_RLSI;
	if (u->ier & UART_IER_RDI) {
		if (u->count >= trigger(u))
			return UART_IIR_RDI;
		if (u->timed_out)
			return UART_IIR_RX_TIMEOUT;
	}
	if (u->ier & UART_IER_THRI && u->thr_empty)
		return UART_IIR_THRI;
	if (u->ier & UART_IER_MSI && u->msr & UART_MSR_ANY_DELTA)
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

/* In loopback the outputs are held inactive, OUT2 with them. */
static bool connected(const struct uart *u)
{
	return (u->mcr & (UART_MCR_OUT2 | UART_MCR_LOOP)) == UART_MCR_OUT2;
}

void uart_update(struct uart *u)
{
	irq_set(&u->irq, connected(u) && uart_pending(u) != UART_IIR_NO_INT);
}

/* Four characters with start, data, parity and stop bits; 16 clocks a bit. */
static u64 timeout_ns(const struct uart *u)
{
	u64 bits = 1 + 5 + (u->lcr & UART_LCR_WLEN8) + !!(u->lcr & UART_LCR_PARITY) + 1 +
		   !!(u->lcr & UART_LCR_STOP);

	return TIMEOUT_CHARS * bits * 16 * MAX(u->divisor, 1U) * NS_PER_S / BASE_HZ;
}

/* A byte came or was read: the time-out counts anew while less than the trigger waits. */
void uart_restart_timeout(struct uart *u)
{
	u->timed_out = false;
	if (u->count && u->count < trigger(u))
		timer_set(&u->timer, clock_now(u->clock) + timeout_ns(u));
	else if (timer_pending(&u->timer))
		timer_set(&u->timer, CLOCK_NEVER);
}

void uart_timeout(void *uart, u64 now)
{
	struct uart *u = uart;

	(void)now;
	u->timed_out = u->count && uart_fifo_on(u);
	uart_update(u);
}

void uart_clear_receiver(struct uart *u)
{
	u->head = 0;
	u->count = 0;
	uart_restart_timeout(u);
}

/* Without the FIFO a new byte overwrites the old one; with it the new one is lost. */
void uart_take(struct uart *u, u8 byte)
{
	if (u->count == capacity(u)) {
		u->lsr |= UART_LSR_OE;
		if (!uart_fifo_on(u))
			u->fifo[u->head] = byte;
	} else {
		u->fifo[(u->head + u->count++) % UART_FIFO] = byte;
		uart_restart_timeout(u);
	}
	uart_update(u);
}

void uart_receive(struct uart *u, u8 byte)
{
	if (!(u->mcr & UART_MCR_LOOP))
		uart_take(u, byte);
}

unsigned uart_room(const struct uart *u)
{
	return u->mcr & UART_MCR_LOOP ? 0 : capacity(u) - u->count;
}

bool uart_wants_input(const struct uart *u)
{
	return connected(u) && u->ier & UART_IER_RDI;
}

u8 uart_read_data(struct uart *u)
{
	u8 byte = u->fifo[u->head];

	if (!u->count)
		return byte; /* the last one, again */
	u->head = (u->head + 1) % UART_FIFO;
	u->count--;
	uart_restart_timeout(u);
	uart_update(u);
	return byte;
}
