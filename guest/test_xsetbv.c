/* SPDX-License-Identifier: MIT */
/*
 * XCR0: what XSETBV takes and what it refuses with #GP.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei7_haswell_4770
 */
#include "guest/guest.h"

#define CR4_OSXSAVE (1UL << 18)
#define CR4_OSFXSR  (1UL << 9)

#define X87    0x1
#define SSE    0x2
#define AVX    0x4
#define MPX    0x18
#define AVX512 0xe0
#define PKRU   0x200

static u64 xgetbv(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (u64)high << 32 | low;
}

static int xsetbv(u32 index, u64 value)
{
	return try("xsetbv", : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)));
}

static void test_legal(u64 value, const char *text)
{
	check(xsetbv(0, value) == -1 && xgetbv() == value, text);
}

static void test_illegal(u64 value, const char *text)
{
	u64 old = xgetbv();

	check(xsetbv(0, value) == VECTOR_GP && fault.error == 0 && xgetbv() == old, text);
}

int guest_main(void)
{
	u64 offered;

	interrupts_init();
	check_equal(xsetbv(0, X87), VECTOR_UD, "#UD while CR4.OSXSAVE is off");
	cr4_write(cr4_read() | CR4_OSXSAVE | CR4_OSFXSR);
	check_equal(xgetbv(), X87, "XCR0 after reset");
	offered = cpuid(0xd, 0).eax | (u64)cpuid(0xd, 0).edx << 32;
	check_equal(offered & (X87 | SSE | AVX), X87 | SSE | AVX, "x87, SSE and AVX are offered");

	test_legal(X87 | SSE, "x87 and SSE");
	check_equal(try("vxorps %%ymm0, %%ymm0, %%ymm0"), VECTOR_UD, "no AVX without its bit");
	test_legal(X87 | SSE | AVX, "and AVX");
	check_equal(try("vxorps %%ymm0, %%ymm0, %%ymm0"), -1, "AVX is there with its bit");
	test_legal(X87, "x87 alone");
	test_legal(offered, "all that is offered");
	(void)cpuid(0, 0);
	check_equal(xgetbv(), offered, "XCR0 over an exit");

	test_illegal(0, "nothing");
	test_illegal(SSE, "no x87");
	test_illegal(X87 | AVX, "AVX without SSE");
	test_illegal(X87 | SSE | AVX512, "AVX-512 without AVX");
	test_illegal(X87 | SSE | AVX | 0x20, "a part of AVX-512");
	test_illegal(X87 | SSE | AVX | MPX, "MPX");
	test_illegal(X87 | SSE | AVX | PKRU, "PKRU");
	test_illegal(offered | 1UL << 62, "a reserved bit");
	test_illegal(offered | 1UL << 63, "bit 63");
	if ((offered & AVX512) != AVX512)
		test_illegal(X87 | SSE | AVX | AVX512, "AVX-512 where it is not offered");
	check_equal(xsetbv(1, offered), VECTOR_GP, "another register than XCR0");
	check_equal(xsetbv(0xffffffff, offered), VECTOR_GP, "one far beyond");
	return check_failures();
}
