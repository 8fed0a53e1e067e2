/* SPDX-License-Identifier: MIT */
/*
 * The serial console against a 16550 in memory, whole, in parts, and dead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/serial_reg.h>

#include "kernel/asm.h"
#include "kernel/serial.h"
#include "kernel/time.h"
#include "lib/error.h"

#define PORT 0x2f8

static struct {
	u8 registers[8];
	u8 divisor[2];
	u8 fifo_control;
	bool no_scratch, no_loop, has_fifo;
	unsigned polls_until_empty; /* LSR reads that the transmitter stays busy for */
	unsigned busy, in_fifo, overruns;
	char sent[4096];
	size_t sent_count;
	const char *input;
	unsigned reads;
} uart;

/* Stands in for kernel/time.c: not measured yet. */
u64 time_tsc_hz(void)
{
	return 0;
}

u64 time_ns_to_tsc(u64 ns)
{
	return ns;
}

static u32 lsr(void)
{
	u32 value = uart.input && *uart.input ? UART_LSR_DR : 0;

	if (uart.busy) {
		if (uart.polls_until_empty != ~0u)
			uart.busy--;
		return value;
	}
	uart.in_fifo = 0;
	return value | UART_LSR_THRE | UART_LSR_TEMT;
}

static u32 uart_in(u16 port, unsigned bytes)
{
	unsigned reg = port - PORT;

	assert_int_equal(bytes, 1);
	if (reg > 7)
		return 0xff;
	uart.reads++;
	switch (reg) {
	case UART_RX:
		return (u8)*uart.input++;
	case UART_IIR:
		return uart.has_fifo && uart.fifo_control & UART_FCR_ENABLE_FIFO ? 0xc1 : 0x01;
	case UART_LSR:
		return lsr();
	case UART_MSR: /* with the loop closed RTS, DTR, OUT1, OUT2 come back */
		if (!(uart.registers[UART_MCR] & UART_MCR_LOOP) || uart.no_loop)
			return 0;
		return (uart.registers[UART_MCR] & UART_MCR_RTS ? UART_MSR_CTS : 0) |
		       (uart.registers[UART_MCR] & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
	case UART_SCR:
		return uart.no_scratch ? 0 : uart.registers[reg];
	default:
		return uart.registers[reg];
	}
}

static void transmit(u8 value)
{
	if (uart.in_fifo >= (uart.has_fifo ? 16u : 1u)) {
		uart.overruns++;
		return;
	}
	uart.in_fifo++;
	uart.busy = uart.polls_until_empty;
	assert_true(uart.sent_count < sizeof(uart.sent) - 1);
	uart.sent[uart.sent_count++] = (char)value;
}

static void uart_out(u16 port, unsigned bytes, u32 value)
{
	unsigned reg = port - PORT;

	assert_int_equal(bytes, 1);
	if (reg > 7)
		return;
	if (reg < 2 && uart.registers[UART_LCR] & UART_LCR_DLAB)
		uart.divisor[reg] = (u8)value;
	else if (reg == UART_TX)
		transmit((u8)value);
	else if (reg == UART_FCR)
		uart.fifo_control = (u8)value;
	else
		uart.registers[reg] = (u8)value;
}

static int setup(void **state)
{
	(void)state;
	memset(&uart, 0, sizeof(uart));
	uart.has_fifo = true;
	sim = (struct sim_asm){.port_in = uart_in, .port_out = uart_out};
	return 0;
}

static void probe_finds_a_16550_and_leaves_it_as_it_was(void **state)
{
	const char *why;
	u8 before[8];

	(void)state;
	uart.registers[UART_SCR] = 0x77;
	uart.registers[UART_MCR] = UART_MCR_DTR;
	memcpy(before, uart.registers, sizeof(before));
	assert_int_equal(serial_probe(PORT, &why), 0);
	assert_null(why);
	assert_memory_equal(uart.registers, before, sizeof(before));
	assert_int_equal(uart.sent_count, 0);
}

static void probe_tells_what_is_wrong(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(serial_probe(SERIAL_COM1, &why), -ERR_NOENT);
	assert_string_equal(why, "nothing answers");
	uart.no_scratch = true;
	assert_int_equal(serial_probe(PORT, &why), -ERR_NOENT);
	assert_non_null(strstr(why, "scratch"));
	uart.no_scratch = false;
	uart.no_loop = true;
	assert_int_equal(serial_probe(PORT, &why), -ERR_NOENT);
	assert_non_null(strstr(why, "loop"));
}

static void init_programs_speed_and_format(void **state)
{
	(void)state;
	uart.registers[UART_IER] = 0xf;
	serial_init(PORT, 9600);
	assert_int_equal(uart.divisor[0], 12);
	assert_int_equal(uart.divisor[1], 0);
	assert_int_equal(uart.registers[UART_LCR], UART_LCR_WLEN8);
	assert_int_equal(uart.registers[UART_IER], 0);
	assert_int_equal(uart.registers[UART_MCR] & UART_MCR_LOOP, 0);
	assert_true(uart.fifo_control & UART_FCR_ENABLE_FIFO);
	assert_int_equal(uart.fifo_control & 0xc0, UART_FCR_TRIGGER_1);
	serial_init(PORT, 50);
	assert_int_equal(uart.divisor[0] | uart.divisor[1] << 8, 2304);
}

static void write_expands_new_lines_and_never_overruns(void **state)
{
	static const unsigned busy_polls[] = {0, 1, 7, 1000};
	char want[4096] = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(want, "forty characters and the end of a line \r\n");
	for (unsigned fifo = 0; fifo < 2; fifo++) {
		for (unsigned i = 0; i < ARRAY_SIZE(busy_polls); i++) {
			setup(NULL);
			uart.has_fifo = fifo;
			uart.polls_until_empty = busy_polls[i];
			serial_init(PORT, 115200);
			for (int n = 0; n < 20; n++)
				serial_console.write("forty characters and the end of a line \n",
						     40);
			serial_console.flush();
			assert_int_equal(uart.busy, 0);
			assert_int_equal(uart.overruns, 0);
			assert_string_equal(uart.sent, want);
		}
	}
}

static void a_line_that_ends_by_itself_stays_as_it_is(void **state)
{
	(void)state;
	serial_init(PORT, 115200);
	serial_console.write("a\r", 2);
	serial_console.write("\nb\n\n", 4);
	serial_console.flush();
	assert_string_equal(uart.sent, "a\r\nb\r\n\r\n");
}

static void a_stopped_line_is_given_up_and_comes_back(void **state)
{
	unsigned reads;

	(void)state;
	serial_init(PORT, 115200);
	uart.polls_until_empty = ~0u;
	uart.busy = 1;
	for (int i = 0; i < 4; i++)
		serial_console.write("x", 1);
	assert_int_equal(uart.sent_count, 0);

	/* Gone: from now on a character costs one look. */
	reads = uart.reads;
	for (int i = 0; i < 100; i++)
		serial_console.write("x", 1);
	assert_int_equal(uart.reads - reads, 100);
	serial_console.flush();
	assert_int_equal(uart.sent_count, 0);

	uart.polls_until_empty = 10;
	uart.busy = 0;
	serial_console.write("back again, with more than a FIFO holds\n", 40);
	assert_string_equal(uart.sent, "back again, with more than a FIFO holds\r\n");
}

static void read_gives_what_came_and_never_waits(void **state)
{
	(void)state;
	serial_init(PORT, 115200);
	assert_int_equal(serial_console.read(), -1);
	uart.input = "a\xff";
	assert_int_equal(serial_console.read(), 'a');
	assert_int_equal(serial_console.read(), 0xff);
	assert_int_equal(serial_console.read(), -1);
	sim.port_in = NULL; /* unplugged: all ones, DR with them */
	assert_int_equal(serial_console.read(), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(probe_finds_a_16550_and_leaves_it_as_it_was, setup),
		cmocka_unit_test_setup(probe_tells_what_is_wrong, setup),
		cmocka_unit_test_setup(init_programs_speed_and_format, setup),
		cmocka_unit_test_setup(write_expands_new_lines_and_never_overruns, setup),
		cmocka_unit_test_setup(a_line_that_ends_by_itself_stays_as_it_is, setup),
		cmocka_unit_test_setup(a_stopped_line_is_given_up_and_comes_back, setup),
		cmocka_unit_test_setup(read_gives_what_came_and_never_waits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
