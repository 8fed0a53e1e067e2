/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC with real devices behind it: the 8254 as edges at pin 2, the
 * RTC at pin 8, COM1 as a level at pin 4, the 8259s at pin 0.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define PIN_TIMER  2
#define PIN_COM1   4
#define PIN_RTC	   8
#define VECTOR	   0x51
#define LEVEL	   (1U << 15)
#define REMOTE_IRR (1U << 14)
#define EXTINT	   (7U << 8)

#define COM1_IER 0x3f9
#define COM1_IIR 0x3fa
#define COM1_MCR 0x3fc
#define RTC	 0x70

static volatile unsigned ticks;
static volatile bool stays; /* the level's cause is not served */
static u64 tsc_hz;

static void entry(unsigned pin, u32 low)
{
	ioapic_write(0x11 + 2 * pin, 0);
	ioapic_write(0x10 + 2 * pin, low);
}

static u32 entry_low(unsigned pin)
{
	return ioapic_read(0x10 + 2 * pin);
}

static void on_tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	apic_write(APIC_EOI, 0);
}

static void on_rtc(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	outb(RTC, 0xc);
	(void)inb(RTC + 1);
	apic_write(APIC_EOI, 0);
}

/* Transmitter empty: reading IIR takes the request away. */
static void on_com1(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	if (!stays)
		(void)inb(COM1_IIR);
	stays = false;
	apic_write(APIC_EOI, 0);
}

static void on_8259(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(0);
}

/* From the third on: one may have waited, and one be late behind the text that we wrote. */
static u64 wait(unsigned n)
{
	u64 start;

	ticks = 0;
	while (ticks < 3)
		asm volatile("sti; hlt; cli" : : : "memory");
	start = rdtsc();
	while (ticks < 3 + n)
		asm volatile("sti; hlt; cli" : : : "memory");
	return rdtsc() - start;
}

static void test_registers(void)
{
	check_equal(ioapic_read(1), 0x00170020, "version, 24 pins");
	ioapic_write(0, 0x0f000000);
	check_equal(ioapic_read(0), 0x0f000000, "ID");
	ioapic_write(0, 0);
	for (unsigned pin = 0; pin < 24; pin++)
		if (entry_low(pin) != MASKED)
			check(false, "an entry is not masked at first");
	check(true, "all entries are masked");
}

static void test_timer(void)
{
	interrupts_set_handler(VECTOR, on_tick);
	pit_start(11932);
	entry(PIN_TIMER, VECTOR);
	check_near(wait(10), tsc_hz / 10, 10, "8254 at pin 2: 10 times 10 ms");
	check(!apic_bit(APIC_TMR, VECTOR), "is an edge");
	entry(PIN_TIMER, MASKED | VECTOR);
	open_interrupts();
	ticks = 0;
	for (u64 start = rdtsc(); rdtsc() - start < tsc_hz / 40;)
		open_interrupts();
	check_equal(ticks, 0, "masked: none");
}

static void test_rtc(void)
{
	interrupts_set_handler(VECTOR, on_rtc);
	outb(RTC, 0xa);
	outb(RTC + 1, 0x26);
	outb(RTC, 0xb);
	outb(RTC + 1, 0x42);
	outb(RTC, 0xc);
	(void)inb(RTC + 1);
	entry(PIN_RTC, VECTOR);
	check_near(wait(64), tsc_hz / 16, 15, "RTC at pin 8: 64 of 1024 a second");
	entry(PIN_RTC, MASKED);
	outb(RTC, 0xb);
	outb(RTC + 1, 0x02);
}

static void test_level(void)
{
	bool requested, level;
	u32 before, after;

	interrupts_set_handler(VECTOR, on_com1);
	open_interrupts();
	ticks = 0;
	outb(COM1_MCR, 0x0b);
	entry(PIN_COM1, LEVEL | VECTOR);
	stays = true;
	outb(COM1_IER, 2);
	before = entry_low(PIN_COM1);
	requested = apic_bit(APIC_IRR, VECTOR);
	level = apic_bit(APIC_TMR, VECTOR);
	open_interrupts();
	open_interrupts();
	after = entry_low(PIN_COM1);
	outb(COM1_IER, 0); /* what we print now must not count */
	entry(PIN_COM1, MASKED);
	check_equal(before, LEVEL | REMOTE_IRR | VECTOR, "COM1 as a level: remote IRR");
	check(requested, "COM1 is requested");
	check(level, "is a level");
	check_equal(ticks, 2, "not served: it comes again after EOI");
	check_equal(after, LEVEL | VECTOR, "served: no remote IRR");
}

static void test_8259(void)
{
	interrupts_set_handler(VECTOR_IRQ, on_8259);
	apic_write(APIC_LINT0, MASKED | EXTINT);
	irq_unmask(0);
	entry(0, EXTINT);
	pit_start(11932); /* nothing is owed for the time that the text took */
	check_near(wait(10), tsc_hz / 10, 10, "8259s at pin 0: 10 times 10 ms");
	entry(0, MASKED);
	irq_mask(0);
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	apic_write(APIC_SPURIOUS, 0x1ff);
	test_registers();
	test_timer();
	test_rtc();
	test_level();
	test_8259();
	return check_failures();
}
