/* SPDX-License-Identifier: MIT */
/*
 * The registers, as the guest reads and writes them.
 */
#include "machine/uart.h"

#include "lib/bits.h"
#include "machine/uart_receiver.h"

#define LSR_IDLE      (UART_LSR_THRE | UART_LSR_TEMT)
#define MSR_PLUGGED   (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)
#define MSR_LINES     (UART_MSR_DCD | UART_MSR_RI | UART_MSR_DSR | UART_MSR_CTS)

/*
 * Data sheet "Interrupt Control Functions": a write ends the interrupt, too. A
 * driver that only writes needs its next one, which for the 8259s is a rise.
 */
static void fill_transmitter(struct uart *u)
{
	u->thr_empty = false;
	uart_update(u);
}

static void write_data(struct uart *u, u8 byte)
{
	if (unlikely(u->ier & UART_IER_THRI))
		fill_transmitter(u);
	u->thr_empty = true; /* at once */
	if (u->mcr & UART_MCR_LOOP)
		uart_take(u, byte);
	else
		u->send(u->listener, byte);
	uart_update(u);
}

static u8 read_iir(struct uart *u)
{
	u8 iir = uart_pending(u);

	if (iir == UART_IIR_THRI) {
		u->thr_empty = false;
		uart_update(u);
	}
	return iir | (uart_fifo_on(u) ? UART_FCR_R_TRIG_11 : 0);
}

static u8 read_lsr(struct uart *u)
{
	u8 lsr = u->lsr | LSR_IDLE | (u->count ? UART_LSR_DR : 0);

	if (unlikely(u->lsr)) {
		u->lsr = 0;
		uart_update(u);
	}
	return lsr;
}

static u8 read_msr(struct uart *u)
{
	u8 msr = u->msr;

	u->msr &= ~UART_MSR_ANY_DELTA;
	uart_update(u);
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
	uart_update(u);
}

static void write_ier(struct uart *u, u8 value)
{
	/* Enabling the interrupt of an empty transmitter tells that it is empty. */
	if (value & ~u->ier & UART_IER_THRI)
		u->thr_empty = true;
	u->ier = value & (UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI);
	uart_update(u);
}

static void write_fcr(struct uart *u, u8 value)
{
	bool toggled = (value ^ u->fcr) & UART_FCR_ENABLE_FIFO;

	if (!(value & UART_FCR_ENABLE_FIFO))
		value = 0; /* the other bits cannot be programmed then */
	u->fcr = value & (UART_FCR_ENABLE_FIFO | UART_FCR_R_TRIG_11);
	if (toggled || value & UART_FCR_CLEAR_RCVR)
		uart_clear_receiver(u);
	else
		uart_restart_timeout(u);
	if (toggled || value & UART_FCR_CLEAR_XMIT)
		u->thr_empty = true;
	uart_update(u);
}

static u32 uart_in(void *state, u16 offset, unsigned size)
{
	struct uart *u = state;
	bool dlab = u->lcr & UART_LCR_DLAB;

	(void)size;
	switch (offset) {
	case UART_RX:
		return dlab ? (u8)u->divisor : uart_read_data(u);
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
	uart_clear_receiver(u);
	uart_update(u);
}
