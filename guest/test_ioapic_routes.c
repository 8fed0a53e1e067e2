/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC to the letter: polarities, destinations, delivery modes, two
 * interrupts at once.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/line.h"

#define OTHER	   0x62
#define LOW_ACTIVE (1U << 13)
#define LOGICAL	   (1U << 11)
#define LOWEST	   (1U << 8)
#define NMI	   (4U << 8)

static volatile unsigned others, nmis;

static void on_other(struct interrupt_frame *frame)
{
	(void)frame;
	others++;
	line(false);
	apic_write(APIC_EOI, 0);
}

static void on_nmi(struct interrupt_frame *frame)
{
	(void)frame;
	nmis++;
}

static void test_polarity(void)
{
	unsigned idle, high, low;

	line(false);
	lower_at = 0;
	entry(MASKED | LOW_ACTIVE | LEVEL | VECTOR);
	line(true);
	entry(LOW_ACTIVE | LEVEL | VECTOR);
	high = taken();
	entry(LOW_ACTIVE | VECTOR);
	idle = taken();
	line(false);
	low = taken();
	clean();
	check_equal(high, 0, "low active: high is none");
	check_equal(idle, 0, "low active: nor as an edge");
	check_equal(low, 1, "low active: the falling edge is one");
}

static void test_destinations(void)
{
	unsigned physical, another, all, flat, none, lowest, nmi, off;

	entry(VECTOR);
	line(true), physical = taken(), line(false);
	destination(1);
	line(true), another = taken(), line(false);
	destination(0xff);
	line(true), all = taken(), line(false);
	apic_write(APIC_LDR, 0x06000000);
	entry(LOGICAL | VECTOR);
	destination(4);
	line(true), flat = taken(), line(false);
	destination(9);
	line(true), none = taken(), line(false);
	destination(2);
	entry(LOGICAL | LOWEST | VECTOR);
	line(true), lowest = taken(), line(false);
	destination(0);
	entry(NMI | VECTOR);
	nmis = 0;
	line(true), nmi = nmis, line(false);
	entry(VECTOR);
	apic_write(APIC_SPURIOUS, 0xff);
	line(true), off = taken(), line(false);
	apic_write(APIC_SPURIOUS, 0x1ff);
	clean();
	check_equal(physical, 1, "physical: the processor's ID");
	check_equal(another, 0, "physical: another one");
	check_equal(all, 1, "physical: all");
	check_equal(flat, 1, "logical: one of its bits");
	check_equal(none, 0, "logical: none of them");
	check_equal(lowest, 1, "logical, lowest priority");
	check_equal(nmi, 1, "NMI");
	check_equal(off, 0, "software disabled: none");
}

static void test_two(void)
{
	unsigned first, second;

	/* Pin 4 at another vector; the 8254's edge at pin 2 with this one: the higher one first. */
	pit_once(100);
	ioapic_write(0x15, 0);
	ioapic_write(0x14, VECTOR);
	entry(LEVEL | OTHER);
	line(true);
	for (u64 start = rdtsc(); rdtsc() - start < 20000;)
		;
	open_interrupts();
	first = others * 16 + count;
	open_interrupts();
	second = others * 16 + count;
	ioapic_write(0x14, MASKED);
	clean();
	check(first == 0x11 || first == 0x10, "two at once: the higher vector first");
	check_equal(second, 0x11, "then the other");
}

int guest_main(void)
{
	line_init();
	interrupts_set_handler(OTHER, on_other);
	interrupts_set_handler(VECTOR_NMI, on_nmi);
	test_polarity();
	test_destinations();
	test_two();
	return check_failures();
}
