/* SPDX-License-Identifier: MIT */
/*
 * All clocks of the machine run at one speed and never back: TSC, ACPI
 * timer, 8254 (counter and interrupts), local APIC's timer (counter and
 * interrupts), RTC (interrupts and seconds), over one to two seconds. No
 * tick is lost when the host is late; with interrupts off those are that
 * the hardware would lose.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define PIT_HZ	   1193182
#define PIT_COUNT  11932 /* 100 Hz */
#define PM_HZ	   3579545
#define PM_TIMER   0x608
#define RTC	   0x70
#define RTC_HZ	   256
#define VECTOR	   0xd1
#define LAPIC_HZ   250
#define TSC	   0x10
#define TSC_ADJUST 0x3b

/* A counter of some bits that is read again and again. */
struct counter {
	const char *name;
	u64 (*read)(void);
	u64 hz, mask;
	u64 last, sum, backwards;
};

static volatile u64 pit_ticks, lapic_ticks, rtc_ticks;
static u64 tsc_hz, lapic_hz;

static void on_pit(struct interrupt_frame *frame)
{
	(void)frame;
	pit_ticks++;
	irq_end(0);
}

static void on_lapic(struct interrupt_frame *frame)
{
	(void)frame;
	lapic_ticks++;
	apic_write(APIC_EOI, 0);
}

static u8 rtc(u8 index)
{
	outb(RTC, index);
	return inb(RTC + 1);
}

static void set_rtc(u8 index, u8 value)
{
	outb(RTC, index);
	outb(RTC + 1, value);
}

static void on_rtc(struct interrupt_frame *frame)
{
	(void)frame;
	rtc_ticks += rtc(0xc) >> 6 & 1;
	irq_end(8);
}

static u64 read_pm(void)
{
	return inl(PM_TIMER);
}

/* They count down. */
static u64 read_pit(void)
{
	u16 low;

	outb(0x43, 0x80);
	low = inb(0x42);
	return (u64) - (low | inb(0x42) << 8);
}

/* The count starts again when its interrupt comes: both from one period. Interrupts are off. */
static u64 read_lapic(void)
{
	u64 ticks;
	u32 current;

	do {
		asm volatile("sti; nop; nop; cli" : : : "memory");
		ticks = lapic_ticks;
		current = apic_read(APIC_CURRENT);
		asm volatile("sti; nop; nop; cli" : : : "memory");
	} while (ticks != lapic_ticks);
	return (lapic_hz / LAPIC_HZ - current) + lapic_hz / LAPIC_HZ * ticks;
}

static struct counter counters[] = {
	{"TSC", rdtsc, 0, ~0UL, 0, 0, 0},
	{"ACPI timer", read_pm, PM_HZ, 0xffffffff, 0, 0, 0},
	{"8254's counter", read_pit, PIT_HZ, 0xffff, 0, 0, 0},
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

static void look(struct counter *c)
{
	u64 now = c->read(), moved = (now - c->last) & c->mask;

	if (moved > c->mask / 2)
		c->backwards++;
	else
		c->sum += moved;
	c->last = now;
}

static void start_all(void)
{
	interrupts_set_handler(VECTOR_IRQ, on_pit);
	interrupts_set_handler(VECTOR_IRQ + 8, on_rtc);
	interrupts_set_handler(VECTOR, on_lapic);
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb4);
	outb(0x42, 0);
	outb(0x42, 0);
	set_rtc(0xa, 0x28);
	set_rtc(0xb, 0x42);
	apic_write(APIC_DIVIDE, 0xb);
	apic_write(APIC_TIMER, PERIODIC | VECTOR);
}

static u64 seconds, first_second, last_second, torn; /* changes of the RTC's; TSC of two */

static void look_at_rtc(void)
{
	static u8 last = 0xff;
	bool updating = rtc(0xa) & 0x80;
	u8 now = rtc(0x0);

	now = (u8)(now / 16 * 10 + now % 16);
	if (updating)
		return;
	if (last != 0xff && now != last) {
		torn += now != (last + 1) % 60;
		last_second = rdtsc();
		if (!seconds++)
			first_second = last_second;
	}
	last = now;
}

static void test_together(void)
{
	u64 start, lapic_start, lapic_end, ns;

	start_all();
	asm volatile("cli");
	irq_unmask(0);
	irq_unmask(8);
	pit_start(PIT_COUNT);
	(void)rtc(0xc);
	apic_write(APIC_INITIAL, (u32)(lapic_hz / LAPIC_HZ));
	asm volatile("sti; nop; nop; cli"); /* what has waited from before */
	pit_ticks = lapic_ticks = rtc_ticks = 0;
	for (unsigned i = 0; i < COUNTERS; i++)
		counters[i].last = counters[i].read();
	lapic_start = read_lapic();
	start = rdtsc();
	while (seconds < 3 && rdtsc() - start < 4 * tsc_hz) {
		asm volatile("sti");
		for (unsigned i = 0; i < COUNTERS; i++)
			look(&counters[i]);
		asm volatile("cli"); /* the handler uses its index, too */
		look_at_rtc();
	}
	lapic_end = read_lapic();
	for (unsigned i = 0; i < COUNTERS; i++)
		look(&counters[i]);
	set_rtc(0xb, 0x02);

	counters[0].hz = tsc_hz;
	ns = counters[0].sum * 1000000 / (tsc_hz / 1000);
	check_equal(seconds, 3, "the RTC's seconds go on");
	check_equal(torn, 0, "none is left out, none is torn while no update is in progress");
	check(ns > 2000000000, "over more than two seconds");
	for (unsigned i = 0; i < COUNTERS; i++) {
		struct counter *c = &counters[i];

		print("    %s\n", c->name);
		check_equal(c->backwards, 0, "it never runs back");
		check_near(c->sum, c->hz * (ns / 1000) / 1000000, 1, "agrees to 0.1 %");
	}
	check_near(last_second - first_second, 2 * tsc_hz, 1, "RTC: two seconds are two");
	check_near(lapic_end - lapic_start, lapic_hz / 1000 * (ns / 1000) / 1000, 1,
		   "APIC timer's counter");
	/* One more or less, by when we began. */
	check_near(pit_ticks * 10, 10 * PIT_HZ / PIT_COUNT * (ns / 1000) / 1000000, 5,
		   "8254's interrupts, in tenths");
	check_near(lapic_ticks, LAPIC_HZ * (ns / 1000) / 1000000, 3, "APIC timer's interrupts");
	check_near(rtc_ticks, RTC_HZ * (ns / 1000) / 1000000, 3, "RTC's interrupts");
}

static void enjoy(u64 ns)
{
	u64 start = rdtsc();

	while (rdtsc() - start < tsc_hz / 1000 * (ns / 1000) / 1000)
		asm volatile("sti; nop; cli" : : : "memory");
}

/* The host sends text at 115200 baud and looks at nothing else meanwhile: some 80 ms a time. */
static void test_late_host(void)
{
	static char text[1000];
	u64 start, ticks, ns;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = i % 100 == 99 ? '\n' : '.';
	apic_write(APIC_TIMER, PERIODIC | VECTOR);
	pit_start(PIT_COUNT / 10); /* 1000 Hz */
	apic_write(APIC_INITIAL, (u32)(lapic_hz / 1000));
	enjoy(2000000);
	pit_ticks = lapic_ticks = 0;
	start = rdtsc();
	for (unsigned i = 0; i < 3; i++) {
		(void)hypercall(ABI_CALL_PUT_TEXT, (u64)text, sizeof(text));
		enjoy(30000000);
	}
	enjoy(300000000);
	ns = (rdtsc() - start) * 1000000 / (tsc_hz / 1000);
	ticks = PIT_HZ * 10 / PIT_COUNT * (ns / 1000) / 1000000;
	check_near(pit_ticks, ticks, 5, "8254, the host is late: no interrupt is lost");
	check_near(lapic_ticks, ns / 1000000, 5, "APIC timer, the host is late: none is lost");
}

/*
 * Periods of 20 ms, longer than the host is ever late for a guest with its
 * interrupts off (10 ms where only the preemption timer interrupts it): what the
 * host misses itself it owes.
 */
static void test_late_guest(void)
{
	u64 start;

	pit_start(2 * PIT_COUNT);
	apic_write(APIC_INITIAL, (u32)(lapic_hz / 50));
	enjoy(50000000);
	pit_ticks = lapic_ticks = 0;
	start = rdtsc();
	while (rdtsc() - start < tsc_hz / 5)
		;
	asm volatile("sti; nop; nop; nop; cli" : : : "memory");
	check_equal(pit_ticks, 1, "8254, interrupts are off for 10 periods: one waits");
	check_equal(lapic_ticks, 1, "APIC timer: one waits");
	apic_write(APIC_INITIAL, 0);
	irq_mask(0);
}

/* What the TSC would be had nobody written it. */
static u64 unadjusted(void)
{
	return rdtsc() - rdmsr(TSC_ADJUST);
}

/*
 * Two clocks at one moment: the other as `read` has it, and the TSC without its
 * adjustment. The host may look after something of its own in between; then again.
 */
static u64 unadjusted_with(u64 (*read)(void), u64 *other)
{
	u64 tsc;

	for (unsigned i = 0; i < 100; i++) {
		tsc = unadjusted();
		*other = read();
		if (unadjusted() - tsc < tsc_hz / 20000)
			break;
	}
	return tsc;
}

static void test_adjust(void)
{
	u64 before, after, adjust = rdmsr(TSC_ADJUST), pm_before, pm_after, tsc;

	before = unadjusted_with(read_pm, &pm_before);
	for (unsigned i = 1; i < 2000; i++) {
		wrmsr(TSC, (u64)i << 32);
		wrmsr(TSC_ADJUST, rdmsr(TSC_ADJUST) - 12345);
	}
	after = unadjusted_with(read_pm, &pm_after);
	check(after > before, "writing TSC and TSC_ADJUST: what is below goes on");
	check_near(after - before, ((pm_after - pm_before) & 0xffffffff) * tsc_hz / PM_HZ, 5,
		   "at its speed");
	wrmsr(TSC_ADJUST, adjust);
	after = unadjusted_with(rdtsc, &tsc);
	check_near(tsc - before - adjust, after - before, 2, "TSC_ADJUST as before: the TSC, too");

	enjoy(100000);
	apic_write(APIC_TIMER, DEADLINE | VECTOR);
	asm volatile("mfence" : : : "memory");
	lapic_ticks = 0;
	tsc = rdtsc();
	wrmsr(MSR_TSC_DEADLINE, tsc + tsc_hz);
	wrmsr(TSC_ADJUST, adjust + tsc_hz - tsc_hz / 100);
	enjoy(1000000);
	check_equal(lapic_ticks, 0, "the TSC has jumped to 10 ms before its deadline");
	enjoy(12000000);
	check_equal(lapic_ticks, 1, "10 ms later the interrupt comes");
	wrmsr(MSR_TSC_DEADLINE, rdtsc() + tsc_hz);
	wrmsr(TSC, rdtsc() + 2 * tsc_hz);
	enjoy(100000);
	check_equal(lapic_ticks, 2, "the TSC jumps over its deadline: at once");
	wrmsr(TSC_ADJUST, adjust);
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	lapic_hz = cpuid(0x40000010, 0).ebx * 1000UL;
	check(lapic_hz <= tsc_hz, "the APIC timer is not faster than the TSC");
	test_together();
	test_late_host();
	test_late_guest();
	test_adjust();
	return check_failures();
}
