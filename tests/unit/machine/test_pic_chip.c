/* SPDX-License-Identifier: MIT */
/* One 8259A against its data sheet. */
#include "tests/unit/machine/device.h"

#include "machine/pic_chip.h"

static struct pic_chip c;

enum { COMMAND, DATA };
enum { EOI = 0x20, SPECIFIC_EOI = 0x60, ROTATE_EOI = 0xa0, ROTATE_SPECIFIC_EOI = 0xe0,
       SET_PRIORITY = 0xc0, AUTO_ROTATE_ON = 0x80, AUTO_ROTATE_OFF = 0x00 };
enum { READ_IRR = 0x0a, READ_ISR = 0x0b, POLL = 0x0c };
enum { SPECIAL_MASK_ON = 0x68, SPECIAL_MASK_OFF = 0x48 };

static void init(u8 icw1, u8 icw4)
{
	pic_chip_out(&c, COMMAND, icw1);
	pic_chip_out(&c, DATA, 0x40);
	if (!(icw1 & 2))
		pic_chip_out(&c, DATA, 4);
	if (icw1 & 1)
		pic_chip_out(&c, DATA, icw4);
}

static int setup(void **state)
{
	(void)state;
	pic_chip_reset(&c);
	init(0x11, 1);
	return 0;
}

static void raise(unsigned input)
{
	pic_chip_set_line(&c, input, true);
}

static void lower(unsigned input)
{
	pic_chip_set_line(&c, input, false);
}

static u8 isr(void)
{
	pic_chip_out(&c, COMMAND, READ_ISR);
	return pic_chip_in(&c, COMMAND);
}

static u8 irr(void)
{
	pic_chip_out(&c, COMMAND, READ_IRR);
	return pic_chip_in(&c, COMMAND);
}

static void test_silent_until_programmed(void **state)
{
	(void)state;
	pic_chip_reset(&c);
	raise(3);
	pic_chip_out(&c, COMMAND, 0x11);
	pic_chip_out(&c, DATA, 0x20);
	pic_chip_out(&c, DATA, 4);
	lower(3);
	raise(3);
	assert_int_equal(pic_chip_pending(&c), -1);
	pic_chip_out(&c, DATA, 1);
	assert_int_equal(pic_chip_pending(&c), 3);
	assert_int_equal(c.vector, 0x20);
}

static void test_initialization_words(void **state)
{
	(void)state;
	init(0x13, 1); /* single: no ICW3 */
	assert_true(c.ready);
	init(0x10, 0); /* no ICW4 */
	assert_true(c.ready);
	init(0x12, 0); /* neither */
	assert_true(c.ready);
	assert_int_equal(c.vector, 0x40);
	pic_chip_out(&c, DATA, 0xaa);
	assert_int_equal(pic_chip_in(&c, DATA), 0xaa); /* the mask from now on */
}

static void test_icw1_clears(void **state)
{
	(void)state;
	pic_chip_out(&c, DATA, 0xff);
	pic_chip_out(&c, COMMAND, SET_PRIORITY | 3);
	raise(1);
	pic_chip_out(&c, COMMAND, READ_ISR);
	pic_chip_out(&c, COMMAND, 0x11);
	raise(6);
	assert_int_equal(pic_chip_pending(&c), -1); /* silent until all words have come */
	lower(6);
	assert_int_equal(c.slaves, 0);
	assert_int_equal(c.imr, 0);
	assert_int_equal(c.irr, 0); /* a line that is high must rise again */
	assert_int_equal(c.lowest, 7);
	assert_false(c.read_isr);
}

static void test_priority_and_nesting(void **state)
{
	(void)state;
	raise(5);
	raise(2);
	assert_int_equal(pic_chip_acknowledge(&c), 2);
	assert_int_equal(pic_chip_pending(&c), -1); /* 5 waits for the end of 2 */
	raise(1);
	assert_int_equal(pic_chip_acknowledge(&c), 1); /* interrupts 2 */
	assert_int_equal(isr(), 0x06);
	pic_chip_out(&c, COMMAND, EOI); /* ends 1, the most urgent */
	assert_int_equal(isr(), 0x04);
	assert_int_equal(pic_chip_pending(&c), -1);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_acknowledge(&c), 5);
	pic_chip_out(&c, COMMAND, EOI);
	pic_chip_out(&c, COMMAND, EOI); /* nothing in service: nothing happens */
	assert_int_equal(isr(), 0);
}

static void test_specific_eoi(void **state)
{
	(void)state;
	raise(5);
	pic_chip_acknowledge(&c);
	raise(2);
	pic_chip_acknowledge(&c);
	pic_chip_out(&c, COMMAND, SPECIFIC_EOI | 5);
	assert_int_equal(isr(), 0x04);
}

static void test_mask(void **state)
{
	(void)state;
	pic_chip_out(&c, DATA, 0x08);
	raise(3);
	raise(4);
	assert_int_equal(pic_chip_pending(&c), 4);
	assert_int_equal(irr(), 0x18); /* a masked request is still seen */
	pic_chip_out(&c, DATA, 0);
	assert_int_equal(pic_chip_pending(&c), 3);
}

static void test_edge(void **state)
{
	(void)state;
	raise(3);
	assert_int_equal(pic_chip_acknowledge(&c), 3);
	pic_chip_out(&c, COMMAND, EOI);
	raise(3); /* it never went low */
	assert_int_equal(pic_chip_pending(&c), -1);
	lower(3);
	raise(3);
	assert_int_equal(pic_chip_pending(&c), 3);
}

static void test_edge_that_goes_is_spurious(void **state)
{
	(void)state;
	raise(3);
	lower(3);
	assert_int_equal(pic_chip_pending(&c), -1);
	assert_int_equal(pic_chip_acknowledge(&c), 7);
	assert_int_equal(isr(), 0); /* and nothing is in service */
}

static void test_level(void **state)
{
	(void)state;
	pic_chip_set_elcr(&c, 0x20);
	raise(5);
	assert_int_equal(pic_chip_acknowledge(&c), 5);
	assert_int_equal(irr(), 0x20); /* still high: still a request */
	assert_int_equal(pic_chip_pending(&c), -1);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_pending(&c), 5);
	lower(5);
	assert_int_equal(pic_chip_pending(&c), -1);
}

static void test_line_high_becomes_level(void **state)
{
	(void)state;
	raise(5);
	pic_chip_acknowledge(&c);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_pending(&c), -1);
	pic_chip_set_elcr(&c, 0x20);
	assert_int_equal(pic_chip_pending(&c), 5);
}

static void test_ltim(void **state)
{
	(void)state;
	init(0x19, 1);
	raise(6);
	pic_chip_acknowledge(&c);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_pending(&c), 6);
	init(0x11, 1); /* edges again: the high line does not count */
	assert_int_equal(pic_chip_pending(&c), -1);
}

static void test_set_priority(void **state)
{
	(void)state;
	pic_chip_out(&c, COMMAND, SET_PRIORITY | 3); /* 4 comes first, 3 last */
	raise(3);
	raise(0);
	raise(4);
	assert_int_equal(pic_chip_acknowledge(&c), 4);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_acknowledge(&c), 0);
	pic_chip_out(&c, COMMAND, EOI);
	assert_int_equal(pic_chip_acknowledge(&c), 3);
}

static void test_rotate_on_eoi(void **state)
{
	(void)state;
	raise(2);
	pic_chip_acknowledge(&c);
	pic_chip_out(&c, COMMAND, ROTATE_EOI); /* 2 is last now */
	assert_int_equal(isr(), 0);
	lower(2);
	raise(2);
	raise(7);
	assert_int_equal(pic_chip_acknowledge(&c), 7);
	pic_chip_out(&c, COMMAND, ROTATE_SPECIFIC_EOI | 7);
	assert_int_equal(c.lowest, 7);
	assert_int_equal(isr(), 0);
	assert_int_equal(pic_chip_acknowledge(&c), 2);
}

static void test_automatic_eoi(void **state)
{
	(void)state;
	init(0x11, 3);
	raise(4);
	raise(6);
	assert_int_equal(pic_chip_acknowledge(&c), 4);
	assert_int_equal(isr(), 0);
	assert_int_equal(pic_chip_pending(&c), 6);
	pic_chip_out(&c, COMMAND, AUTO_ROTATE_ON);
	pic_chip_acknowledge(&c);
	assert_int_equal(c.lowest, 6);
	pic_chip_out(&c, COMMAND, AUTO_ROTATE_OFF);
	lower(4);
	raise(4);
	pic_chip_acknowledge(&c);
	assert_int_equal(c.lowest, 6);
}

static void test_special_mask(void **state)
{
	(void)state;
	raise(2);
	pic_chip_acknowledge(&c);
	raise(5);
	pic_chip_out(&c, DATA, 0x04);
	assert_int_equal(pic_chip_pending(&c), -1); /* masked, but in service: it still blocks */
	pic_chip_out(&c, COMMAND, SPECIAL_MASK_ON);
	assert_int_equal(pic_chip_pending(&c), 5);
	pic_chip_acknowledge(&c);
	pic_chip_out(&c, COMMAND, EOI); /* passes by the masked 2 */
	assert_int_equal(isr(), 0x04);
	raise(6);
	assert_int_equal(pic_chip_pending(&c), 6);
	pic_chip_out(&c, COMMAND, SPECIAL_MASK_OFF);
	assert_int_equal(pic_chip_pending(&c), -1);
}

static void test_special_fully_nested(void **state)
{
	(void)state;
	init(0x11, 0x11); /* ICW3 of 4: a slave at input 2 */
	raise(2);
	pic_chip_acknowledge(&c);
	lower(2);
	raise(2); /* the slave has something more urgent */
	assert_int_equal(pic_chip_pending(&c), 2);
	raise(3);
	lower(2);
	assert_int_equal(pic_chip_pending(&c), -1);
}

static void test_poll(void **state)
{
	(void)state;
	pic_chip_out(&c, COMMAND, POLL);
	assert_int_equal(pic_chip_in(&c, COMMAND) & 0x80, 0);
	raise(4);
	pic_chip_out(&c, COMMAND, POLL);
	assert_int_equal(pic_chip_in(&c, COMMAND), 0x84); /* that was the acknowledge */
	assert_int_equal(isr(), 0x10);
	raise(1);
	pic_chip_out(&c, COMMAND, POLL);
	assert_int_equal(pic_chip_in(&c, DATA), 0x81); /* at either port */
	assert_int_equal(pic_chip_in(&c, DATA), 0);    /* once */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_silent_until_programmed, setup),
		cmocka_unit_test_setup(test_initialization_words, setup),
		cmocka_unit_test_setup(test_icw1_clears, setup),
		cmocka_unit_test_setup(test_priority_and_nesting, setup),
		cmocka_unit_test_setup(test_specific_eoi, setup),
		cmocka_unit_test_setup(test_mask, setup),
		cmocka_unit_test_setup(test_edge, setup),
		cmocka_unit_test_setup(test_edge_that_goes_is_spurious, setup),
		cmocka_unit_test_setup(test_level, setup),
		cmocka_unit_test_setup(test_line_high_becomes_level, setup),
		cmocka_unit_test_setup(test_ltim, setup),
		cmocka_unit_test_setup(test_set_priority, setup),
		cmocka_unit_test_setup(test_rotate_on_eoi, setup),
		cmocka_unit_test_setup(test_automatic_eoi, setup),
		cmocka_unit_test_setup(test_special_mask, setup),
		cmocka_unit_test_setup(test_special_fully_nested, setup),
		cmocka_unit_test_setup(test_poll, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
