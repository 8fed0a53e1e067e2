/* SPDX-License-Identifier: MIT */
/*
 * Instructions where there is no RAM whose faults and branches
 * guest/test_fuzz_devices.c does not make: division, pairs, near CALL and JMP,
 * XLAT, a flush. Operands are nothing, which reads as ones, or half of them RAM.
 *
 * OPTIONS mem=48M
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define RAM_END	 (48UL << 20)
#define NOTHING	 0xb8000UL
#define HIGH	 0xffffffff80000000UL /* once more what is below 1 GiB */

extern const u8 was_called[], was_reached[];
asm("was_called:\n\tmov $0x51, %eax\n\tret\n"
    "was_reached:\n\tmov $0x52, %eax\n\tjmp *%rcx");

static void test_division(void)
{
	u64 quotient = 7, remainder = 0;

	check_equal(try("divl (%2)", "+a"(quotient), "+d"(remainder) : "r"(NOTHING)), -1, "DIV by ones");
	check_equal(quotient, 0, "its quotient");
	check_equal(remainder, 7, "its remainder");
	quotient = 100;
	remainder = 0;
	check_equal(try("idivl (%2)", "+a"(quotient), "+d"(remainder) : "r"(NOTHING)), -1, "IDIV by -1");
	check_equal(quotient, (u32)-100, "its quotient");
	quotient = 0xffffffff;
	remainder = 0xffffffff;
	check_equal(try("divl (%2)", "+a"(quotient), "+d"(remainder) : "r"(NOTHING)), VECTOR_DE,
		    "a quotient that does not fit");
	check_equal(quotient, 0xffffffff, "leaves EAX");
	quotient = 0x80000000;
	check_equal(try("idivl (%2)", "+a"(quotient), "+d"(remainder) : "r"(NOTHING)), VECTOR_DE,
		    "the lowest number by -1");
	*(volatile u32 *)(RAM_END - 4) = 0;
	quotient = remainder = 0;
	check_equal(try("divq -4(%2)", "+a"(quotient), "+d"(remainder) : "r"(RAM_END)), -1,
		    "DIV, half in RAM");
	check_equal(try("mulq -4(%2)", "+a"(quotient), "+d"(remainder) : "r"(RAM_END)), -1,
		    "MUL, half in RAM");
}

static void test_pairs(void)
{
	u64 low = 0, high = 0;
	bool equal;

	check_equal(try("lock cmpxchg16b (%2)", "+a"(low), "+d"(high) : "r"(NOTHING), "b"(1), "c"(2)), -1,
		    "CMPXCHG16B");
	check_equal(low & high, ~0UL, "it loads what is there");
	asm volatile("lock cmpxchg16b (%3)"
		     : "+a"(low), "+d"(high), "=@ccz"(equal)
		     : "r"(NOTHING), "b"(1), "c"(2)
		     : "memory");
	check(equal, "CMPXCHG16B of the same");
	check_equal(try("cmpxchg16b 8(%2)", "+a"(low), "+d"(high) : "r"(NOTHING), "b"(1), "c"(2)),
		    VECTOR_GP, "CMPXCHG16B must be aligned");
	*(volatile u32 *)(RAM_END - 4) = 0x1234;
	low = 0x1234;
	high = 0xffffffff;
	asm volatile("lock cmpxchg8b -4(%3)"
		     : "+a"(low), "+d"(high), "=@ccz"(equal)
		     : "r"(RAM_END), "b"(0x5678), "c"(0)
		     : "memory");
	check(equal, "CMPXCHG8B, half in RAM");
	check_equal(*(volatile u32 *)(RAM_END - 4), 0x5678, "which is written");
}

static void test_branches(void)
{
	u64 result = 0;

	PAGE_PML4[511] = PAGE_PML4[0];
	PAGE_PDPT[510] = PAGE_PDPT[0];
	*(volatile u32 *)(RAM_END - 4) = (u32)(HIGH + (u64)was_called);
	asm volatile("call *-4(%1)" : "+a"(result) : "r"(RAM_END) : "memory");
	check_equal(result, 0x51, "CALL through memory, half in RAM");
	*(volatile u32 *)(RAM_END - 4) = (u32)(HIGH + (u64)was_reached);
	asm volatile("lea 1f(%%rip), %%rcx\n\tjmp *-4(%1)\n1:" : "+a"(result) : "r"(RAM_END) : "rcx", "memory");
	check_equal(result, 0x52, "JMP through memory, half in RAM");
	*(volatile u32 *)(RAM_END - 4) = 0;
	check_equal(try("jmp *-6(%0)", : "r"(RAM_END)), VECTOR_GP, "JMP to an address that is none");
	check_equal(try("call *-6(%0)", : "r"(RAM_END)), VECTOR_GP, "CALL of one");
}

static void test_others(void)
{
	u64 value = 0x1180;

	asm volatile("xlatb" : "+a"(value) : "b"(NOTHING));
	check_equal(value, 0x11ff, "XLAT");
	asm volatile("clflush (%0)" : : "r"(NOTHING));
	asm volatile("mov %%cs, (%0)" : : "r"(NOTHING) : "memory");
	asm volatile("mov %%ss, (%0)" : : "r"(RAM_END - 1) : "memory");
	check_equal(*(volatile u8 *)(RAM_END - 1), ({ u16 ss; asm("mov %%ss, %0" : "=r"(ss)); ss; }),
		    "MOV of a segment register, half in RAM");
}

int guest_main(void)
{
	interrupts_init();
	test_division();
	test_pairs();
	test_branches();
	test_others();
	return check_failures();
}
