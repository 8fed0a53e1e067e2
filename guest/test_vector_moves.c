/* SPDX-License-Identifier: MIT */
/*
 * Moves of vector registers where there is no RAM, as kernels make that clear
 * or scroll a screen by memset() and memcpy(): every register, half in RAM and
 * half in nothing, so that both sides can be seen.
 *
 * OPTIONS mem=48M
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define RAM_END	 (48UL << 20)
#define VGA_TEXT 0xb8000UL

#define CR0_MP	    0x2UL
#define CR0_EM	    0x4UL
#define CR4_OSFXSR  (1UL << 9)
#define CR4_OSXSAVE (1UL << 18)
#define XCR0_ALL    7 /* x87, SSE, AVX */

static u64 pattern(unsigned reg, unsigned word)
{
	return 0x0101010101010101UL * (16 * word + reg);
}

static u64 source[4] __attribute__((aligned(32))), result[4] __attribute__((aligned(32)));

static void fill(unsigned reg)
{
	for (unsigned w = 0; w < 4; w++)
		source[w] = pattern(reg, w);
}

/* The register was stored with all but its first word behind the end of RAM. */
static void expect_stored(unsigned reg)
{
	check_equal(*(volatile u64 *)(RAM_END - 8), pattern(reg, 0), "stored across the end of RAM");
}

/* YMM after a load of 128 bits from there: a word of RAM, then ones. */
static void expect_loaded(unsigned reg, bool clears)
{
	check_equal(result[0], pattern(reg, 0), "AVX: a word of RAM");
	check_equal(result[1], ~0UL, "AVX: ones behind it");
	check_equal(result[2], clears ? 0 : pattern(reg, 2), "above 128 bits");
	check_equal(result[3], clears ? 0 : pattern(reg, 3), "above 128 bits");
}

/* %0: a word of RAM, then nothing; %1: nothing; %2: source; %3: result. */
#define MOVE(insn, from, to) \
	asm volatile(insn " " from ", " to : \
		     : "r"(RAM_END - 8), "r"(VGA_TEXT), "r"(source), "r"(result) : "memory")

#define TEST_XMM(n) \
	fill(n); \
	MOVE("movups", "(%2)", "%%xmm" #n); \
	MOVE("movups", "%%xmm" #n, "(%0)"); \
	MOVE("movaps", "%%xmm" #n, "(%1)"); \
	expect_stored(n); \
	MOVE("movdqu", "(%0)", "%%xmm" #n); \
	MOVE("movups", "%%xmm" #n, "(%3)"); \
	check_equal(result[0], pattern(n, 0), "XMM: a word of RAM"); \
	check_equal(result[1], ~0UL, "XMM: ones behind it"); \
	MOVE("movss", "(%1)", "%%xmm" #n); \
	MOVE("movups", "%%xmm" #n, "(%3)"); \
	check_equal(result[0], 0xffffffff, "MOVSS loads"); \
	check_equal(result[1], 0, "MOVSS clears the rest");

#define TEST_YMM(n) \
	fill(n); \
	MOVE("vmovups", "(%2)", "%%ymm" #n); \
	MOVE("vmovups", "%%ymm" #n, "(%0)"); \
	MOVE("vmovntdq", "%%ymm" #n, "(%1)"); \
	expect_stored(n); \
	MOVE("movups", "(%0)", "%%xmm" #n); \
	MOVE("vmovups", "%%ymm" #n, "(%3)"); \
	expect_loaded(n, false); \
	MOVE("vmovdqu", "(%0)", "%%xmm" #n); \
	MOVE("vmovups", "%%ymm" #n, "(%3)"); \
	expect_loaded(n, true); \
	MOVE("vmovdqu", "(%0)", "%%ymm" #n); \
	MOVE("vmovups", "%%ymm" #n, "(%3)"); \
	check_equal(result[2], ~0UL, "ones in the upper half"); \
	check_equal(result[3], ~0UL, "ones in the upper half");

#define TEST_MMX(n) \
	fill(n); \
	MOVE("movq", "(%2)", "%%mm" #n); \
	MOVE("movq", "%%mm" #n, "4(%0)"); \
	check_equal(*(volatile u32 *)(RAM_END - 4), (u32)pattern(n, 0), "MMX stored"); \
	MOVE("movq", "4(%0)", "%%mm" #n); \
	MOVE("movntq", "%%mm" #n, "(%3)"); \
	check_equal(result[0], 0xffffffff00000000 | (u32)pattern(n, 0), "MMX loaded");

#define EACH_OF_8(a)  a(0) a(1) a(2) a(3) a(4) a(5) a(6) a(7)
#define EACH_OF_16(a) EACH_OF_8(a) a(8) a(9) a(10) a(11) a(12) a(13) a(14) a(15)

static void test_sse(void)
{
	EACH_OF_16(TEST_XMM)
	MOVE("movhps", "(%1)", "%%xmm3");
	MOVE("movups", "%%xmm3", "(%3)");
	check_equal(result[0], 0xffffffff, "MOVHPS leaves the lower half");
	check_equal(result[1], ~0UL, "MOVHPS loads the upper half");
}

static void test_avx(void)
{
	EACH_OF_16(TEST_YMM)
}

static void test_mmx(void)
{
	asm volatile("fninit");
	EACH_OF_8(TEST_MMX)
	asm volatile("emms");
}

int guest_main(void)
{
	cr0_write((cr0_read() & ~CR0_EM) | CR0_MP);
	cr4_write(cr4_read() | CR4_OSFXSR);
	test_sse();
	test_mmx();
	if (cpuid(1, 0).ecx >> 28 & 1) {
		cr4_write(cr4_read() | CR4_OSXSAVE);
		asm volatile("xsetbv" : : "a"(XCR0_ALL), "d"(0), "c"(0));
		test_avx();
	}
	return check_failures();
}
