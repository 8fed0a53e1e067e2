/* SPDX-License-Identifier: MIT */
#include "machine/uart.h"

#include <linux/serial_reg.h>

#include "lib/bits.h"
#include "lib/string.h"

#define BASE_HZ	      1843200UL /* the crystal of a PC's UART */
#define NS_PER_S      1000000000UL
#define TIMEOUT_CHARS 4
#define LSR_IDLE      (UART_LSR_THRE | UART_LSR_TEMT)
#define LSR_ERRORS    (UART_LSR_OE | UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)
#define MSR_PLUGGED   (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)
#define MSR_LINES     (UART_MSR_DCD | UART_MSR_RI | UART_MSR_DSR | UART_MSR_CTS)

static bool fifo_on(const struct uart *u)
{
	return u->fcr & UART_FCR_ENABLE_FIFO;
}

static unsigned capacity(const struct uart *u)
{
	return fifo_on(u) ? UART_FIFO : 1;
}

static unsigned trigger(const struct uart *u)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	return fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

/* The most urgent interrupt, as IIR shows it. Data sheet "Interrupt Control Functions". */
static u8 pending(const struct uart *u)
{
	if (u->ier & UART_IER_RLSI && u->lsr & LSR_ERRORS)
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

static void update(struct uart *u)
{
	irq_set(&u->irq, connected(u) && pending(u) != UART_IIR_NO_INT);
}

/* Four characters with start, data, parity and stop bits; 16 clocks a bit. */
static u64 timeout_ns(const struct uart *u)
{
	u64 bits = 1 + 5 + (u->lcr & UART_LCR_WLEN8) + !!(u->lcr & UART_LCR_PARITY) + 1 +
		   !!(u->lcr & UART_LCR_STOP);

	return TIMEOUT_CHARS * bits * 16 * MAX(u->divisor, 1U) * NS_PER_S / BASE_HZ;
}

/* A byte came or was read: the time-out counts anew while less than the trigger waits. */
static void restart_timeout(struct uart *u)
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
	u->timed_out = u->count && fifo_on(u);
	update(u);
}

static void clear_receiver(struct uart *u)
{
	u->head = 0;
	u->count = 0;
	restart_timeout(u);
}

/* Without the FIFO a new byte overwrites the old one; with it the new one is lost. */
static void receive(struct uart *u, u8 byte)
{
	if (u->count == capacity(u)) {
		u->lsr |= UART_LSR_OE;
		if (!fifo_on(u))
			u->fifo[u->head] = byte;
	} else {
		u->fifo[(u->head + u->count++) % UART_FIFO] = byte;
		restart_timeout(u);
	}
	update(u);
}

void uart_receive(struct uart *u, u8 byte)
{
	if (!(u->mcr & UART_MCR_LOOP))
		receive(u, byte);
}

unsigned uart_room(const struct uart *u)
{
	return u->mcr & UART_MCR_LOOP ? 0 : capacity(u) - u->count;
}

bool uart_wants_input(const struct uart *u)
{
	return connected(u) && u->ier & UART_IER_RDI;
}

static u8 read_data(struct uart *u)
{
	u8 byte = u->fifo[u->head];

	if (!u->count)
		return byte; /* the last one, again */
	u->head = (u->head + 1) % UART_FIFO;
	u->count--;
	restart_timeout(u);
	update(u);
	return byte;
}

static void write_data(struct uart *u, u8 byte)
{
	u->thr_empty = true; /* at once */
	if (u->mcr & UART_MCR_LOOP)
		receive(u, byte);
	else
		u->send(u->listener, byte);
	update(u);
}

static u8 read_iir(struct uart *u)
{
	u8 iir = pending(u);

	if (iir == UART_IIR_THRI) {
		u->thr_empty = false;
		update(u);
	}
	return iir | (fifo_on(u) ? UART_FCR_R_TRIG_11 : 0);
}

static u8 read_lsr(struct uart *u)
{
	u8 lsr = u->lsr | LSR_IDLE | (u->count ? UART_LSR_DR : 0);

	if (unlikely(u->lsr)) {
		u->lsr = 0;
		update(u);
	}
	return lsr;
}

static u8 read_msr(struct uart *u)
{
	u8 msr = u->msr;

	u->msr &= ~UART_MSR_ANY_DELTA;
	update(u);
	return msr;
}

/* The modem lines as they are now; what changed sets the deltas (RI only when it ends). */
static void set_modem_lines(struct uart *u, u8 lines)
{
	u8 changed = (u->msr ^ lines) & MSR_LINES;
	u8 deltas = u->msr & UART_MSR_ANY_DELTA;

	if (changed & UART_MSR_DCD)
		deltas |= UART_MSR_DDCD;
	if (changed & UART_MSR_DSR)
		deltas |= UART_MSR_DDSR;
	if (changed & UART_MSR_CTS)
		deltas |= UART_MSR_DCTS;
	if (changed & ~lines & UART_MSR_RI)
		deltas |= UART_MSR_TERI;
	u->msr = lines | deltas;
}

static u8 looped_lines(u8 mcr)
{
	return (mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) | (mcr & UART_MCR_DTR ? UART_MSR_DSR : 0) |
	       (mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) | (mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
}

static void write_mcr(struct uart *u, u8 value)
{
	u->mcr = value & (UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_OUT1 | UART_MCR_RTS |
			  UART_MCR_DTR);
	set_modem_lines(u, u->mcr & UART_MCR_LOOP ? looped_lines(u->mcr) : MSR_PLUGGED);
	update(u);
}

static void write_ier(struct uart *u, u8 value)
{
	/* Enabling the interrupt of an empty transmitter tells that it is empty. */
	if (value & ~u->ier & UART_IER_THRI)
		u->thr_empty = true;
	u->ier = value & (UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI);
	update(u);
}

static void write_fcr(struct uart *u, u8 value)
{
	bool toggled = (value ^ u->fcr) & UART_FCR_ENABLE_FIFO;

	if (!(value & UART_FCR_ENABLE_FIFO))
		value = 0; /* the other bits cannot be programmed then */
	u->fcr = value & (UART_FCR_ENABLE_FIFO | UART_FCR_R_TRIG_11);
	if (toggled || value & UART_FCR_CLEAR_RCVR)
		clear_receiver(u);
	else
		restart_timeout(u);
	if (toggled || value & UART_FCR_CLEAR_XMIT)
		u->thr_empty = true;
	update(u);
}

static u32 uart_in(void *state, u16 offset, unsigned size)
{
	struct uart *u = state;
	bool dlab = u->lcr & UART_LCR_DLAB;

	(void)size;
	switch (offset) {
	case UART_RX:
		return dlab ? (u8)u->divisor : read_data(u);
	case UART_IER:
		return dlab ? u->divisor >> 8 : u->ier;
	case UART_IIR:
		return read_iir(u);
	case UART_LCR:
		return u->lcr;
	case UART_MCR:
		return u->mcr;
	case UART_LSR:
		return read_lsr(u);
	case UART_MSR:
		return read_msr(u);
	default:
		return u->scratch;
	}
}

static enum verdict uart_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct uart *u = state;
	bool dlab = u->lcr & UART_LCR_DLAB;
	u8 byte = (u8)value;

	(void)v;
	(void)size;
	switch (offset) {
	case UART_TX:
		if (dlab)
			u->divisor = (u->divisor & 0xff00) | byte;
		else
			write_data(u, byte);
		break;
	case UART_IER:
		if (dlab)
			u->divisor = (u16)((u->divisor & 0xff) | byte << 8);
		else
			write_ier(u, byte);
		break;
	case UART_FCR:
		write_fcr(u, byte);
		break;
	case UART_LCR:
		u->lcr = byte;
		break;
	case UART_MCR:
		write_mcr(u, byte);
		break;
	case UART_SCR:
		u->scratch = byte;
		break;
	}
	return NEXT; /* LSR and MSR are for factory tests: writes change nothing */
}

const struct port_device uart_ports = { "16550A", 1, uart_in, uart_out };

void uart_reset(struct uart *u)
{
	u->ier = u->fcr = u->lcr = u->mcr = u->lsr = u->scratch = 0;
	u->msr = MSR_PLUGGED;
	u->divisor = 0;
	u->thr_empty = true;
	clear_receiver(u);
	update(u);
}
