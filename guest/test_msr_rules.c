/* SPDX-License-Identifier: MIT */
/*
 * Rules of the MSRs that test_msr.c does not look at: each reserved bit and
 * each memory type, MSRs that go with a bit of CPUID, machine-check banks,
 * what RDMSR and WRMSR themselves do.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define TSC	     0x10
#define PLATFORM_ID  0x17
#define BIOS_SIGN_ID 0x8b
#define MCG_CAP	     0x179
#define MCG_STATUS   0x17a
#define MCG_CTL	     0x17b
#define MISC_ENABLE  0x1a0
#define MTRR_BASE0   0x200
#define MTRR_MASK0   0x201
#define PAT	     0x277
#define MTRR_DEFAULT 0x2ff
#define MC0_CTL	     0x400
#define EFER	     0xc0000080
#define STAR	     0xc0000081
#define SYSCALL_MASK 0xc0000084
#define TSC_AUX	     0xc0000103

#define ODD_BITS 0xaaaaaaaaaaaaaaaaUL /* not canonical */

static bool faults(u32 msr, u64 value)
{
	return try_wrmsr(msr, value) == VECTOR_GP && fault.error == 0;
}

static bool absent(u32 msr)
{
	u64 value;

	return try_rdmsr(msr, &value) == VECTOR_GP && faults(msr, 0);
}

/* The bits that can be turned over one by one; the MSR is as before then. */
static u64 writable(u32 msr)
{
	u64 before = rdmsr(msr), bits = 0;

	for (unsigned bit = 0; bit < 64; bit++) {
		if (try_wrmsr(msr, before ^ 1UL << bit) != -1)
			continue;
		bits |= (rdmsr(msr) ^ before) & 1UL << bit;
		wrmsr(msr, before);
	}
	return rdmsr(msr) == before ? bits : 0;
}

/* ---- Reserved bits ------------------------------------------------------------------ */

static void test_bits(void)
{
	u64 address = (1UL << (cpuid(0x80000008, 0).eax & 0xff)) - 1, misc = rdmsr(MISC_ENABLE);

	check_equal(writable(EFER), 0x801, "EFER: SCE and NXE, in long mode");
	check_equal(writable(MTRR_DEFAULT) & ~0xffUL, 0xc00, "MTRR default: two enables");
	check_equal(writable(MTRR_BASE0) & ~0xffUL, address & ~0xfffUL, "MTRR base: an address");
	check_equal(writable(MTRR_MASK0), (address & ~0xfffUL) | 0x800, "MTRR mask: and a valid bit");
	check_equal(writable(MISC_ENABLE), 0x400c50009, "MISC_ENABLE: the architectural bits");
	wrmsr(MISC_ENABLE, 0x400c50809);
	check_equal(rdmsr(MISC_ENABLE), (0x400c50809 & ~0x1880UL) | (misc & 0x1880),
		    "all of them, read-only ones left out");
	wrmsr(MISC_ENABLE, misc);
	check_equal(writable(STAR), ~0UL, "STAR: all");
	check_equal(writable(SYSCALL_MASK) & 0xffffffff, 0xffffffff, "SYSCALL_MASK: the lower half");
	check_equal(writable(TSC_AUX), 0xffffffff, "TSC_AUX: the lower half");
}

static void test_types(void)
{
	u64 pat = rdmsr(PAT), fixed = rdmsr(0x26f), standard = rdmsr(MTRR_DEFAULT);
	unsigned wrong_pat = 0, wrong_fixed = 0, wrong_default = 0, wrong_base = 0;

	for (unsigned type = 0; type < 256; type++) {
		bool mtrr = type == 0 || type == 1 || type == 4 || type == 5 || type == 6;
		bool in_pat = mtrr || type == 7;
		unsigned at = 8 * (type % 8);

		wrong_pat += faults(PAT, (pat & ~(0xffUL << at)) | (u64)type << at) == in_pat;
		wrong_fixed += faults(0x26f, (fixed & ~(0xffUL << at)) | (u64)type << at) == mtrr;
		wrong_default += faults(MTRR_DEFAULT, (standard & ~0xffUL) | type) == mtrr;
		wrong_base += faults(MTRR_BASE0, 0xf0000000 | type) == mtrr;
		wrmsr(PAT, pat);
		wrmsr(0x26f, fixed);
		wrmsr(MTRR_DEFAULT, standard);
		wrmsr(MTRR_BASE0, 0);
	}
	check_equal(wrong_pat, 0, "PAT: the types 0, 1, 4 to 7");
	check_equal(wrong_fixed, 0, "fixed MTRR: 0, 1, 4 to 6");
	check_equal(wrong_default, 0, "MTRR default: 0, 1, 4 to 6");
	check_equal(wrong_base, 0, "MTRR base: 0, 1, 4 to 6");
}

static void test_addresses(void)
{
	static const u32 msrs[] = { 0x175,	0x176,	    0xc0000082, 0xc0000083,
				    0xc0000100, 0xc0000101, 0xc0000102 };
	bool canonical = true, not = true;

	for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		u64 before = rdmsr(msrs[i]);

		wrmsr(msrs[i], 0x123456789abc);
		canonical &= rdmsr(msrs[i]) == 0x123456789abc;
		wrmsr(msrs[i], 0xffff800000000000);
		canonical &= rdmsr(msrs[i]) == 0xffff800000000000;
		not &= faults(msrs[i], ODD_BITS) && faults(msrs[i], 0x800000000000) &&
		       faults(msrs[i], 0xffff7fffffffffff);
		not &= rdmsr(msrs[i]) == 0xffff800000000000;
		wrmsr(msrs[i], before);
	}
	check(canonical, "canonical addresses of both halves");
	check(not, "no others");
}

/* ---- MSRs that CPUID tells of --------------------------------------------------------- */

static void goes_with(bool offered, u32 msr, const char *name)
{
	u64 value;

	if (!offered)
		check(absent(msr), name);
	else
		check_equal(try_rdmsr(msr, &value), -1, name);
}

static void test_offered(void)
{
	struct cpuid_regs one = cpuid(1, 0), seven = cpuid(7, 0);
	bool monitoring = cpuid(0, 0).eax >= 0xa && cpuid(0xa, 0).eax & 0xff;
	unsigned banks = (unsigned)rdmsr(MCG_CAP) & 0xff, wrong = 0;

	print("    there, or #GP, as CPUID says\n");
	goes_with(one.ecx >> 5 & 1, 0x480, "VMX_BASIC");
	goes_with(one.ecx >> 5 & 1, 0x3a, "FEATURE_CONTROL");
	goes_with(one.ecx >> 24 & 1, 0x6e0, "TSC_DEADLINE");
	goes_with(one.ecx >> 15 & 1, 0x345, "PERF_CAPABILITIES");
	goes_with(seven.ebx >> 1 & 1, 0x3b, "TSC_ADJUST");
	goes_with(seven.edx >> 26 & 1, 0x48, "SPEC_CTRL");
	goes_with(seven.edx >> 29 & 1, 0x10a, "ARCH_CAPABILITIES");
	goes_with(seven.edx >> 30 & 1, 0xcf, "CORE_CAPABILITIES");
	goes_with(cpuid(0xd, 1).eax >> 3 & 1, 0xda0, "XSS");
	goes_with(seven.ebx >> 14 & 1, 0xd90, "BNDCFGS");
	goes_with(monitoring, 0xc1, "PMC0");
	goes_with(monitoring, 0x186, "PERFEVTSEL0");
	goes_with(monitoring && (cpuid(0xa, 0).eax & 0xff) > 1, 0x38f, "PERF_GLOBAL_CTRL");
	goes_with(rdmsr(MCG_CAP) >> 8 & 1, MCG_CTL, "MCG_CTL");
	for (u32 i = 4 * banks; i < 128; i++)
		wrong += !absent(MC0_CTL + i);
	check_equal(wrong, 0, "no machine-check bank beyond MCG_CAP's number");
	check(faults(MCG_CAP, rdmsr(MCG_CAP)), "MCG_CAP is read-only");
	check(!faults(MCG_STATUS, 0) && faults(MCG_STATUS, 1UL << 40), "MCG_STATUS: reserved bits");
	check(faults(PLATFORM_ID, 0), "PLATFORM_ID is read-only");
	wrmsr(BIOS_SIGN_ID, 0);
	(void)cpuid(1, 0);
	check(rdmsr(BIOS_SIGN_ID) >> 32 && !(u32)rdmsr(BIOS_SIGN_ID), "microcode revision after CPUID");
	for (u32 counter = 0; counter < 4 && !monitoring; counter++) {
		u32 low, high;

		wrong += try("rdpmc", "=a"(low), "=d"(high) : "c"(counter)) != VECTOR_GP;
	}
	check_equal(wrong, 0, "RDPMC without counters");
}

/* ---- The instructions ------------------------------------------------------------------ */

static void read_in_ring_3(void)
{
	asm volatile("rdmsr" : : "c"(TSC) : "rax", "rdx");
	user_end();
}

static void write_in_ring_3(void)
{
	asm volatile("wrmsr" : : "c"(TSC), "a"(0), "d"(0));
	user_end();
}

static void test_instructions(void)
{
	u64 rax = ~0UL, rdx = ~0UL, rcx = 0xdeadbeef00000000UL | PAT, before = rdmsr(PAT);

	asm volatile("rdmsr" : "+a"(rax), "+d"(rdx) : "c"(rcx));
	check(rax == (u32)before && rdx == before >> 32, "RDMSR clears the upper halves, ignores RCX's");
	asm volatile("wrmsr" : : "c"(rcx), "a"(rax | 0x1234UL << 32), "d"(rdx | ~0UL << 32));
	check_equal(rdmsr(PAT), before, "WRMSR: ignores the upper halves");
	rax = 0x1111111111111111UL;
	rdx = 0x2222222222222222UL;
	check_equal(try("rdmsr", "+a"(rax), "+d"(rdx) : "c"(0x12345)), VECTOR_GP, "#GP");
	check(rax == 0x1111111111111111UL && rdx == 0x2222222222222222UL, "leaves the registers");
	user_init();
	check_equal(user_run(read_in_ring_3), VECTOR_GP, "RDMSR in ring 3");
	check_equal(user_run(write_in_ring_3), VECTOR_GP, "WRMSR in ring 3");
}

int guest_main(void)
{
	interrupts_init();
	test_bits();
	test_types();
	test_addresses();
	test_offered();
	test_instructions();
	return check_failures();
}
