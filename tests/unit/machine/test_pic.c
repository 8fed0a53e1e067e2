/* SPDX-License-Identifier: MIT */
/* The two 8259A of a PC together, through their ports. */
#include "tests/unit/machine/device.h"

#include "machine/pic.h"

static struct pic pic;

#define EOI 0x20

static void master(u16 port, u8 value)
{
	port_out(&pic_master_ports, &pic, port, value);
}

static void slave(u16 port, u8 value)
{
	port_out(&pic_slave_ports, &pic, port, value);
}

/* As every operating system does it: vectors 20H and 28H, slave at input 2. */
static int setup(void **state)
{
	static const u8 words[2][4] = { { 0x11, 0x20, 4, 1 }, { 0x11, 0x28, 2, 1 } };

	(void)state;
	device_reset();
	pic.output = test_irq();
	pic_reset(&pic);
	for (unsigned i = 0; i < 4; i++) {
		master(i != 0, words[0][i]);
		slave(i != 0, words[1][i]);
	}
	return 0;
}

static void test_master_interrupt(void **state)
{
	(void)state;
	pic_set_line(&pic, 4, true);
	assert_true(line_high);
	assert_int_equal(pic_acknowledge(&pic), 0x24);
	assert_false(line_high);
	master(0, EOI);
	assert_false(line_high);
}

static void test_slave_interrupt(void **state)
{
	(void)state;
	pic_set_line(&pic, 8, true);
	assert_true(line_high);
	assert_int_equal(pic_acknowledge(&pic), 0x28);
	assert_false(line_high);
	assert_int_equal(pic.chips[0].isr, 0x04);
	assert_int_equal(pic.chips[1].isr, 0x01);
	pic_set_line(&pic, 8, false);
	pic_set_line(&pic, 8, true);
	slave(0, EOI); /* the slave asks again, the master is not done yet */
	assert_false(line_high);
	master(0, EOI);
	assert_true(line_high);
	assert_int_equal(pic_acknowledge(&pic), 0x28);
}

static void test_all_vectors(void **state)
{
	(void)state;
	for (unsigned line = 0; line < 16; line++) {
		if (line == 2)
			continue;
		pic_set_line(&pic, line, true);
		assert_int_equal(pic_acknowledge(&pic), 0x20 + line);
		slave(0, EOI);
		master(0, EOI);
		pic_set_line(&pic, line, false);
	}
	assert_false(line_high);
}

static void test_two_at_the_slave(void **state)
{
	(void)state;
	pic_set_line(&pic, 12, true);
	pic_set_line(&pic, 9, true);
	assert_int_equal(pic_acknowledge(&pic), 0x29);
	slave(0, EOI);
	master(0, EOI);
	assert_int_equal(pic_acknowledge(&pic), 0x2c);
	slave(0, EOI);
	master(0, EOI);
	assert_false(line_high);
}

/* In automatic EOI mode the slave asks on at once: that must be a new edge at the master. */
static void test_slave_without_eoi(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		slave(i != 0, (const u8[]){ 0x11, 0x28, 2, 3 }[i]);
	pic_set_line(&pic, 12, true);
	pic_set_line(&pic, 9, true);
	assert_int_equal(pic_acknowledge(&pic), 0x29);
	master(0, EOI);
	assert_true(line_high);
	assert_int_equal(pic_acknowledge(&pic), 0x2c);
	master(0, EOI);
	assert_false(line_high);
}

static void test_slave_between_master_inputs(void **state)
{
	(void)state;
	pic_set_line(&pic, 3, true);
	pic_set_line(&pic, 15, true);
	pic_set_line(&pic, 1, true);
	assert_int_equal(pic_acknowledge(&pic), 0x21);
	master(0, EOI);
	assert_int_equal(pic_acknowledge(&pic), 0x2f);
	slave(0, EOI);
	master(0, EOI);
	assert_int_equal(pic_acknowledge(&pic), 0x23);
}

static void test_masks(void **state)
{
	(void)state;
	master(1, 0x04); /* the cascade */
	pic_set_line(&pic, 10, true);
	assert_false(line_high);
	master(1, 0);
	assert_true(line_high);
	slave(1, 0x04);
	assert_false(line_high); /* the request goes down the cascade, too */
	assert_int_equal(port_in(&pic_slave_ports, &pic, 1), 0x04);
}

static void test_spurious(void **state)
{
	(void)state;
	assert_int_equal(pic_acknowledge(&pic), 0x27);
	assert_int_equal(pic.chips[0].isr, 0);
	/* The slave's request goes while the master's is already on its way. */
	pic_set_line(&pic, 11, true);
	pic.chips[1].irr = 0;
	assert_int_equal(pic_acknowledge(&pic), 0x2f);
	assert_int_equal(pic.chips[1].isr, 0);
	assert_int_equal(pic.chips[0].isr, 0x04); /* the master cannot know: it wants its EOI */
}

static void test_poll_takes_the_output_down(void **state)
{
	(void)state;
	pic_set_line(&pic, 5, true);
	assert_true(line_high);
	master(0, 0x0c);
	assert_int_equal(port_in(&pic_master_ports, &pic, 0), 0x85);
	assert_false(line_high);
}

static void test_elcr(void **state)
{
	(void)state;
	port_out(&pic_elcr_ports, &pic, 0, 0xff);
	port_out(&pic_elcr_ports, &pic, 1, 0xff);
	/* Timer, keyboard, cascade, RTC and FPU stay edges. */
	assert_int_equal(port_in(&pic_elcr_ports, &pic, 0), 0xf8);
	assert_int_equal(port_in(&pic_elcr_ports, &pic, 1), 0xde);
	pic_set_line(&pic, 9, true);
	assert_int_equal(pic_acknowledge(&pic), 0x29);
	slave(0, EOI);
	master(0, EOI);
	assert_true(line_high); /* a level: until the device is served */
	pic_set_line(&pic, 9, false);
	assert_false(line_high);
}

static void test_would_interrupt(void **state)
{
	(void)state;
	assert_true(pic_would_interrupt(&pic, 0));
	assert_true(pic_would_interrupt(&pic, 9));
	master(1, 0x05);
	assert_false(pic_would_interrupt(&pic, 0));
	assert_false(pic_would_interrupt(&pic, 9)); /* the cascade is masked */
	assert_true(pic_would_interrupt(&pic, 4));
	master(1, 0);
	slave(1, 0x02);
	assert_false(pic_would_interrupt(&pic, 9));
	assert_false(line_high); /* asking changes nothing */
	pic_set_line(&pic, 3, true);
	pic_acknowledge(&pic);
	assert_false(pic_would_interrupt(&pic, 4)); /* 3 is in service */
	assert_true(pic_would_interrupt(&pic, 0));
}

static void test_waits(void **state)
{
	(void)state;
	for (unsigned line = 3; line < 16; line += 9) {
		assert_false(pic_waits(&pic, line));
		pic_set_line(&pic, line, true);
		assert_true(pic_waits(&pic, line));
		assert_false(pic_waits(&pic, line + 1));
		pic_acknowledge(&pic);
		assert_false(pic_waits(&pic, line)); /* it is high, but has been taken */
		master(0, 0x20);
		slave(0, 0x20);
	}
	pic_set_line(&pic, 4, true);
	master(1, 0x10);
	assert_false(pic_waits(&pic, 4)); /* who masks it does not wait for it */
}

static void test_output_only_tells_changes(void **state)
{
	(void)state;
	line_rises = 0;
	pic_set_line(&pic, 5, true);
	pic_set_line(&pic, 4, true);
	pic_set_line(&pic, 10, true);
	assert_int_equal(line_rises, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_master_interrupt, setup),
		cmocka_unit_test_setup(test_slave_interrupt, setup),
		cmocka_unit_test_setup(test_all_vectors, setup),
		cmocka_unit_test_setup(test_two_at_the_slave, setup),
		cmocka_unit_test_setup(test_slave_without_eoi, setup),
		cmocka_unit_test_setup(test_slave_between_master_inputs, setup),
		cmocka_unit_test_setup(test_masks, setup),
		cmocka_unit_test_setup(test_spurious, setup),
		cmocka_unit_test_setup(test_poll_takes_the_output_down, setup),
		cmocka_unit_test_setup(test_elcr, setup),
		cmocka_unit_test_setup(test_would_interrupt, setup),
		cmocka_unit_test_setup(test_waits, setup),
		cmocka_unit_test_setup(test_output_only_tells_changes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
