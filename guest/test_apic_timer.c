/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer to the letter: what changes of its mode, its mask
 * and its counts do. That it is right by other clocks: test_clocks.c.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define TIMER 0xe1

static volatile unsigned count;
static u64 tsc_hz;

static void on_timer(struct interrupt_frame *frame)
{
	(void)frame;
	count++;
	apic_write(APIC_EOI, 0);
}

static void open_all(void)
{
	for (unsigned i = 0; i < 8; i++)
		open_interrupts();
}

static void wait_below(u32 value)
{
	while (apic_read(APIC_CURRENT) > value)
		;
}

static void test_timer_modes(void)
{
	const u32 n = cpuid(0x40000010, 0).ebx * 10; /* 10 ms */
	u32 last, now, backwards = 0;
	u64 start;

	apic_write(APIC_DIVIDE, 0xb);
	apic_write(APIC_TIMER, TIMER);
	count = 0;
	start = rdtsc();
	apic_write(APIC_INITIAL, n);
	asm volatile("sti" : : : "memory");
	while (!count)
		;
	asm volatile("cli" : : : "memory");
	check(rdtsc() - start >= n, "one-shot: takes at least as many ticks of the TSC");
	check_equal(apic_read(APIC_INITIAL), n, "one-shot: the initial count stays");
	check_equal(apic_read(APIC_CURRENT), 0, "one-shot: the current count stays 0");
	apic_write(APIC_TIMER, PERIODIC | TIMER);
	check_equal(apic_read(APIC_CURRENT), 0, "periodic then: it still does");

	apic_write(APIC_TIMER, TIMER);
	apic_write(APIC_INITIAL, n);
	wait_below(n / 2);
	apic_write(APIC_TIMER, PERIODIC | TIMER);
	now = apic_read(APIC_CURRENT);
	check(now && now <= n / 2, "one-shot to periodic: the count goes on");
	for (last = now; now <= n / 2; now = apic_read(APIC_CURRENT)) {
		backwards += now > last;
		last = now;
	}
	check(!backwards && now <= n, "periodic: counts down, then starts again");
	wait_below(n / 2);
	apic_write(APIC_TIMER, TIMER);
	now = apic_read(APIC_CURRENT);
	check(now && now <= n / 2, "periodic to one-shot: the count goes on");
	wait_below(0);
	check_equal(apic_read(APIC_CURRENT), 0, "and ends");
	open_all();

	count = 0;
	apic_write(APIC_TIMER, MASKED | TIMER);
	apic_write(APIC_INITIAL, n / 10);
	wait_below(0);
	apic_write(APIC_TIMER, TIMER);
	open_all();
	check_equal(count, 0, "masked: it counts, but its interrupt is lost");
	apic_write(APIC_INITIAL, n / 10);
	apic_write(APIC_INITIAL, 0);
	check_equal(apic_read(APIC_CURRENT), 0, "an initial count of 0 stops it");
	for (start = rdtsc(); rdtsc() - start < tsc_hz / 500;)
		open_interrupts();
	check_equal(count, 0, "without an interrupt");
}

static void test_deadline(void)
{
	u64 value;

	wrmsr(MSR_TSC_DEADLINE, rdtsc() + 1000);
	check_equal(rdmsr(MSR_TSC_DEADLINE), 0, "one-shot mode: the deadline cannot be written");
	apic_write(APIC_INITIAL, 1000000);
	apic_write(APIC_TIMER, DEADLINE | TIMER);
	asm volatile("mfence" : : : "memory");
	check_equal(apic_read(APIC_CURRENT), 0, "to deadline mode: the count stops");
	apic_write(APIC_INITIAL, 1000000);
	check_equal(apic_read(APIC_CURRENT), 0, "deadline mode: the initial count is ignored");
	count = 0;
	value = rdtsc() + tsc_hz / 1000;
	wrmsr(MSR_TSC_DEADLINE, value);
	wrmsr(MSR_TSC_DEADLINE, 0);
	for (u64 start = rdtsc(); rdtsc() - start < tsc_hz / 500;)
		open_interrupts();
	check_equal(count, 0, "deadline 0: off");
	asm volatile("sti" : : : "memory");
	wrmsr(MSR_TSC_DEADLINE, rdmsr(0x10));
	asm volatile("nop; cli" : : : "memory");
	check_equal(count, 1, "a deadline of now: at once");
	wrmsr(MSR_TSC_DEADLINE, rdtsc() + tsc_hz / 1000);
	apic_write(APIC_TIMER, TIMER);
	for (u64 start = rdtsc(); rdtsc() - start < tsc_hz / 500;)
		open_interrupts();
	check_equal(count, 1, "to one-shot mode: the deadline is off");
	check_equal(rdmsr(MSR_TSC_DEADLINE), 0, "and reads 0");
	apic_write(APIC_INITIAL, 0);
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	interrupts_set_handler(TIMER, on_timer);
	apic_write(APIC_SPURIOUS, 0x1ff);
	test_timer_modes();
	test_deadline();
	return check_failures();
}
