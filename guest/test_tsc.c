/* SPDX-License-Identifier: MIT */
/*
 * The time-stamp counter never goes back, across exits and waits, and also
 * goes on during them; RDTSCP. Its frequency is looked at in test_timer.c.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define TSC_AUX 0xc0000103
#define TSC	0x10
#define ROUNDS	2000

static u64 rdtscp(u32 *aux)
{
	u32 low, high;

	asm volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(*aux));
	return (u64)high << 32 | low;
}

static void test_monotonic(void)
{
	u64 last = rdtsc(), now, backwards = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		switch (i % 4) {
		case 0:
			(void)cpuid(0, 0);
			break;
		case 1:
			(void)inb(0x80);
			break;
		case 2:
			(void)hypercall(ABI_CALL_VERSION, 0, 0);
			break;
		}
		now = i % 2 ? rdtsc() : rdmsr(TSC);
		backwards += now <= last;
		last = now;
	}
	check_equal(backwards, 0, "it never goes back");
}

/* Exits take time, and the guest sees it: nothing is hidden. */
static void test_forward(void)
{
	u64 start = rdtsc(), plain, exiting;

	for (unsigned i = 0; i < 100; i++)
		asm volatile("nop");
	plain = rdtsc() - start;
	start = rdtsc();
	for (unsigned i = 0; i < 100; i++)
		(void)inb(0x80);
	exiting = rdtsc() - start;
	check(exiting > plain + 1000, "it goes on during exits");
}

static void test_rdtscp(void)
{
	u64 before, now;
	u32 aux;

	if (!(cpuid(0x80000001, 0).edx >> 27 & 1))
		return;
	wrmsr(TSC_AUX, 0xabcd1234);
	(void)cpuid(0, 0);
	before = rdtsc();
	now = rdtscp(&aux);
	check(now > before && now < rdtsc(), "RDTSCP reads the same counter");
	check_equal(aux, 0xabcd1234, "and TSC_AUX");
}

int guest_main(void)
{
	test_monotonic();
	test_forward();
	test_rdtscp();
	return check_failures();
}
