/* SPDX-License-Identifier: MIT */
/* The keyboard controller and the board's single registers. */
#include "tests/unit/machine/device.h"

#include "machine/board.h"
#include "machine/i8042.h"

static struct board board;
static struct i8042 k;
static struct guest_console console;
static struct vcpu vcpu;
static char shown[64];
static size_t shown_length;

void guest_console_flush(struct guest_console *c)
{
	memcpy(shown + shown_length, c->line, c->length);
	shown_length += c->length;
	c->length = 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&console, 0, sizeof(console));
	memset(&k, 0xee, sizeof(k));
	shown_length = 0;
	device_reset();
	board_reset(&board, &console, test_irq());
	k.irq = test_irq();
	i8042_reset(&k);
	return 0;
}

static enum verdict out(const struct port_device *d, void *state, u8 value)
{
	return d->out(state, &vcpu, 0, 1, value);
}

static u8 in(const struct port_device *d, void *state)
{
	return (u8)d->in(state, 0, 1);
}

static void expect_reset(enum verdict verdict)
{
	assert_int_equal(verdict, STOP);
	assert_int_equal(vcpu.stop.cause, STOP_RESET);
	vcpu.stop.cause = STOP_NONE;
}

/* An error stays until port F0H is written. */
static void test_x87_error(void **state)
{
	(void)state;
	irq_set(&board.x87_error, true);
	irq_set(&board.x87_error, true);
	assert_true(line_high);
	assert_int_equal(line_rises, 1);
	assert_int_equal(board_x87_ports.out(&board, &vcpu, 1, 1, 0), NEXT);
	assert_true(line_high);
	assert_int_equal(out(&board_x87_ports, &board, 0), NEXT);
	assert_false(line_high);
	assert_int_equal(in(&board_x87_ports, &board), 0xff);
}

static void test_fast_a20(void **state)
{
	(void)state;
	assert_int_equal(in(&board_fast_a20_ports, &board), 0x02);
	assert_int_equal(out(&board_fast_a20_ports, &board, 0), NEXT);
	assert_int_equal(in(&board_fast_a20_ports, &board), 0);
	expect_reset(out(&board_fast_a20_ports, &board, 0x03));
	assert_int_equal(out(&board_fast_a20_ports, &board, 0x03), NEXT);
}

static void test_post(void **state)
{
	(void)state;
	out(&board_post_ports, &board, 0xa5);
	assert_int_equal(in(&board_post_ports, &board), 0xa5);
}

static void test_debug_console(void **state)
{
	(void)state;
	assert_int_equal(in(&board_debug_ports, &board), 0xe9);
	for (const char *s = "hello\n"; *s; s++)
		out(&board_debug_ports, &board, (u8)*s);
	assert_int_equal(shown_length, 6);
	assert_memory_equal(shown, "hello\n", 6);
}

static enum verdict command(u8 value)
{
	return out(&i8042_status_ports, &k, value);
}

static void data(u8 value)
{
	assert_int_equal(out(&i8042_data_ports, &k, value), NEXT);
}

static u8 status(void)
{
	return in(&i8042_status_ports, &k);
}

static u8 answer(void)
{
	assert_int_equal(status() & 1, 1);
	return in(&i8042_data_ports, &k);
}

static void test_i8042_tests_well(void **state)
{
	(void)state;
	assert_int_equal(status(), 0x14); /* self-tested, unlocked, nothing to read, ready */
	command(0xaa);
	assert_int_equal(status(), 0x1d);
	assert_int_equal(answer(), 0x55);
	assert_int_equal(status(), 0x1c);
	command(0xab);
	assert_int_equal(answer(), 0);
	command(0xa9);
	assert_int_not_equal(answer(), 0); /* no mouse */
	command(0xc0);
	assert_int_equal(answer(), 0x80);
}

static void test_i8042_command_byte(void **state)
{
	(void)state;
	command(0x20);
	assert_int_equal(answer(), 0x65);
	command(0x60);
	data(0x47);
	assert_int_equal(status() & 8, 0);
	command(0x20);
	assert_int_equal(answer(), 0x47);
	command(0xad);
	command(0xa7);
	command(0x20);
	assert_int_equal(answer(), 0x77);
	command(0xae);
	command(0xa8);
	command(0x20);
	assert_int_equal(answer(), 0x47);
	command(0x60);
	data(0);
	assert_int_equal(status() & 4, 0); /* the system flag is a bit of it */
}

static void test_i8042_memory(void **state)
{
	(void)state;
	command(0x7f);
	data(0x99);
	command(0x3f);
	assert_int_equal(answer(), 0x99);
	command(0x61);
	data(0x11);
	command(0x21);
	assert_int_equal(answer(), 0x11);
}

static void test_i8042_no_mouse(void **state)
{
	(void)state;
	command(0xd4);
	data(0xff);
	assert_int_equal(status() & 1, 0);
	command(0xd2);
	data(0x1c); /* but a byte can be put there */
	assert_int_equal(answer(), 0x1c);
}

static void test_i8042_output_port(void **state)
{
	(void)state;
	command(0xd0);
	assert_int_equal(answer(), 0x03);
	command(0xd1);
	data(0xdf); /* A20 on: it is */
	command(0xd1);
	expect_reset(out(&i8042_data_ports, &k, 0xfe));
}

static void test_i8042_pulse(void **state)
{
	(void)state;
	assert_int_equal(command(0xff), NEXT);
	assert_int_equal(command(0xfd), NEXT); /* A20 only */
	expect_reset(command(0xfe));
	expect_reset(command(0xf0));
}

static void test_i8042_command_forgets_data(void **state)
{
	(void)state;
	command(0xd1);
	command(0xaa);
	in(&i8042_data_ports, &k);
	data(0xfe); /* no longer for the output port */
	assert_int_equal(vcpu.stop.cause, STOP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_x87_error, setup),
		cmocka_unit_test_setup(test_fast_a20, setup),
		cmocka_unit_test_setup(test_post, setup),
		cmocka_unit_test_setup(test_debug_console, setup),
		cmocka_unit_test_setup(test_i8042_tests_well, setup),
		cmocka_unit_test_setup(test_i8042_command_byte, setup),
		cmocka_unit_test_setup(test_i8042_memory, setup),
		cmocka_unit_test_setup(test_i8042_no_mouse, setup),
		cmocka_unit_test_setup(test_i8042_output_port, setup),
		cmocka_unit_test_setup(test_i8042_pulse, setup),
		cmocka_unit_test_setup(test_i8042_command_forgets_data, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
