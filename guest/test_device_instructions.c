/* SPDX-License-Identifier: MIT */
/*
 * Instructions where there is no RAM whose faults and branches
 * guest/test_fuzz_devices.c does not make: division, pairs, near CALL and JMP,
 * XLAT, a flush, segments and descriptor tables. Operands are nothing, which
 * reads as ones, or half of them RAM.
 *
 * OPTIONS mem=48M
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define RAM_END (48UL << 20)
#define NOTHING 0xb8000UL
#define HIGH	0xffffffff80000000UL /* once more what is below 1 GiB */

extern const u8 was_called[], was_reached[];
asm("was_called:\n\tmov $0x51, %eax\n\tret\n"
    "was_reached:\n\tmov $0x52, %eax\n\tjmp *%rcx");

static void test_division(void)
{
	u64 quotient = 7, remainder = 0;

	check_equal(try("divl (%2)", "+a"(quotient), "+d"(remainder)
			: "r"(NOTHING)),
		    -1, "DIV by ones");
	check_equal(quotient, 0, "its quotient");
	check_equal(remainder, 7, "its remainder");
	quotient = 100;
	remainder = 0;
	check_equal(try("idivl (%2)", "+a"(quotient), "+d"(remainder)
			: "r"(NOTHING)),
		    -1, "IDIV by -1");
	check_equal(quotient, (u32)-100, "its quotient");
	quotient = 0xffffffff;
	remainder = 0xffffffff;
	check_equal(try("divl (%2)", "+a"(quotient), "+d"(remainder)
			: "r"(NOTHING)),
		    VECTOR_DE, "a quotient that does not fit");
	check_equal(quotient, 0xffffffff, "leaves EAX");
	quotient = 0x80000000;
	check_equal(try("idivl (%2)", "+a"(quotient), "+d"(remainder)
			: "r"(NOTHING)),
		    VECTOR_DE, "the lowest number by -1");
	*(volatile u32 *)(RAM_END - 4) = 0;
	quotient = remainder = 0;
	check_equal(try("divq -4(%2)", "+a"(quotient), "+d"(remainder)
			: "r"(RAM_END)),
		    -1, "DIV, half in RAM");
	check_equal(try("mulq -4(%2)", "+a"(quotient), "+d"(remainder)
			: "r"(RAM_END)),
		    -1, "MUL, half in RAM");
}

static void test_pairs(void)
{
	u64 low = 0, high = 0;
	bool equal;

	check_equal(try("lock cmpxchg16b (%2)", "+a"(low), "+d"(high)
			: "r"(NOTHING), "b"(1), "c"(2)),
		    -1, "CMPXCHG16B");
	check_equal(low & high, ~0UL, "it loads what is there");
	asm volatile("lock cmpxchg16b (%3)"
		     : "+a"(low), "+d"(high), "=@ccz"(equal)
		     : "r"(NOTHING), "b"(1), "c"(2)
		     : "memory");
	check(equal, "CMPXCHG16B of the same");
	check_equal(try("cmpxchg16b 8(%2)", "+a"(low), "+d"(high)
			: "r"(NOTHING), "b"(1), "c"(2)),
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
	asm volatile("lea 1f(%%rip), %%rcx\n\tjmp *-4(%1)\n1:"
		     : "+a"(result)
		     : "r"(RAM_END)
		     : "rcx", "memory");
	check_equal(result, 0x52, "JMP through memory, half in RAM");
	*(volatile u32 *)(RAM_END - 4) = 0;
	check_equal(try("jmp *-6(%0)",
			: "r"(RAM_END)),
		    VECTOR_GP, "JMP to an address that is none");
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
	check_equal(*(volatile u8 *)(RAM_END - 1), ({
		u16 ss;
		asm("mov %%ss, %0" : "=r"(ss));
		ss;
	}),
		    "MOV of a segment register, half in RAM");
}

/* A page of RAM, and behind it the I/O APIC's, whose index register is the selector. */
static void test_far_jump(void)
{
	static u64 table[512] __attribute__((aligned(4096)));
	static u8 page[4096] __attribute__((aligned(4096)));
	const u64 at = 511UL << 21;
	u64 result = 0;

	table[0] = (u64)page | 3;
	table[1] = IOAPIC | 0x1b;
	PAGE_PD[511] = (u64)table | 3;
	*(volatile u32 *)(at + 4096) = 0x18;
	asm volatile("movl $1f, %1\n\tljmpl *%1\n\tud2\n1:\tmov $0x53, %0"
		     : "+r"(result), "=m"(*(volatile u32 *)(at + 4092))
		     :
		     : "memory");
	check_equal(result, 0x53, "far JMP, the selector from a device");
	*(volatile u32 *)(at + 4096) = 0x10;
	check_equal(try("ljmpl *%0", : "m"(*(volatile u32 *)(at + 4092))), VECTOR_GP,
		    "and to a data segment");
	check_equal(fault.error, 0x10, "which is told");
}

/* The I/O APIC's index register is a place of a device for a selector. */
static void test_segments(void)
{
	volatile u32 *selector = (volatile u32 *)IOAPIC;
	u16 segment = 0;

	apic_map();
	*selector = 0x10;
	check_equal(try("mov (%0), %%fs", : "r"(selector)), -1, "MOV to FS");
	asm("mov %%fs, %0" : "=r"(segment));
	check_equal(segment, 0x10, "which has it");
	check_equal(try("mov (%0), %%fs", : "r"(NOTHING)), VECTOR_GP, "of a selector that is none");
	check_equal(fault.error, 0xfffc, "which is told");
	check_equal(try("ltr (%0)", : "r"(NOTHING)), VECTOR_GP, "LTR of one");
	*selector = 0;
	check_equal(try("lldt (%0)", : "r"(selector)), -1, "LLDT of 0");
	asm("sldt %0" : "=r"(segment));
	check_equal(segment, 0, "which LDTR has");
}

struct table {
	u16 limit;
	u64 base;
} __attribute__((packed));

static void test_tables(void)
{
	volatile u16 *limit = (volatile u16 *)(RAM_END - 4);
	struct table before, now;
	u16 status;

	asm volatile("sgdt %0" : "=m"(before));
	limit[0] = 0x1234;
	limit[1] = 0x5678;
	asm volatile("lgdt (%1)\n\tsgdt %0\n\tlgdt %2" : "=m"(now) : "r"(limit), "m"(before));
	check_equal(now.limit, 0x1234, "LGDT, half in RAM: the limit");
	check_equal(now.base, 0xffffffffffff5678, "and the base");
	asm volatile("sgdt -2(%0)" : : "r"(RAM_END) : "memory");
	check_equal(limit[1], before.limit, "SGDT, the limit in RAM");
	asm volatile("smsw %0" : "=r"(status));
	asm volatile("smsw -1(%0)" : : "r"(RAM_END) : "memory");
	check_equal(*(volatile u8 *)(RAM_END - 1), (u8)status, "SMSW, half in RAM");
}

/* Where a processor does not know TZCNT and LZCNT, they are BSF and BSR, which leave this. */
static void test_scans(void)
{
	bool counts = cpuid(7, 0).ebx & 1U << 3; /* BMI1; LZCNT came with it */
	u64 word = 0x123456, low = 0x123456, high = 0x123456;

	apic_map();
	*(volatile u32 *)IOAPIC = 0; /* which it reads as */
	asm volatile("rep bsf (%1), %w0" : "+r"(word) : "r"(IOAPIC));
	check_equal(word, counts ? 0x120010 : 0x123456, "TZCNT of no bit, 16 bits");
	asm volatile("rep bsf (%1), %k0" : "+r"(low) : "r"(IOAPIC));
	check_equal(low, counts ? 32 : 0x123456, "TZCNT of no bit, 32 bits");
	asm volatile("rep bsr (%1), %k0" : "+r"(high) : "r"(IOAPIC));
	check_equal(high, counts ? 32 : 0x123456, "LZCNT of no bit");
}

int guest_main(void)
{
	interrupts_init();
	test_division();
	test_pairs();
	test_branches();
	test_others();
	test_segments();
	test_tables();
	test_far_jump();
	test_scans();
	return check_failures();
}
