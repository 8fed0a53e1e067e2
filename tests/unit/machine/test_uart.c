/* SPDX-License-Identifier: MIT */
/* The UART against its data sheet. */
#include "tests/unit/machine/device.h"

#include <linux/serial_reg.h>

#include "machine/uart.h"

static struct uart u;
static char sent[32];
static unsigned sent_count;

static void send(void *listener, u8 byte)
{
	assert_ptr_equal(listener, &sent);
	sent[sent_count++] = (char)byte;
}

static u8 in(u16 reg)
{
	return port_in(&uart_ports, &u, reg);
}

static void out(u16 reg, u8 value)
{
	port_out(&uart_ports, &u, reg, value);
}

static u8 iir(void)
{
	return in(UART_IIR) & 0xf;
}

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(&u, 0xee, sizeof(u));
	u.irq = test_irq();
	u.clock = &test_clock;
	u.send = send;
	u.listener = &sent;
	timer_add(&timers, &u.timer, uart_timeout, &u);
	uart_reset(&u);
	sent_count = 0;
	return 0;
}

/* As a driver sets it up: 115200 8N1, FIFO with this trigger, OUT2. */
static void program(u8 fcr, u8 ier)
{
	out(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	out(UART_DLL, 1);
	out(UART_DLM, 0);
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_FCR, fcr);
	out(UART_MCR, UART_MCR_OUT2 | UART_MCR_RTS | UART_MCR_DTR);
	out(UART_IER, ier);
}

static void test_reset_values(void **state)
{
	(void)state;
	assert_int_equal(in(UART_IER), 0);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	assert_int_equal(in(UART_LCR), 0);
	assert_int_equal(in(UART_MCR), 0);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_int_equal(in(UART_MSR), UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS);
	assert_false(line_high);
}

static void test_registers_hold(void **state)
{
	(void)state;
	out(UART_SCR, 0x5a);
	assert_int_equal(in(UART_SCR), 0x5a);
	out(UART_IER, 0xff);
	assert_int_equal(in(UART_IER), 0x0f);
	out(UART_MCR, 0xff);
	assert_int_equal(in(UART_MCR), 0x1f);
	out(UART_LSR, 0xff);
	assert_int_equal(in(UART_LSR), 0x60);
}

static void test_divisor_latch(void **state)
{
	(void)state;
	out(UART_IER, 5);
	out(UART_LCR, UART_LCR_DLAB);
	out(UART_DLL, 0x34);
	out(UART_DLM, 0x12);
	assert_int_equal(in(UART_DLL), 0x34);
	assert_int_equal(in(UART_DLM), 0x12);
	assert_int_equal(sent_count, 0);
	out(UART_LCR, 0);
	assert_int_equal(in(UART_IER), 5);
	assert_int_equal(u.divisor, 0x1234);
}

static void test_send(void **state)
{
	(void)state;
	program(0, 0);
	out(UART_TX, 'h');
	out(UART_TX, 'i');
	assert_int_equal(sent_count, 2);
	assert_memory_equal(sent, "hi", 2);
	assert_int_equal(in(UART_LSR) & UART_LSR_TEMT, UART_LSR_TEMT);
	assert_false(line_high);
}

static void test_transmitter_interrupt(void **state)
{
	(void)state;
	program(0, UART_IER_THRI); /* enabling it tells that it is empty */
	assert_true(line_high);
	assert_int_equal(iir(), UART_IIR_THRI);
	assert_false(line_high); /* reading IIR took it */
	assert_int_equal(iir(), UART_IIR_NO_INT);
	out(UART_IER, UART_IER_THRI); /* nothing new */
	assert_false(line_high);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	assert_true(line_high);
	iir();
	out(UART_TX, 'x');
	assert_true(line_high);
	out(UART_IER, 0);
	assert_false(line_high);
	out(UART_IER, UART_IER_THRI);
	assert_true(line_high);
}

/* Who only writes, and never reads IIR, gets an edge for each byte. */
static void test_write_is_a_new_interrupt(void **state)
{
	(void)state;
	program(UART_FCR_ENABLE_FIFO, UART_IER_THRI);
	assert_int_equal(line_rises, 1);
	out(UART_TX, 'x');
	assert_true(line_high);
	assert_int_equal(line_rises, 2);
	out(UART_TX, 'y');
	assert_int_equal(line_rises, 3);
	assert_int_equal(iir(), UART_IIR_THRI);
	assert_false(line_high);
}

static void test_receive_without_fifo(void **state)
{
	(void)state;
	program(0, UART_IER_RDI);
	assert_int_equal(uart_room(&u), 1);
	uart_receive(&u, 'a');
	assert_int_equal(uart_room(&u), 0);
	assert_true(line_high);
	assert_int_equal(in(UART_IIR), UART_IIR_RDI); /* no FIFO bits */
	assert_true(in(UART_LSR) & UART_LSR_DR);
	assert_true(line_high);
	assert_int_equal(in(UART_RX), 'a');
	assert_false(line_high);
	assert_false(in(UART_LSR) & UART_LSR_DR);
}

static void test_overrun_without_fifo(void **state)
{
	(void)state;
	program(0, UART_IER_RLSI);
	uart_receive(&u, 'a');
	assert_false(line_high);
	uart_receive(&u, 'b');
	assert_true(line_high);
	assert_int_equal(iir(), UART_IIR_RLSI);
	assert_true(in(UART_LSR) & UART_LSR_OE);
	assert_false(line_high); /* reading LSR took it */
	assert_false(in(UART_LSR) & UART_LSR_OE);
	assert_int_equal(in(UART_RX), 'b'); /* the new one has overwritten the old one */
}

static void test_overrun_with_fifo(void **state)
{
	(void)state;
	program(UART_FCR_ENABLE_FIFO, 0);
	for (u8 i = 0; i < UART_FIFO; i++)
		uart_receive(&u, i);
	assert_int_equal(uart_room(&u), 0);
	assert_false(in(UART_LSR) & UART_LSR_OE);
	uart_receive(&u, 99);
	assert_true(in(UART_LSR) & UART_LSR_OE);
	for (u8 i = 0; i < UART_FIFO; i++)
		assert_int_equal(in(UART_RX), i); /* the FIFO is as it was */
	assert_false(in(UART_LSR) & UART_LSR_DR);
}

static void test_fifo_wraps(void **state)
{
	(void)state;
	program(UART_FCR_ENABLE_FIFO, 0);
	for (unsigned i = 0; i < 100; i++) {
		uart_receive(&u, (u8)i);
		uart_receive(&u, (u8)(i + 100));
		assert_int_equal(in(UART_RX), i);
		assert_int_equal(in(UART_RX), i + 100);
	}
}

static void test_trigger_levels(void **state)
{
	static const u8 levels[] = { 1, 4, 8, 14 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		program((u8)(UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | i << 6), UART_IER_RDI);
		for (unsigned n = 1; n < levels[i]; n++) {
			uart_receive(&u, 'x');
			assert_false(line_high);
		}
		uart_receive(&u, 'x');
		assert_true(line_high);
		assert_int_equal(in(UART_IIR), UART_IIR_RDI | 0xc0);
		in(UART_RX);
		assert_false(line_high); /* below the trigger again */
	}
}

static void test_timeout(void **state)
{
	const u64 four_chars = 4 * 10 * 16 * 1000000000UL / 1843200;

	(void)state;
	program(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14, UART_IER_RDI);
	uart_receive(&u, 'a');
	uart_receive(&u, 'b');
	advance(four_chars - 1);
	assert_false(line_high);
	advance(1);
	assert_true(line_high);
	assert_int_equal(iir(), UART_IIR_RX_TIMEOUT);
	assert_int_equal(in(UART_RX), 'a'); /* reading restarts it */
	assert_false(line_high);
	advance(four_chars);
	assert_int_equal(iir(), UART_IIR_RX_TIMEOUT);
	in(UART_RX);
	assert_false(timer_pending(&u.timer)); /* nothing is left to tell of */
	advance(10 * four_chars);
	assert_false(line_high);
}

static void test_byte_restarts_timeout(void **state)
{
	const u64 four_chars = 4 * 10 * 16 * 1000000000UL / 1843200;

	(void)state;
	program(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14, UART_IER_RDI);
	uart_receive(&u, 'a');
	advance(four_chars / 2);
	uart_receive(&u, 'b');
	advance(four_chars / 2 + 1);
	assert_false(line_high);
	advance(four_chars);
	assert_true(line_high);
}

static void test_timeout_follows_speed(void **state)
{
	(void)state;
	program(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14, UART_IER_RDI);
	out(UART_LCR, UART_LCR_DLAB);
	out(UART_DLL, 12); /* 9600 */
	out(UART_LCR, UART_LCR_WLEN7 | UART_LCR_PARITY | UART_LCR_STOP); /* 11 bits */
	uart_receive(&u, 'a');
	assert_int_equal(u.timer.deadline, 4 * 11 * 16 * 12 * 1000000000UL / 1843200);
}

static void test_priorities(void **state)
{
	(void)state;
	program(UART_FCR_ENABLE_FIFO, 0x0f);
	out(UART_TX, 'x');
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2);
	out(UART_MCR, UART_MCR_OUT2); /* modem deltas, by way of loopback */
	for (unsigned i = 0; i <= UART_FIFO; i++)
		uart_receive(&u, 'y');
	assert_int_equal(iir(), UART_IIR_RLSI);
	in(UART_LSR);
	assert_int_equal(iir(), UART_IIR_RDI);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
	assert_int_equal(iir(), UART_IIR_THRI);
	assert_int_equal(iir(), UART_IIR_MSI);
	in(UART_MSR);
	assert_int_equal(iir(), UART_IIR_NO_INT);
	assert_false(line_high);
}

static void test_out2_gates_the_line(void **state)
{
	(void)state;
	program(0, UART_IER_RDI);
	out(UART_MCR, 0);
	uart_receive(&u, 'a');
	assert_false(line_high);
	assert_int_equal(iir(), UART_IIR_RDI);
	assert_false(uart_wants_input(&u));
	out(UART_MCR, UART_MCR_OUT2);
	assert_true(line_high);
	assert_true(uart_wants_input(&u));
	out(UART_IER, UART_IER_THRI);
	assert_false(uart_wants_input(&u));
}

static void test_loopback_data(void **state)
{
	(void)state;
	program(0, 0);
	out(UART_MCR, UART_MCR_LOOP);
	out(UART_TX, 0xa5);
	assert_int_equal(sent_count, 0);
	assert_int_equal(in(UART_RX), 0xa5);
	uart_receive(&u, 'z'); /* the line is cut off */
	assert_int_equal(uart_room(&u), 0);
	assert_false(in(UART_LSR) & UART_LSR_DR);
}

static void test_loopback_modem_lines(void **state)
{
	static const u8 wires[][2] = {
		{ UART_MCR_RTS, UART_MSR_CTS | UART_MSR_DCTS },
		{ UART_MCR_DTR, UART_MSR_DSR | UART_MSR_DDSR },
		{ UART_MCR_OUT1, UART_MSR_RI },
		{ UART_MCR_OUT2, UART_MSR_DCD | UART_MSR_DDCD },
	};

	(void)state;
	out(UART_MCR, UART_MCR_LOOP);
	in(UART_MSR);
	assert_int_equal(in(UART_MSR), 0);
	for (unsigned i = 0; i < 4; i++) {
		out(UART_MCR, UART_MCR_LOOP | wires[i][0]);
		assert_int_equal(in(UART_MSR), wires[i][1]);
		out(UART_MCR, UART_MCR_LOOP);
		/* The end of ringing is told, its beginning is not. */
		assert_int_equal(in(UART_MSR),
				 wires[i][0] == UART_MCR_OUT1 ? UART_MSR_TERI : wires[i][1] & 0xf);
	}
}

static void test_fcr(void **state)
{
	(void)state;
	out(UART_FCR, UART_FCR_TRIGGER_14); /* without the enable bit nothing is programmed */
	assert_int_equal(in(UART_IIR) & 0xc0, 0);
	program(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14, UART_IER_RDI);
	assert_int_equal(in(UART_IIR) & 0xc0, 0xc0);
	uart_receive(&u, 'a');
	out(UART_FCR, UART_FCR_ENABLE_FIFO); /* a lower trigger is reached */
	assert_true(line_high);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14); /* a higher one is not */
	assert_false(line_high);
	assert_true(timer_pending(&u.timer));
	in(UART_RX);
	assert_false(timer_pending(&u.timer));
	uart_receive(&u, 'b');
	out(UART_FCR, 0); /* switching off empties */
	assert_false(line_high);
	assert_false(in(UART_LSR) & UART_LSR_DR);
	assert_false(timer_pending(&u.timer));
	out(UART_IER, UART_IER_THRI);
	iir();
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR); /* also empties */
	assert_int_equal(iir(), UART_IIR_THRI);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
	assert_int_equal(iir(), UART_IIR_NO_INT);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_XMIT);
	assert_int_equal(iir(), UART_IIR_THRI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset_values, setup),
		cmocka_unit_test_setup(test_registers_hold, setup),
		cmocka_unit_test_setup(test_divisor_latch, setup),
		cmocka_unit_test_setup(test_send, setup),
		cmocka_unit_test_setup(test_transmitter_interrupt, setup),
		cmocka_unit_test_setup(test_write_is_a_new_interrupt, setup),
		cmocka_unit_test_setup(test_receive_without_fifo, setup),
		cmocka_unit_test_setup(test_overrun_without_fifo, setup),
		cmocka_unit_test_setup(test_overrun_with_fifo, setup),
		cmocka_unit_test_setup(test_fifo_wraps, setup),
		cmocka_unit_test_setup(test_trigger_levels, setup),
		cmocka_unit_test_setup(test_timeout, setup),
		cmocka_unit_test_setup(test_byte_restarts_timeout, setup),
		cmocka_unit_test_setup(test_timeout_follows_speed, setup),
		cmocka_unit_test_setup(test_priorities, setup),
		cmocka_unit_test_setup(test_out2_gates_the_line, setup),
		cmocka_unit_test_setup(test_loopback_data, setup),
		cmocka_unit_test_setup(test_loopback_modem_lines, setup),
		cmocka_unit_test_setup(test_fcr, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
