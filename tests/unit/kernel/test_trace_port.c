/* SPDX-License-Identifier: MIT */
/*
 * COM2 for traces: opened once, never the console's, whole records or none,
 * and a dead line that holds up nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/serial_reg.h>

#include "kernel/asm.h"
#include "kernel/serial.h"
#include "kernel/time.h"
#include "kernel/trace_port.h"
#include "lib/error.h"

static struct {
	u8 scratch, mcr;
	bool missing, dead;
	unsigned polls;
	u8 divisor_low;
	u8 sent[512];
	size_t count;
} uart;

/* Stand in for kernel/time.c: not measured yet. */
u64 time_tsc_hz(void)
{
	return 0;
}

u64 time_ns_to_tsc(u64 ns)
{
	return ns;
}

static u32 port_in(u16 port, unsigned bytes)
{
	unsigned reg = (unsigned)port - SERIAL_COM2;

	(void)bytes;
	if (reg > 7 || uart.missing)
		return 0xff;
	switch (reg) {
	case UART_SCR:
		return uart.scratch;
	case UART_LSR:
		uart.polls++;
		return uart.dead ? 0 : UART_LSR_THRE | UART_LSR_TEMT;
	case UART_MSR:
		return uart.mcr & UART_MCR_LOOP ? UART_MSR_DCD | UART_MSR_CTS : 0;
	case UART_IIR:
		return 0xc1;
	}
	return 0;
}

static void port_out(u16 port, unsigned bytes, u32 value)
{
	static bool dlab;

	(void)bytes;
	switch (port - SERIAL_COM2) {
	case UART_SCR:
		uart.scratch = (u8)value;
		break;
	case UART_MCR:
		uart.mcr = (u8)value;
		break;
	case UART_LCR:
		dlab = value & UART_LCR_DLAB;
		break;
	case UART_TX:
		if (dlab) {
			uart.divisor_low = (u8)value;
		} else {
			assert_true(uart.count < sizeof(uart.sent));
			uart.sent[uart.count++] = (u8)value;
		}
	}
}

/* One life of the port: it stays open, so the order matters. */
static void from_refusal_to_death(void **state)
{
	static const u8 header[64] = "TRIVETTR", record[64] = "a record";
	const char *why;

	(void)state;
	sim = (struct sim_asm){.port_in = port_in, .port_out = port_out};
	uart.missing = true;
	assert_int_equal(trace_port_open(header, 64, &why), -ERR_NOENT);
	assert_string_equal(why, "nothing answers");
	uart.missing = false;
	uart.dead = true;
	assert_int_equal(trace_port_open(header, 64, &why), -ERR_NOENT);
	assert_string_equal(why, "COM2 does not send");
	uart.dead = false;
	serial_init(SERIAL_COM2, 115200);
	assert_int_equal(serial_console_port(), SERIAL_COM2);
	assert_int_equal(trace_port_open(header, 64, &why), -ERR_EXIST);
	assert_string_equal(why, "COM2 is the console");
	assert_int_equal(uart.count, 0);
	serial_init(SERIAL_COM1, 115200);

	assert_int_equal(trace_port_open(header, 64, &why), 0);
	assert_int_equal(uart.divisor_low, 1);
	assert_int_equal(uart.count, 64);
	assert_true(trace_port_write(record, 64));
	assert_int_equal(trace_port_open(header, 64, &why), 0); /* no second header */
	assert_int_equal(uart.count, 128);
	assert_memory_equal(uart.sent, header, 64);
	assert_memory_equal(uart.sent + 64, record, 64);

	uart.dead = true;
	for (unsigned i = 0; i < 5; i++)
		assert_false(trace_port_write(record, 64));
	uart.polls = 0;
	assert_false(trace_port_write(record, 64));
	assert_int_equal(uart.polls, 1);
	assert_int_equal(uart.count, 128);
	uart.dead = false;
	assert_true(trace_port_write(record, 64));
	assert_int_equal(uart.count, 192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_refusal_to_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
