/* SPDX-License-Identifier: MIT */
/*
 * MSRs: those that are there and keep their rules, and #GP for all others.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define TSC		  0x10
#define APIC_BASE	  0x1b
#define FEATURE_CONTROL	  0x3a
#define TSC_ADJUST	  0x3b
#define SPEC_CTRL	  0x48
#define PRED_CMD	  0x49
#define PLATFORM_INFO	  0xce
#define MTRRCAP		  0xfe
#define ARCH_CAPABILITIES 0x10a
#define FLUSH_CMD	  0x10b
#define SYSENTER_CS	  0x174
#define SYSENTER_ESP	  0x175
#define SYSENTER_EIP	  0x176
#define MISC_ENABLE	  0x1a0
#define DEBUGCTL	  0x1d9
#define MTRR_BASE0	  0x200
#define MTRR_MASK0	  0x201
#define MTRR_FIXED_64K	  0x250
#define PAT		  0x277
#define MTRR_DEF_TYPE	  0x2ff
#define VMX_BASIC	  0x480
#define EFER		  0xc0000080
#define STAR		  0xc0000081
#define LSTAR		  0xc0000082
#define CSTAR		  0xc0000083
#define SYSCALL_MASK	  0xc0000084
#define FS_BASE		  0xc0000100
#define GS_BASE		  0xc0000101
#define KERNEL_GS_BASE	  0xc0000102
#define TSC_AUX		  0xc0000103

#define EFER_SCE 0x1
#define EFER_LME 0x100
#define EFER_LMA 0x400
#define EFER_NXE 0x800

#define DR7_GD 0x2400UL /* general detect, and the bit that is always set */

#define NON_CANONICAL 0x0000800000000000

static bool refused(u32 msr)
{
	u64 value;

	return try_rdmsr(msr, &value) == VECTOR_GP && fault.error == 0 &&
	       try_wrmsr(msr, 0) == VECTOR_GP && fault.error == 0;
}

/* Read: that is refused. Written with a command: not. */
static bool commands(u32 msr)
{
	u64 value;

	return try_rdmsr(msr, &value) == VECTOR_GP && try_wrmsr(msr, 1) == -1 &&
	       try_wrmsr(msr, 1UL << 63) == VECTOR_GP;
}

static bool keeps(u32 msr, u64 value)
{
	u64 before = rdmsr(msr), after;

	if (try_wrmsr(msr, value) != -1)
		return false;
	after = rdmsr(msr);
	wrmsr(msr, before);
	return after == value && rdmsr(msr) == before;
}

static void test_absent(void)
{
	check(refused(0x1234), "an MSR that does not exist");
	check(refused(0x2000), "the first beyond the bitmap's low half");
	check(refused(0xbfffffff), "just below the high half");
	check(refused(0xc0002000), "just above the high half");
	check(refused(0xffffffff), "the highest number");
	check(refused(0x40000000), "a number of another hypervisor's");
	check(refused(FEATURE_CONTROL), "IA32_FEATURE_CONTROL");
	check(refused(VMX_BASIC), "IA32_VMX_BASIC");
	check(refused(VMX_BASIC + 0x11), "the last of the VMX capability MSRs");
	check(refused(0x802), "x2APIC ID");
	check(refused(0x830), "x2APIC ICR");
	check(refused(0xda0), "IA32_XSS");
	check(refused(0x38f), "IA32_PERF_GLOBAL_CTRL");
	check(refused(0x79), "microcode update, for reading and writing");
}

static void test_segments(void)
{
	u64 value;

	check(keeps(FS_BASE, 0xffff800012345678), "FS.base");
	check(keeps(GS_BASE, 0x123456789abc), "GS.base");
	check(keeps(KERNEL_GS_BASE, 0xffffffffdeadbeef), "KERNEL_GS_BASE");
	check_equal(try_wrmsr(FS_BASE, NON_CANONICAL), VECTOR_GP, "FS.base must be canonical");
	check_equal(try_wrmsr(KERNEL_GS_BASE, NON_CANONICAL), VECTOR_GP, "KERNEL_GS_BASE, too");
	wrmsr(GS_BASE, 0x1000);
	wrmsr(KERNEL_GS_BASE, 0x2000);
	asm volatile("swapgs" : : : "memory");
	check(rdmsr(GS_BASE) == 0x2000 && rdmsr(KERNEL_GS_BASE) == 0x1000, "SWAPGS swaps them");
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	check_equal(value, PAGE_PDPT[0], "the new base is used");
}

static void test_calls(void)
{
	check(keeps(SYSENTER_CS, 0x18), "SYSENTER_CS");
	check(keeps(SYSENTER_ESP, 0xffff800000001000), "SYSENTER_ESP");
	check(keeps(SYSENTER_EIP, 0x7fffffffffff), "SYSENTER_EIP");
	check_equal(try_wrmsr(SYSENTER_EIP, NON_CANONICAL), VECTOR_GP, "must be canonical");
	check(keeps(STAR, 0x0023001800000000), "STAR");
	check(keeps(LSTAR, 0xffffffff81000000), "LSTAR");
	check(keeps(CSTAR, 0x1000), "CSTAR");
	check_equal(try_wrmsr(LSTAR, NON_CANONICAL), VECTOR_GP, "LSTAR must be canonical");
	check(keeps(SYSCALL_MASK, 0x47700), "SYSCALL_MASK");
	if (cpuid(0x80000001, 0).edx >> 27 & 1)
		check(keeps(TSC_AUX, 0x1234), "TSC_AUX");
}

static void test_efer(void)
{
	u64 efer = rdmsr(EFER);

	check_equal(efer, EFER_LME | EFER_LMA, "EFER: in long mode");
	wrmsr(EFER, efer | EFER_SCE | EFER_NXE);
	check_equal(rdmsr(EFER), efer | EFER_SCE | EFER_NXE, "SCE and NXE can be set");
	wrmsr(EFER, efer);
	check_equal(rdmsr(EFER), efer, "and cleared");
	check_equal(try_wrmsr(EFER, efer & ~EFER_LME), VECTOR_GP, "LME stays while paging is on");
	check_equal(try_wrmsr(EFER, efer | 1UL << 1), VECTOR_GP, "a reserved bit");
	check_equal(try_wrmsr(EFER, efer | 1UL << 12), VECTOR_GP, "SVME");
	check_equal(try_wrmsr(EFER, efer | 1UL << 63), VECTOR_GP, "a reserved high bit");
	check_equal(rdmsr(EFER), efer, "nothing has changed");
}

static void test_memory_types(void)
{
	u64 cap = rdmsr(MTRRCAP);

	check_equal(rdmsr(PAT), 0x0007040600070406, "PAT after reset");
	check(keeps(PAT, 0x0001050600070406), "PAT");
	check_equal(try_wrmsr(PAT, 2), VECTOR_GP, "PAT: a type that is reserved");
	check((cap & 0xff) >= 8 && cap & 1 << 8, "MTRRs: eight pairs, and the fixed ones");
	check_equal(try_wrmsr(MTRRCAP, cap), VECTOR_GP, "MTRRCAP is read-only");
	check(rdmsr(MTRR_DEF_TYPE) & 1 << 11, "MTRRs are on");
	check(keeps(MTRR_DEF_TYPE, 0xc06), "MTRR_DEF_TYPE");
	check_equal(try_wrmsr(MTRR_DEF_TYPE, 0xc02), VECTOR_GP, "MTRR_DEF_TYPE: reserved type");
	check_equal(try_wrmsr(MTRR_DEF_TYPE, 0x1c06), VECTOR_GP, "MTRR_DEF_TYPE: reserved bit");
	check(keeps(MTRR_BASE0, 0xc0000000), "MTRR_PHYSBASE0");
	check(keeps(MTRR_MASK0, 0xfc0000800), "MTRR_PHYSMASK0");
	check_equal(try_wrmsr(MTRR_BASE0, 0xc0000002), VECTOR_GP, "PHYSBASE: reserved type");
	check_equal(try_wrmsr(MTRR_MASK0, 1UL << 63), VECTOR_GP, "PHYSMASK: too wide");
	check(keeps(MTRR_FIXED_64K, 0x0606060606060606), "a fixed MTRR");
	check_equal(try_wrmsr(MTRR_FIXED_64K, 0x0602060606060606), VECTOR_GP, "a reserved type");
	check(refused(MTRR_BASE0 + 2 * (cap & 0xff)), "no MTRR beyond the last pair");
}

static void test_time(void)
{
	u64 before = rdtsc(), read = rdmsr(TSC);

	check(read >= before && read <= rdtsc(), "IA32_TIME_STAMP_COUNTER is what RDTSC reads");
	wrmsr(TSC, 1UL << 40);
	check(rdtsc() >> 20 == 1UL << 20, "it can be set");
	before = rdtsc();
	wrmsr(TSC_ADJUST, rdmsr(TSC_ADJUST) + (1UL << 41));
	check((rdtsc() - before) >> 20 == 1UL << 21, "IA32_TSC_ADJUST adds to it");
}

static void test_system(void)
{
	u64 misc = rdmsr(MISC_ENABLE), apic = rdmsr(APIC_BASE);

	check(keeps(MISC_ENABLE, misc | 1), "MISC_ENABLE: fast strings can be turned on");
	check(!(misc >> 18 & 1), "MISC_ENABLE: no MONITOR");
	check(keeps(MISC_ENABLE, misc & ~1UL), "MISC_ENABLE: they can be turned off");
	check_equal(try_wrmsr(MISC_ENABLE, misc | 1UL << 50), VECTOR_GP, "MISC_ENABLE: reserved");
	check(rdmsr(PLATFORM_INFO) >> 40 == rdmsr(PLATFORM_INFO) >> 8,
	      "PLATFORM_INFO: one ratio, nothing else");
	check(apic & 1 << 8, "APIC_BASE: the bootstrap processor");
	check_equal(try_wrmsr(APIC_BASE, apic | 1), VECTOR_GP, "APIC_BASE: a reserved bit");
}

/* Each is there if CPUID says so, and only then; Bochs' processors have none. */
static void test_speculation(void)
{
	u32 told = cpuid(7, 0).edx;
	u64 value;

	if (told >> 26 & 1)
		check(keeps(SPEC_CTRL, 1), "SPEC_CTRL: IBRS");
	else if (!(told >> 27 & 1 || told >> 31 & 1))
		check(refused(SPEC_CTRL), "SPEC_CTRL, of which CPUID does not tell");
	check(told >> 26 & 1 ? commands(PRED_CMD) : refused(PRED_CMD), "PRED_CMD as CPUID tells");
	check(told >> 28 & 1 ? commands(FLUSH_CMD) : refused(FLUSH_CMD),
	      "FLUSH_CMD as CPUID tells");
	check_equal(try_rdmsr(ARCH_CAPABILITIES, &value), told >> 29 & 1 ? -1 : VECTOR_GP,
		    "ARCH_CAPABILITIES as CPUID tells");
	check_equal(try_wrmsr(ARCH_CAPABILITIES, 0), VECTOR_GP, "ARCH_CAPABILITIES is read-only");
}

static void test_debugctl(void)
{
	u64 value;

	check_equal(rdmsr(DEBUGCTL), 0, "DEBUGCTL");
	check(keeps(DEBUGCTL, 2), "DEBUGCTL: BTF");
	check(keeps(DEBUGCTL, 1), "DEBUGCTL: LBR");
	check_equal(try_wrmsr(DEBUGCTL, 1 << 6), VECTOR_GP, "DEBUGCTL: no branch trace messages");
	check_equal(try_wrmsr(DEBUGCTL, 1 << 7), VECTOR_GP, "DEBUGCTL: no branch trace store");
	check_equal(try_wrmsr(DEBUGCTL, 1UL << 32), VECTOR_GP, "DEBUGCTL: a reserved bit");
	wrmsr(DEBUGCTL, 2);
	asm volatile("mov %0, %%dr7" : : "r"(DR7_GD));
	check_equal(try("mov %%dr0, %0", "=r"(value)), VECTOR_DB, "a debug exception");
	check_equal(rdmsr(DEBUGCTL), 0, "DEBUGCTL: it has switched BTF off");
}

int guest_main(void)
{
	interrupts_init();
	test_absent();
	test_segments();
	test_calls();
	test_efer();
	test_memory_types();
	test_time();
	test_system();
	test_speculation();
	test_debugctl();
	return check_failures();
}
