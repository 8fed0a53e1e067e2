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

static struct {
	u16 port;
	u32 char_ns;	/* time of one character on the line */
	unsigned burst; /* characters that fit when the transmitter is empty */
	unsigned room;	/* of those, not used since we last looked */
	unsigned failed_waits;
	char last; /* character written */
} uart;

static u8 get(unsigned reg)
{
	return inb((u16)(uart.port + reg));
}

static void put(unsigned reg, u8 value)
{
	outb((u16)(uart.port + reg), value);
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

static bool ready(u8 bits)
{
	return (get(UART_LSR) & bits) == bits;
}

/* As long as the line can need for a full FIFO, with much to spare. */
static bool poll(u8 bits)
{
	u64 limit = time_ns_to_tsc(4 * FIFO_SIZE * (u64)uart.char_ns + 10000000);
	u64 start = time_tsc();

	for (unsigned polls = 0; polls < WAIT_POLLS; polls++) {
		if (ready(bits))
			return true;
		if (time_tsc_hz() && time_tsc() - start > limit)
			return false;
		cpu_pause();
	}
	return false;
}

static bool wait_for(u8 bits)
{
	if (ready(bits) || (uart.failed_waits < WAITS_UNTIL_GONE && poll(bits))) {
		uart.failed_waits = 0;
		return true;
	}
	if (uart.failed_waits < WAITS_UNTIL_GONE)
		uart.failed_waits++;
	return false;
}

void serial_init(u16 port, u32 baud)
{
	u32 divisor = SERIAL_BAUD_BASE / baud;

	uart.port = port;
	uart.char_ns = 1000000000u / baud * 10;
	uart.failed_waits = 0;
	uart.room = 0;
	uart.last = 0;
	(void)wait_for(UART_LSR_TEMT); /* what the loader wrote */
	put(UART_IER, 0);
	put(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	put(UART_DLL, (u8)divisor);
	put(UART_DLM, (u8)(divisor >> 8));
	put(UART_LCR, UART_LCR_WLEN8);
	put(UART_FCR,
	    UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT | UART_FCR_TRIGGER_1);
	put(UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	/* An 8250 or 16450 has no FIFO and says so. */
	uart.burst = (get(UART_IIR) & 0xc0) == 0xc0 ? FIFO_SIZE : 1;
}

static void write_byte(char byte)
{
	if (!uart.room) {
		if (!wait_for(UART_LSR_THRE))
			return;
		uart.room = uart.burst;
	}
	put(UART_TX, (u8)byte);
	uart.room--;
}

static void serial_write(const char *text, size_t length)
{
	for (; length; length--, text++) {
		/* Guests tend to end their lines by themselves. */
		if (*text == '\n' && uart.last != '\r')
			write_byte('\r');
		write_byte(*text);
		uart.last = *text;
	}
}

static int serial_read(void)
{
	u8 lsr = get(UART_LSR);

	return lsr != LSR_NOTHING && lsr & UART_LSR_DR ? get(UART_RX) : -1;
}

static void serial_flush(void)
{
	(void)wait_for(UART_LSR_TEMT);
}

const struct console serial_console = {
	.name = "serial",
	.write = serial_write,
	.read = serial_read,
	.flush = serial_flush,
};
