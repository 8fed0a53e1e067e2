/* SPDX-License-Identifier: MIT */
/*
 * Clocks agree: the 8254 (interrupts, counter, speaker port), the RTC and
 * the ACPI timer, all measured by the TSC, whose frequency Trivet tells.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define PIT_HZ	 1193182
#define PM_HZ	 3579545
#define PM_TIMER 0x608
#define RTC	 0x70
#define HZ_100	 11932
#define TICKS	 20
#define IRQ_PIT	 0
#define IRQ_RTC	 8

static volatile unsigned ticks;
static u64 tsc_hz;

static void pit_tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(IRQ_PIT);
}

static void rtc_tick(struct interrupt_frame *frame)
{
	(void)frame;
	outb(RTC, 0xc);
	(void)inb(RTC + 1);
	ticks++;
	irq_end(IRQ_RTC);
}

/* TSC ticks that `count` interrupts take, from one to another. */
static u64 measure(unsigned count)
{
	u64 start;

	ticks = 0;
	while (ticks < 1)
		asm volatile("sti; hlt; cli" : : : "memory");
	start = rdtsc();
	while (ticks < 1 + count)
		asm volatile("sti; hlt; cli" : : : "memory");
	return rdtsc() - start;
}

/* Within so many parts of a thousand? */
static void check_near(u64 value, u64 wanted, unsigned permille, const char *text)
{
	u64 off = value > wanted ? value - wanted : wanted - value;

	check(off * 1000 <= wanted * permille, text);
	print("      is %u, should be %u\n", value, wanted);
}

static void test_pit(void)
{
	interrupts_set_handler(VECTOR_IRQ + IRQ_PIT, pit_tick);
	pit_start(HZ_100);
	irq_unmask(IRQ_PIT);
	check_near(measure(TICKS), tsc_hz * TICKS * HZ_100 / PIT_HZ, 5, "20 ticks at 100 Hz");
	pit_start(HZ_100 / 10);
	(void)measure(1);
	check_near(measure(10 * TICKS), tsc_hz * 10 * TICKS * (HZ_100 / 10) / PIT_HZ, 5,
		   "200 ticks at 1000 Hz: none is lost");
	irq_mask(IRQ_PIT);
}

static u16 pit_count(unsigned channel)
{
	u16 low;

	outb(0x43, (u8)(channel << 6));
	low = inb((u16)(0x40 + channel));
	return (u16)(low | inb((u16)(0x40 + channel)) << 8);
}

/* Channel 2 counts down once; port 61H tells the end. */
static void test_speaker(void)
{
	u64 start, half, whole;
	bool low;
	u16 first;

	outb(0x61, (inb(0x61) & ~2) | 1); /* its gate */
	outb(0x43, 0xb0);		  /* mode 0 */
	outb(0x42, 0x9c);
	outb(0x42, 0x2e);
	start = rdtsc();
	first = pit_count(2);
	low = !(inb(0x61) & 0x20);
	while (pit_count(2) > first / 2)
		;
	half = rdtsc() - start;
	while (!(inb(0x61) & 0x20))
		;
	whole = rdtsc() - start;
	check(low, "channel 2: its output is low at first");
	check_near(whole, tsc_hz * HZ_100 / PIT_HZ, 20, "channel 2: 10 ms by its output");
	check_near(half, tsc_hz * HZ_100 / 2 / PIT_HZ, 50, "channel 2: half way by its counter");
}

static void test_rtc(void)
{
	interrupts_set_handler(VECTOR_IRQ + IRQ_RTC, rtc_tick);
	outb(RTC, 0xa);
	outb(RTC + 1, 0x26); /* 1024 Hz */
	outb(RTC, 0xb);
	outb(RTC + 1, 0x42); /* periodic interrupts */
	outb(RTC, 0xc);
	(void)inb(RTC + 1);
	irq_unmask(IRQ_RTC);
	check_near(measure(64), tsc_hz / 16, 10, "RTC: 64 of 1024 a second");
	irq_mask(IRQ_RTC);
}

static void test_acpi(void)
{
	u64 start = rdtsc(), wait = tsc_hz / 50;
	u32 count = inl(PM_TIMER);

	while (rdtsc() - start < wait)
		;
	check_near(inl(PM_TIMER) - count, (rdtsc() - start) * PM_HZ / tsc_hz, 20,
		   "ACPI timer over 20 ms");
}

int guest_main(void)
{
	interrupts_init();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	test_pit();
	test_speaker();
	test_rtc();
	test_acpi();
	return check_failures();
}
