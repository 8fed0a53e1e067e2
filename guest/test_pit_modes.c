/* SPDX-License-Identifier: MIT */
/*
 * The 8254's modes by its data sheet: what each does with the gate, with a
 * new count and at the end of its count. Channel 2, whose gate and output are
 * at port 61H; channel 0 for what interrupts.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/pit.h"

static volatile unsigned ticks;

/* Until OUT is high, in ticks; at most a tenth of a second. */
static u64 until_out(void)
{
	u64 start = rdtsc();

	while (!out() && rdtsc() - start < tsc_hz / 10)
		;
	return (rdtsc() - start) * HZ / tsc_hz;
}

static bool counts(void)
{
	u16 first = count();

	wait_ticks(100);
	return count() != first;
}

static void test_terminal_count(void)
{
	u16 stopped;
	u64 took;

	gate(false);
	outb(CONTROL, 0x80 | BOTH | MODE(0));
	check_equal(status(2), STATUS_NULL | BOTH | MODE(0), "mode 0: no count yet, OUT is low");
	outb(0x42, 0x00);
	outb(0x42, 0x40);
	wait_ticks(10);
	check_equal(status(2), BOTH | MODE(0), "mode 0: the count is loaded");
	check_equal(count(), 0x4000, "mode 0: without its gate it does not count");
	gate(true);
	wait_ticks(1000);
	check(count() < 0x4000 && count() > 0x1000, "mode 0: with it, it does");
	gate(false);
	stopped = count();
	wait_ticks(1000);
	check_equal(count(), stopped, "mode 0: the gate stops it");
	check(!out(), "mode 0: OUT is low until the end");
	gate(true);
	took = until_out();
	check(took + 50 > stopped && took < stopped + 1000U, "mode 0: and goes on from there");
	check(status(2) & STATUS_OUT, "mode 0: OUT is high at the end");
	check(count() > 0x8000 && counts(), "mode 0: it counts on, from FFFFH");
	program(MODE(0), 0x8000);
	check(!out(), "mode 0: a new count takes OUT down");
	wait_ticks(100);
	outb(0x42, 0x00);
	check(!counts(), "mode 0: the first byte of a count stops it");
	outb(0x42, 0x60);
	check(!out() && count() <= 0x6000 && counts(), "mode 0: the second starts it");
}

static void test_one_shot(void)
{
	bool low;
	u64 took;

	gate(false);
	program(MODE(1), 0x1000);
	wait_ticks(100);
	check(out() && !counts(), "mode 1: waits for its gate");
	gate(true);
	low = !out();
	took = until_out();
	check(low, "mode 1: the gate's rise takes OUT down");
	check(took <= 0x1000 + 1000 && took > 0x1000 - 1000, "mode 1: for the count");
	gate(false);
	gate(true);
	gate(false);
	check(!out(), "mode 1: again by another rise; the gate's fall does nothing");
	wait_ticks(0x800);
	gate(true);
	wait_ticks(0x900);
	check(!out(), "mode 1: a rise meanwhile starts it anew");
	wait_ticks(0x900);
	check(out(), "mode 1: and it ends");
}

static void test_rate(u8 mode)
{
	unsigned low = 0, bad = 0, wraps = 0;
	u16 last = 0, now;

	gate(true);
	program(mode, 300);
	for (unsigned i = 0; i < 300; i++) {
		now = count();
		bad += now < 1 || now > 300;
		wraps += now > last;
		last = now;
		low += !out();
	}
	check_equal(bad, 0, "mode 2: the count is 1 to N");
	check(wraps > 10, "mode 2: again and again");
	check(low < 30, "mode 2: OUT is low for one tick of N");
	program(mode, 0x8000);
	wait_ticks(0x100);
	gate(false);
	check(out(), "mode 2: without its gate OUT is high");
	check(!counts(), "mode 2: and nothing counts");
	gate(true);
	wait_ticks(2);
	check(count() > 0x7000, "mode 2: the gate's rise loads the count");
	outb(0x42, 0x00);
	outb(0x42, 0x10);
	check(count() > 0x4000, "mode 2: a new count waits for the end of the period");
	check(status(2) & STATUS_NULL, "mode 2: until then it is not loaded");
	wait_ticks(0x8000);
	check(count() <= 0x1000 && !(status(2) & STATUS_NULL), "mode 2: then it is");
	check_equal(status(2) & 0x3f, BOTH | mode, "mode 2: the status has the control word");
}

static void test_square(u8 mode)
{
	unsigned high = 0, odd = 0, bad = 0;

	gate(true);
	program(mode, 501);
	for (unsigned i = 0; i < 400; i++) {
		u16 now = count();

		odd += now & 1;
		bad += now > 500;
		high += out();
		wait_ticks(i % 37);
	}
	check_equal(odd, 0, "mode 3: counts by two");
	check_equal(bad, 0, "mode 3: never beyond N");
	check(high > 100 && high < 300, "mode 3: OUT is high for half of the time");
	gate(false);
	check(out(), "mode 3: without its gate OUT is high");
	check(!counts(), "mode 3: and nothing counts");
	check_equal(status(2) & 0x3f, BOTH | mode, "mode 3: the status has the control word");
}

static void test_strobes(void)
{
	u16 first;

	gate(false);
	program(MODE(4), 0x4000);
	check(out() && !counts(), "mode 4: OUT is high; the gate holds it");
	gate(true);
	check(counts(), "mode 4: counts");
	program(MODE(4), 0x100);
	wait_ticks(0x200);
	check(out() && count() > 0x8000 && counts(), "mode 4: counts on behind its end");
	gate(false);
	program(MODE(5), 0x4000);
	check(out() && !counts(), "mode 5: waits for its gate");
	gate(true);
	gate(false);
	first = count();
	check(out() && first <= 0x4000 && counts(), "mode 5: the gate's rise starts it");
	gate(true);
	check(count() > first - 0x200U, "mode 5: another rise starts it anew");
}

/* ---- Channel 0 ----------------------------------------------------------------------- */

static void on_tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(0);
}

/* Interrupts of a mode within 20 periods of 1 ms. */
static unsigned interrupts(u8 mode)
{
	u64 end;

	irq_mask(0);
	outb(CONTROL, (u8)(BOTH | mode));
	outb(0x40, 1193 & 0xff);
	outb(0x40, 1193 >> 8);
	irq_unmask(0); /* the control word raised OUT: that is an interrupt, too */
	asm volatile("sti; nop; nop; cli" : : : "memory");
	ticks = 0;
	end = rdtsc() + tsc_hz / 1000 * 41 / 2;
	while (rdtsc() < end)
		asm volatile("sti; nop; cli" : : : "memory");
	irq_mask(0);
	return ticks;
}

static void test_interrupts(void)
{
	unsigned n;

	interrupts_set_handler(VECTOR_IRQ, on_tick);
	check_equal(interrupts(MODE(0)), 1, "mode 0: one interrupt");
	n = interrupts(MODE(2));
	check(n >= 19 && n <= 21, "mode 2: one each period");
	n = interrupts(MODE(3));
	check(n >= 19 && n <= 21, "mode 3: one each period");
	check_equal(interrupts(MODE(4)), 1, "mode 4: one interrupt");
	check_equal(interrupts(MODE(1)), 0, "mode 1: none, as the gate is high for ever");
}

int guest_main(void)
{
	interrupts_init();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	test_terminal_count();
	test_one_shot();
	test_rate(MODE(2));
	test_rate(MODE(6));
	test_square(MODE(3));
	test_square(MODE(7));
	test_strobes();
	test_interrupts();
	return check_failures();
}
