/* SPDX-License-Identifier: MIT */
/*
 * The chipset's PAM registers: RAM behind a PC's ROMs is hidden, shown and
 * protected, for data and for code. A guest that was loaded finds it open, and
 * has no ROM there.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT vm: name=\S+ .*absent_memory_reads=[1-9]
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define PAM3 0x8000005c /* and PAM4 in byte 1: D8000H is its lower half */
#define ALL  0x33333333

enum { READ = 1, WRITE = 2 };

static volatile u32 *const memory = (u32 *)0xd8000;
static volatile u32 *const next = (u32 *)0xdc000;

/* RE and WE of 16K at D8000H. */
static void allow(unsigned access)
{
	outl(0xcf8, PAM3);
	outl(0xcfc, (ALL & ~0x00000300) | access << 8);
}

static void test_data(void)
{
	*memory = 0x11111111;
	*next = 0x22222222;
	check_equal(*memory, 0x11111111, "it is RAM");

	allow(READ);
	*memory = 0x33333333;
	check_equal(*memory, 0x11111111, "protected RAM is read, and swallows writes");
	asm volatile("lock incl %0" : "+m"(*memory));
	check_equal(*memory, 0x11111111, "of instructions that do both, too");

	allow(0);
	check_equal(*memory, 0xffffffff, "hidden RAM reads as nothing");
	*memory = 0x44444444;
	check_equal(memory[0xfff], 0xffffffff, "up to the end of its 16K");
	check_equal(*next, 0x22222222, "but not farther");

	allow(WRITE);
	*memory = 0x55555555;
	check_equal(*memory, 0xffffffff, "RAM that is only written is not read");
	allow(READ | WRITE);
	check_equal(*memory, 0x55555555, "but keeps what was written");
	check_equal(memory[1], 0, "and nothing else");
	*memory = 0x66666666;
	check_equal(*memory, 0x66666666, "it is RAM again");
}

static u64 call(void)
{
	u64 result;

	asm volatile("call *%1" : "=a"(result) : "r"(memory) : "memory");
	return result;
}

/* mov $number, %eax; ret */
static void test_code(void)
{
	volatile u8 *code = (volatile u8 *)memory;

	*code = 0xb8;
	*(volatile u32 *)(code + 1) = 7;
	code[5] = 0xc3;
	check_equal(call(), 7, "code in RAM");
	allow(READ);
	code[1] = 8;
	check_equal(call(), 7, "code in protected RAM");
	allow(READ | WRITE);
	code[1] = 9;
	check_equal(call(), 9, "code that was changed");
}

/* A string that begins in RAM and ends in what swallows writes. */
static void test_strings(void)
{
	static const u8 from[32] = { [15] = 0xa5, [16] = 0x5a };
	volatile u8 *edge = (volatile u8 *)memory;
	const void *source = from;
	volatile void *to = edge - 16;
	u64 count = sizeof(from);

	edge[-1] = edge[0] = 1;
	allow(READ);
	asm volatile("rep movsb" : "+S"(source), "+D"(to), "+c"(count) : : "memory");
	check_equal(edge[-1], 0xa5, "the part of a string before it");
	check_equal(edge[0], 1, "the part in it");
	allow(READ | WRITE);
}

int guest_main(void)
{
	outl(0xcf8, PAM3);
	check_equal(inl(0xcfc), ALL, "PAM3 to PAM6, as firmware leaves them");
	test_data();
	test_code();
	test_strings();
	return check_failures();
}
