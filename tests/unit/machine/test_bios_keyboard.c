/* SPDX-License-Identifier: MIT */
/* INT 16H and INT 14H: what comes in at COM1, as keys and as bytes. */
#include "tests/unit/machine/bios_machine.h"

static void types(const char *keys)
{
	while (*keys)
		uart_receive(&vm.uart, (u8)*keys++);
}

static void reads_keys(void **state)
{
	static const u16 wanted[] = { 0x1e61, 0x1e41, 0x0231, 0x0221, 0x1c0d, 0x0e08, 0x2e03,
				      0x352f, 0x3920, 0x1a5b, 0x2b7c };

	(void)state;
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF); /* sleep until an interrupt */
	done(0x16, 0x0100, false);
	assert_true(flags() & RFLAGS_ZF);
	assert_int_equal(bus_out(&vm.bus, &v, PORT_COM1 + 2, 1, 1), NEXT); /* FIFO on */
	types("aA1!\r\x7f\x03/ [|");
	assert_int_equal(done(0x16, 0x0100, false), wanted[0]);
	assert_false(flags() & RFLAGS_ZF);
	assert_int_equal(done(0x16, 0x1100, false), wanted[0]); /* it is still there */
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(done(0x16, i & 1 ? 0x1000 : 0, false), wanted[i]);
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF);
	v.regs.rcx = 0x1c0d;
	assert_int_equal((u8)done(0x16, 0x0500, false), 0);
	assert_int_equal((u8)done(0x16, 0x0500, false), 1); /* full */
	assert_int_equal(done(0x16, 0x0000, false), 0x1c0d);
	assert_int_equal((u8)done(0x16, 0x02ff, false), 0);
	assert_int_equal(done(0x16, 0x0900, false), 0x0920);
}

static void keys_of_several_bytes(void **state)
{
	static const u16 wanted[] = { 0x4800, 0x5000, 0x3b00, 0x5300,
				      0x2d00, 0x011b, 0x4b00, 0x2c7a };

	(void)state;
	types("\x1b");
	more = "[A\x1b[B\x1bOP\x1b[3~\x1bx\x1b\x1b[D\x1b[Zz\x1b";
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(done(0x16, i & 1 ? 0x1000 : 0, false), wanted[i]);
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF); /* perhaps more comes */
	fake_now += 19999999;
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF);
	fake_now += 1;
	assert_int_equal(done(0x16, 0x0100, false), 0x011b);
	assert_int_equal(done(0x16, 0x0000, false), 0x011b);
	vm.pic.chips[0].imr = 1; /* nothing would end a HLT */
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF | RFLAGS_ZF);
	vm.pic.chips[0].imr = 0;
	vm.pit.timer.deadline = CLOCK_NEVER; /* nor then: it counted once, and has done so */
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF | RFLAGS_ZF);
}

static void speaks_on_the_line(void **state)
{
	(void)state;
	assert_int_equal(done(0x14, 0x0300, false) >> 8, 0x60);
	assert_int_equal(done(0x14, 0x0158, false) >> 8, 0x60);
	assert_string_equal(text(), "X");
	assert_int_equal(done(0x14, 0x0200, false) >> 8, 0x80);
	types("y");
	assert_int_equal(done(0x14, 0x0200, false), 'y');
	v.regs.rdx = 1;
	assert_int_equal(done(0x14, 0x0300, false) >> 8, 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_keys),
		TEST(keys_of_several_bytes),
		TEST(speaks_on_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
