/* SPDX-License-Identifier: MIT */
/*
 * Every MSR of the ranges that processors use and random others, read, and
 * written with hostile values; CPUID leaves, known and random. Each access is
 * an answer or #GP(0), and what is written back is what was there before.
 *
 * EXPECT fuzz: MSRs read=\d+ refused=\d+
 * EXPECT checks: \d+, failed: 0
 * EXPECT ^run: outcome=clean
 */
#include "guest/guest.h"

#define EFER	     0xc0000080
#define APIC_BASE    0x1b
#define TSC	     0x10
#define TSC_ADJUST   0x3b
#define TSC_DEADLINE 0x6e0
#define X2APIC_FIRST 0x800
#define X2APIC_LAST  0x8ff

static u64 state = 0x5eed, reads, refused, writes, bad;

static u64 random(void) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static u32 below(u32 n)
{
	return (u32)(random() >> 33) % n;
}

static void good(int vector)
{
	if (vector != -1 && (vector != VECTOR_GP || fault.error))
		bad++;
}

/* The counter runs on, and the bases of memory-mapped registers must not come to lie on us. */
static bool left_alone(u32 msr)
{
	return msr == TSC || msr == TSC_ADJUST || msr == TSC_DEADLINE ||
	       (msr >= X2APIC_FIRST && msr <= X2APIC_LAST);
}

static void try_msr(u32 msr)
{
	static const u64 values[] = {0,
				     ~0UL,
				     1,
				     0xffffffff,
				     0x8000000000000000,
				     0x0000800000000000,
				     0xffff7fffffffffff,
				     0x0606060606060606,
				     0x7070707070707070};
	u64 before, value;
	int vector = try_rdmsr(msr, &before);

	good(vector);
	if (vector != -1) {
		refused++;
		good(try_wrmsr(msr, random()));
		return;
	}
	reads++;
	if (left_alone(msr))
		return;
	for (unsigned i = 0; i < 12; i++) {
		value = i < 9 ? values[i] : i == 9 ? before ^ 1UL << below(64) : random();
		if (msr == APIC_BASE)
			value |= 0xf0000000;
		vector = try_wrmsr(msr, value);
		good(vector);
		writes += vector == -1;
		good(try_rdmsr(msr, &value));
	}
	/* Back to what it was: that must be legal, if any write was, but for read-only ones. */
	good(try_wrmsr(msr, before));
}

static void range(u32 first, u32 count)
{
	for (u32 i = 0; i < count; i++)
		try_msr(first + i);
}

static void test_cpuid(void)
{
	static const u32 bases[] = {0, 0x40000000, 0x80000000, 0xc0000000, 0x20000000, 0x8fffffff};
	u64 changed = 0;

	for (unsigned i = 0; i < 4000; i++) {
		u32 leaf = i < 3000 ? bases[below(6)] + below(0x40) : (u32)random();
		u32 subleaf = below(2) ? below(64) : (u32)random();
		struct cpuid_regs a = cpuid(leaf, subleaf), b = cpuid(leaf, subleaf);

		changed += a.eax != b.eax || a.ebx != b.ebx || a.ecx != b.ecx || a.edx != b.edx;
	}
	check_equal(changed, 0, "CPUID says the same twice");
}

int guest_main(void)
{
	u64 efer = rdmsr(EFER);

	interrupts_init();
	range(0, 0x1000);
	range(0x1200, 0x20);
	range(0x40000000, 0x100);
	range(0xc0000000, 0x400);
	range(0xc0010000, 0x200);
	for (unsigned i = 0; i < 4000; i++)
		try_msr((u32)random());
	print("fuzz: MSRs read=%u refused=%u written=%u\n", reads, refused, writes);
	check(reads > 20 && refused > 1000, "some MSRs are there, most are not");
	check_equal(bad, 0, "all others raise #GP(0)");
	check_equal(rdmsr(EFER), efer, "IA32_EFER is what it was");
	test_cpuid();
	return check_failures();
}
