/* SPDX-License-Identifier: MIT */
/* The keyboard and its interrupt, through its controller's ports. */
#include "tests/unit/machine/device.h"

#include "machine/i8042.h"

static struct i8042 k;

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(&k, 0xee, sizeof(k));
	k.irq = test_irq();
	i8042_reset(&k);
	assert_int_equal(k.command, 0x65);
	return 0;
}

static void command(u8 value)
{
	port_out(&i8042_status_ports, &k, 0, value);
}

static void data(u8 value)
{
	port_out(&i8042_data_ports, &k, 0, value);
}

static bool full(void)
{
	return port_in(&i8042_status_ports, &k, 0) & 1;
}

/* What comes, byte by byte, and nothing after it. */
static void expect(const char *bytes)
{
	for (; *bytes; bytes++) {
		assert_true(full());
		assert_int_equal(port_in(&i8042_data_ports, &k, 0), (u8)*bytes);
	}
	assert_false(full());
}

static void test_reset(void **state)
{
	(void)state;
	data(0xff);
	expect("\xfa\xaa");
	data(0xee);
	expect("\xee");
	data(0xfe); /* once more */
	expect("\xee");
}

static void test_identify(void **state)
{
	(void)state;
	data(0xf2);
	expect("\xfa\xab\x41");
	command(0x60);
	data(0x00); /* not translated */
	data(0xf2);
	expect("\xfa\xab\x83");
}

static void test_parameters(void **state)
{
	static const u8 commands[] = { 0xed, 0xf3, 0xfb, 0xfc, 0xfd };

	(void)state;
	for (unsigned i = 0; i < sizeof(commands); i++) {
		data(commands[i]);
		expect("\xfa");
		data(0x02);
		expect("\xfa");
	}
	data(0x03); /* one key more of FDH */
	expect("\xfa");
	data(0xed);
	expect("\xfa");
	data(0xf4); /* a command instead of the parameter */
	expect("\xfa");
	data(0x02);
	expect("\xfe");
}

static void test_without_parameters(void **state)
{
	(void)state;
	for (unsigned command = 0xf4; command <= 0xfa; command++) {
		data((u8)command);
		expect("\xfa");
	}
	data(0xef);
	expect("\xfe");
}

static void test_scan_code_sets(void **state)
{
	(void)state;
	command(0x60);
	data(0);
	data(0xf0);
	expect("\xfa");
	data(0);
	expect("\xfa\x02");
	data(0xf0);
	expect("\xfa");
	data(3);
	expect("\xfa");
	data(0xf0);
	expect("\xfa");
	data(4);
	expect("\xfe");
	command(0x60);
	data(0x40);
	data(0xf0);
	expect("\xfa");
	data(0);
	expect("\xfa\x3f"); /* translated, too */
	data(0xf6);
	expect("\xfa");
	data(0xf0);
	expect("\xfa");
	data(0);
	expect("\xfa\x41");
}

/* Each byte is an edge; with the interface off none comes, until it is on again. */
static void test_interrupt(void **state)
{
	(void)state;
	command(0x60);
	data(0);
	data(0xf2);
	assert_int_equal(line_rises, 0); /* not switched on */
	expect("\xfa\xab\x83");
	command(0x60);
	data(0x01);
	data(0xf2);
	assert_int_equal(line_rises, 1);
	expect("\xfa\xab\x83");
	assert_int_equal(line_rises, 3);
	assert_false(line_high);
	data(0xf2);
	command(0xad);
	assert_int_equal(port_in(&i8042_data_ports, &k, 0), 0xfa);
	assert_false(full());
	command(0xae);
	expect("\xab\x83");
	command(0x20); /* the controller's own answer */
	assert_true(line_high);
	expect("\x01");
	assert_false(line_high);
	command(0xad); /* who polls for the answer has the keyboard off: no handler takes it */
	command(0xd0);
	assert_false(line_high);
	expect("\x03");
	command(0xae);
}

/* A new command: what the last one had to say is lost. But not what is in the controller already. */
static void test_interrupted(void **state)
{
	(void)state;
	data(0xf2);
	data(0xff);
	expect("\xfa\xfa\xaa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_identify, setup),
		cmocka_unit_test_setup(test_parameters, setup),
		cmocka_unit_test_setup(test_without_parameters, setup),
		cmocka_unit_test_setup(test_scan_code_sets, setup),
		cmocka_unit_test_setup(test_interrupt, setup),
		cmocka_unit_test_setup(test_interrupted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
