/* SPDX-License-Identifier: MIT */
/*
 * What CPUID may tell: our hypervisor leaves, nothing that we do not offer,
 * and bits that mirror CR4 and XCR0.
 *
 * EXPECT ^80000008H EBX: 20000000$
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 */
#include "guest/guest.h"

#define CR4_OSXSAVE (1UL << 18)

static bool is_text(struct cpuid_regs r, const char *text)
{
	const u32 words[] = { r.ebx, r.ecx, r.edx };

	for (unsigned i = 0; i < 12; i++)
		if ((char)(words[i / 4] >> 8 * (i % 4)) != text[i])
			return false;
	return true;
}

static void test_hypervisor(void)
{
	struct cpuid_regs r = cpuid(ABI_CPUID_SIGNATURE, 0);
	u64 hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);

	check(cpuid(1, 0).ecx >> 31, "a hypervisor is there");
	check(is_text(r, ABI_SIGNATURE), "it has our name");
	check(r.eax >= ABI_CPUID_TIMING && r.eax < ABI_CPUID_SIGNATURE + 0x100,
	      "its highest leaf includes the timing");
	check_equal(cpuid(ABI_CPUID_VERSION, 0).eax, ABI_VERSION, "version of the ABI");
	check_equal(cpuid(ABI_CPUID_TIMING, 0).eax, hz / 1000, "TSC in kHz, as a hypercall tells");
	check(hz > 1000000 && hz < 20000000000, "the TSC has a credible frequency");
	r = cpuid(0x15, 0);
	check_equal(r.ecx / 1000, cpuid(ABI_CPUID_TIMING, 0).ebx, "the crystal is the APIC timer's");
	check(r.eax && (u64)r.ecx / 1000 * r.ebx < 1UL << 32, "its product in kHz has 32 bits");
	check_equal(r.ecx / 1000 * r.ebx / r.eax, hz / 1000, "TSC in kHz by leaf 15H");
	check_equal(cpuid(0x16, 0).eax, (hz / 1000 + 500) / 1000, "TSC in MHz by leaf 16H");
	r = cpuid(0x40000005, 0);
	check(!(r.eax | r.ebx | r.ecx | r.edx), "a hypervisor leaf that is not used is empty");
}

static void test_hidden(void)
{
	struct cpuid_regs one = cpuid(1, 0), seven = cpuid(7, 0);

	check(!(one.ecx >> 5 & 1), "no VMX");
	check(!(one.ecx >> 6 & 1), "no SMX");
	check(!(one.ecx >> 3 & 1), "no MONITOR");
	check(!(one.ecx >> 15 & 1), "no PDCM");
	check(one.ecx >> 17 & 1 || !(seven.ebx >> 10 & 1), "no INVPCID without PCID");
	check(!(one.edx >> 28 & 1) || (one.ebx >> 16 & 0xff) == 1, "one logical CPU");
	check(!(seven.ebx >> 2 & 1), "no SGX");
	check(!(seven.edx >> 4 & 1), "no FSRM: MISC_ENABLE could contradict it");
}

static void test_offered(void)
{
	struct cpuid_regs one = cpuid(1, 0), extended = cpuid(0x80000001, 0);
	const u32 base = 1U << 0 | 1U << 4 | 1U << 5 | 1U << 6 | 1U << 8 | 1U << 13 | 1U << 15 |
			 1U << 16 | 1U << 24 | 1U << 25 | 1U << 26;

	check_equal(one.edx & base, base, "what every 64-bit CPU has");
	check(extended.edx >> 29 & 1 && extended.edx >> 20 & 1, "long mode and NX");
	check(extended.edx >> 11 & 1, "SYSCALL");
	check_equal(cpuid(0x80000000, 0).eax, 0x80000008, "highest extended leaf");
	check((cpuid(0x80000008, 0).eax & 0xff) >= 36, "width of physical addresses");
	check((cpuid(0x80000008, 0).eax >> 8 & 0xff) == 48, "width of linear addresses");
	/* Bochs predicts no branches; a processor might. */
	print("80000008H EBX: %x\n", (u64)cpuid(0x80000008, 0).ebx);
}

static void test_range(void)
{
	u32 max = cpuid(0, 0).eax;
	struct cpuid_regs last = cpuid(max, 0), beyond = cpuid(max + 1, 0);
	struct cpuid_regs high = cpuid(0x8fffffff, 0);
	u64 upper = 0xffffffff00000001;

	check(last.eax == beyond.eax && last.ebx == beyond.ebx && last.ecx == beyond.ecx &&
		      last.edx == beyond.edx,
	      "beyond the highest basic leaf: the answer of that one");
	check(high.eax == last.eax && high.edx == last.edx, "and so beyond the extended ones");
	asm volatile("cpuid" : "+a"(upper) : : "rbx", "rcx", "rdx");
	check_equal(upper, cpuid(1, 0).eax, "upper half of RAX ignored, and cleared");
}

static void test_xsave(void)
{
	u32 full = cpuid(0xd, 0).ecx;

	if (!(cpuid(1, 0).ecx >> 26 & 1)) {
		check_equal(try("xgetbv", : "c"(0) : "rax", "rdx"), VECTOR_UD, "no XGETBV");
		return;
	}
	check(!(cpuid(1, 0).ecx >> 27 & 1), "OSXSAVE is off with CR4.OSXSAVE off");
	cr4_write(cr4_read() | CR4_OSXSAVE);
	check(cpuid(1, 0).ecx >> 27 & 1, "OSXSAVE is on with it on");
	check_equal(cpuid(0xd, 0).ebx, 576, "XSAVE area with XCR0=1: the legacy part");
	asm volatile("xsetbv" : : "a"(7), "d"(0), "c"(0));
	check_equal(cpuid(0xd, 0).ebx, 576 + 256, "with XCR0=7: and AVX");
	check_equal(cpuid(0xd, 0).ecx, full, "size for all components does not change");
	check(full >= 576 + 256, "which is not less");
	asm volatile("xsetbv" : : "a"(3), "d"(0), "c"(0));
	check_equal(cpuid(0xd, 0).ebx, 576, "with XCR0=3: again without AVX");
	check_equal(cpuid(0xd, 2).ebx, 576, "offset of AVX state");
	check_equal(cpuid(0xd, 2).eax, 256, "size of AVX state");
	check(!(cpuid(0xd, 1).eax & 0xa), "no XSAVEC, no XSAVES");
	cr4_write(cr4_read() & ~CR4_OSXSAVE);
	check(!(cpuid(1, 0).ecx >> 27 & 1), "OSXSAVE is off again");
}

int guest_main(void)
{
	interrupts_init();
	test_hypervisor();
	test_hidden();
	test_offered();
	test_range();
	test_xsave();
	return check_failures();
}
