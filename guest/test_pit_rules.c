/* SPDX-License-Identifier: MIT */
/*
 * How the 8254's counters are read and written, by its data sheet: latches,
 * read-back, access by halves, BCD.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/pit.h"

static void test_latches(void)
{
	u16 first, second;
	u8 state;

	gate(true);
	program(MODE(2), 0xff00);
	wait_ticks(500);
	outb(CONTROL, 0x80);
	wait_ticks(500);
	outb(CONTROL, 0x80); /* ignored */
	outb(CONTROL, 0xd8); /* and this: read-back of the count */
	first = read_two();
	second = count();
	check(first > second + 400U, "a latch holds until it has been read");
	outb(CONTROL, 0xc8);
	wait_ticks(500);
	state = inb(0x42);
	first = read_two();
	second = count();
	check_equal(state & ~STATUS_OUT, BOTH | MODE(2), "read-back: the status comes first");
	check(first > second + 400U, "read-back: then the count");

	gate(false);
	program(MODE(0), 0x1234);
	wait_ticks(2);
	outb(CONTROL, 0xc8);
	program(MODE(0), 0x2345);
	wait_ticks(2);
	check_equal(read_two(), 0x2345, "a new control word takes the latches away");
	outb(CONTROL, 0x80);
	first = inb(0x42);
	outb(0x42, 0x67); /* written and read in turn: two sequences */
	first |= (u16)(inb(0x42) << 8);
	outb(0x42, 0x56);
	wait_ticks(2);
	check_equal(first, 0x2345, "reading is not disturbed by writing");
	check_equal(count(), 0x5667, "nor writing by reading");
	check_equal(inb(CONTROL), 0xff, "the control word cannot be read");
}

static void test_access(void)
{
	u8 first, second;

	gate(false);
	outb(CONTROL, 0x80 | LOW | MODE(0));
	outb(0x42, 0x77);
	wait_ticks(2);
	check_equal(inb(0x42), 0x77, "low byte only");
	check_equal(inb(0x42), 0x77, "and again the low byte");
	check_equal(status(2), LOW | MODE(0), "its status");
	outb(CONTROL, 0x80 | HIGH | MODE(0));
	outb(0x42, 0x12);
	wait_ticks(2);
	check_equal(inb(0x42), 0x12, "high byte only");
	outb(CONTROL, 0x80 | BOTH | MODE(0));
	outb(0x42, 0xcd);
	outb(0x42, 0xab);
	wait_ticks(2);
	first = inb(0x42);
	second = inb(0x42);
	check(first == 0xcd && second == 0xab, "both, without a latch");
}

static void test_bcd(void)
{
	unsigned bad = 0, beyond = 0;

	gate(false);
	program(MODE(0) | BCD, 0x1000);
	wait_ticks(2);
	check_equal(count(), 0x1000, "BCD: reads as it was written");
	check_equal(status(2), BOTH | MODE(0) | BCD, "BCD: its status");
	gate(true);
	program(MODE(2) | BCD, 0x0200);
	for (unsigned i = 0; i < 200; i++) {
		u16 now = count();

		for (unsigned digit = 0; digit < 16; digit += 4)
			bad += (now >> digit & 15) > 9;
		beyond += now > 0x200;
	}
	check_equal(bad, 0, "BCD: only decimal digits");
	check_equal(beyond, 0, "BCD: within the count");
	gate(false);
	program(MODE(0) | BCD, 0);
	gate(true);
	wait_ticks(100);
	check(count() < 0x9999 && count() > 0x8000, "BCD: 0 is 10000");
}

int guest_main(void)
{
	interrupts_init();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	test_latches();
	test_access();
	test_bcd();
	return check_failures();
}
