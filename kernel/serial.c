/* SPDX-License-Identifier: MIT */
/*
 * The 16550 UART. Waits are bounded twice, by the clock once it is known and
 * by a number of polls: a UART that has died or whose other end refuses to
 * take more must not stop a hypervisor. After a few such waits in a row it
 * is written to only when it says that it is ready.
 */
#include "kernel/serial.h"

#include <linux/serial_reg.h>

#include "kernel/asm.h"
#include "kernel/time.h"
#include "lib/error.h"

#define FIFO_SIZE	 16
#define WAIT_POLLS	 200000 /* some 0.2 s: the bus needs a microsecond for each */
#define WAITS_UNTIL_GONE 3
#define LSR_NOTHING	 0xff /* what an empty bus reads */

static struct serial_port console;
static char last; /* character written to it */

static u8 get(const struct serial_port *s, unsigned reg)
{
	return inb((u16)(s->port + reg));
}

static void put(const struct serial_port *s, unsigned reg, u8 value)
{
	outb((u16)(s->port + reg), value);
}

static bool scratch_keeps(u16 port, u8 value)
{
	outb((u16)(port + UART_SCR), value);
	return inb((u16)(port + UART_SCR)) == value;
}

/* With the loop closed RTS and OUT2 must come back as CTS and DCD. */
static bool loop_answers(u16 port)
{
	u8 mcr = inb((u16)(port + UART_MCR));
	u8 msr;

	outb((u16)(port + UART_MCR), UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	msr = inb((u16)(port + UART_MSR));
	outb((u16)(port + UART_MCR), mcr);
	return (msr & 0xf0) == (UART_MSR_DCD | UART_MSR_CTS);
}

int serial_probe(u16 port, const char **why)
{
	u8 scratch = inb((u16)(port + UART_SCR));
	bool keeps;

	*why = NULL;
	if (inb((u16)(port + UART_LSR)) == LSR_NOTHING) {
		*why = "nothing answers";
		return -ERR_NOENT;
	}
	keeps = scratch_keeps(port, 0x5a) && scratch_keeps(port, 0xa5);
	outb((u16)(port + UART_SCR), scratch);
	if (!keeps)
		*why = "its scratch register does not keep what is written";
	else if (!loop_answers(port))
		*why = "its loop-back test fails";
	return *why ? -ERR_NOENT : 0;
}

static bool ready(const struct serial_port *s, u8 bits)
{
	return (get(s, UART_LSR) & bits) == bits;
}

/* As long as the line can need for a full FIFO, with much to spare. */
static bool poll(const struct serial_port *s, u8 bits)
{
	u64 limit = time_ns_to_tsc(4 * FIFO_SIZE * (u64)s->char_ns + 10000000);
	u64 start = time_tsc();

	for (unsigned polls = 0; polls < WAIT_POLLS; polls++) {
		if (ready(s, bits))
			return true;
		if (time_tsc_hz() && time_tsc() - start > limit)
			return false;
		cpu_pause();
	}
	return false;
}

static bool wait_for(struct serial_port *s, u8 bits)
{
	if (ready(s, bits) || (s->failed_waits < WAITS_UNTIL_GONE && poll(s, bits))) {
		s->failed_waits = 0;
		return true;
	}
	if (s->failed_waits < WAITS_UNTIL_GONE)
		s->failed_waits++;
	return false;
}

void serial_open(struct serial_port *s, u16 port, u32 baud)
{
	u32 divisor = SERIAL_BAUD_BASE / baud;

	*s = (struct serial_port){.port = port, .char_ns = 1000000000u / baud * 10};
	(void)wait_for(s, UART_LSR_TEMT); /* what the loader wrote */
	put(s, UART_IER, 0);
	put(s, UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	put(s, UART_DLL, (u8)divisor);
	put(s, UART_DLM, (u8)(divisor >> 8));
	put(s, UART_LCR, UART_LCR_WLEN8);
	put(s, UART_FCR,
	    UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT | UART_FCR_TRIGGER_1);
	put(s, UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	/* An 8250 or 16450 has no FIFO and says so. */
	s->burst = (get(s, UART_IIR) & 0xc0) == 0xc0 ? FIFO_SIZE : 1;
}

bool serial_send(struct serial_port *s, u8 byte)
{
	if (!s->room) {
		if (!wait_for(s, UART_LSR_THRE))
			return false;
		s->room = s->burst;
	}
	put(s, UART_TX, byte);
	s->room--;
	return true;
}

void serial_wait_sent(struct serial_port *s)
{
	(void)wait_for(s, UART_LSR_TEMT);
}

void serial_init(u16 port, u32 baud)
{
	serial_open(&console, port, baud);
	last = 0;
}

u16 serial_console_port(void)
{
	return console.port;
}

static void serial_write(const char *text, size_t length)
{
	for (; length; length--, text++) {
		/* Guests tend to end their lines by themselves. */
		if (*text == '\n' && last != '\r')
			(void)serial_send(&console, '\r');
		(void)serial_send(&console, (u8)*text);
		last = *text;
	}
}

static int serial_read(void)
{
	u8 lsr = get(&console, UART_LSR);

	return lsr != LSR_NOTHING && lsr & UART_LSR_DR ? get(&console, UART_RX) : -1;
}

static void serial_flush(void)
{
	serial_wait_sent(&console);
}

const struct console serial_console = {
	.name = "serial",
	.write = serial_write,
	.read = serial_read,
	.flush = serial_flush,
};
