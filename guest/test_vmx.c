/* SPDX-License-Identifier: MIT */
/*
 * Instructions that are not offered, as a processor without them answers:
 * VMX and others raise #UD, RDPMC #GP. And some that are taken, quietly.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei7_haswell_4770
 */
#include "guest/guest.h"

static u64 operand[2] __attribute__((aligned(16))) = { 0x400000 };

/* The registers hold what a MONITOR, a GETSEC or an RDPMC would like. */
#define raises(vector, instruction, text)                                                          \
	check(try("lea 2f(%%rip), %%r8\n2:\t" instruction, "=&a"(ignored)                          \
		  : "0"(0), "c"(0), "d"(0), "D"(operand)                                           \
		  : "r8", "memory") == (vector) &&                                                 \
		      fault.error == 0,                                                            \
	      text)

static void test_vmx(void)
{
	u64 ignored;

	raises(VECTOR_UD, "vmclear (%%rdi)", "VMCLEAR");
	raises(VECTOR_UD, "vmlaunch", "VMLAUNCH");
	raises(VECTOR_UD, "vmptrld (%%rdi)", "VMPTRLD");
	raises(VECTOR_UD, "vmptrst (%%rdi)", "VMPTRST");
	raises(VECTOR_UD, "vmread %%rax, (%%rdi)", "VMREAD");
	raises(VECTOR_UD, "vmresume", "VMRESUME");
	raises(VECTOR_UD, "vmwrite (%%rdi), %%rax", "VMWRITE");
	raises(VECTOR_UD, "vmxoff", "VMXOFF");
	raises(VECTOR_UD, "vmxon (%%rdi)", "VMXON");
	raises(VECTOR_UD, "invept (%%rdi), %%rax", "INVEPT");
	raises(VECTOR_UD, "invvpid (%%rdi), %%rax", "INVVPID");
	raises(VECTOR_UD, "vmfunc", "VMFUNC");
	check_equal(operand[0], 0x400000, "VMPTRST and VMREAD wrote nothing");
}

static void test_others(void)
{
	u64 ignored;

	raises(VECTOR_UD, "monitor", "MONITOR");
	raises(VECTOR_UD, "mwait", "MWAIT");
	raises(VECTOR_UD, "rsm", "RSM");
	raises(VECTOR_UD, "getsec", "GETSEC");
	raises(VECTOR_UD, ".byte 0x0f, 0x01, 0xcf", "ENCLS");
	raises(VECTOR_UD, ".byte 0x0f, 0x01, 0xd7", "ENCLU");
	raises(VECTOR_UD, "xsaves (%%rdi)", "XSAVES");
	raises(VECTOR_UD, "xsetbv", "XSETBV without CR4.OSXSAVE");
	raises(VECTOR_UD, "ud2", "UD2");
	raises(VECTOR_GP, "rdpmc", "RDPMC");
}

/* Those of a processor with these features; else #UD. */
static void test_offered(void)
{
	u64 ignored;

	if (cpuid(0x80000001, 0).edx >> 27 & 1)
		raises(-1, "rdtscp", "RDTSCP");
	else
		raises(VECTOR_UD, "rdtscp", "RDTSCP, which is not there");
	if (cpuid(1, 0).ecx >> 30 & 1)
		raises(-1, "rdrand %%rax", "RDRAND");
	if (cpuid(7, 0).ebx >> 18 & 1)
		raises(-1, "rdseed %%rax", "RDSEED");
}

/* Caches are Trivet's business, but memory must not change. */
static void test_skipped(void)
{
	u64 ignored, before;

	operand[1] = 0x123456789abcdef0;
	raises(-1, "wbinvd", "WBINVD");
	raises(-1, "invd", "INVD");
	check_equal(operand[1], 0x123456789abcdef0, "INVD threw nothing away");
	raises(-1, "pause", "PAUSE");
	raises(-1, "clflush (%%rdi)", "CLFLUSH");
	raises(-1, "invlpg (%%rdi)", "INVLPG");
	before = rdtsc();
	raises(-1, "lfence", "LFENCE");
	check(rdtsc() > before, "time goes on");
}

int guest_main(void)
{
	interrupts_init();
	test_vmx();
	test_others();
	test_offered();
	test_skipped();
	return check_failures();
}
