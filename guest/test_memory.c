/* SPDX-License-Identifier: MIT */
/*
 * RAM: all of it is there, empty at first, and where its end should be. Behind
 * it there is nothing, as in a PC: ones; and code there stops the guest.
 *
 * OPTIONS mem=48M
 * EXPECT memory: vm0: vcpu=0 read of gpa=0x3000000 rip=0x[0-9a-f]+: nothing is there
 * EXPECT memory: vm0: vcpu=0 write to gpa=0xa0000 rip=
 * EXPECT checks: \d+, failed: 0
 * EXPECT memory: now behind the end
 * EXPECT access to memory that is not there: guest-physical address 0x3000000
 * EXPECT rip=[0-9a-f]+ rsp=
 * EXPECT vm: name=\S+ ram=49152K
 * EXPECT memory: owner="vcpu" now=0K
 * EXPECT memory: owner="ept" now=0K
 * EXPECT memory: owner="vm" now=0K
 * EXPECT memory: owner="guest" now=0K
 * EXPECT ^run: outcome=guest-fault reason=".*memory that is not there
 * REJECT FAIL
 * REJECT still here
 * STATUS 1
 */
#include "guest/guest.h"

#define MIB	  0x100000UL
#define RAM_END	  (48 * MIB)
#define VGA_HOLE  0xa0000UL
#define FIRMWARE  0x9fc00UL /* from here on, and from TABLES on, it has left something */
#define ROM_START 0xc0000UL
#define TABLES	  0xe0000UL
#define OURS_END  0x91000UL /* blob, tables and stack of this guest */

#define EPT_VIOLATION 48

static u16 cmos(u8 low)
{
	u16 value;

	outb(0x70, low);
	value = inb(0x71);
	outb(0x70, low + 1);
	return (u16)(value | inb(0x71) << 8);
}

/* Is it all zeros? Trivet must not show us what was in its memory before. */
static bool is_empty(u64 from, u64 to)
{
	u64 words = (to - from) / 8, flags;

	asm volatile("repe scasq\n\tpushfq\n\tpop %0" : "=r"(flags), "+D"(from), "+c"(words)
		     : "a"(0) : "memory", "cc");
	return !words && flags & 0x40;
}

static void test_empty(void)
{
	check(is_empty(OURS_END, FIRMWARE), "empty up to the extended BIOS data area");
	check(is_empty(ROM_START, TABLES), "empty where a PC has its cards' ROMs");
	check(is_empty(MIB, RAM_END), "empty up to the end");
}

static void test_places(void)
{
	const u64 places[] = { OURS_END, VGA_HOLE - 8, ROM_START,	 MIB - 8,
			       MIB,	 2 * MIB - 8,  2 * MIB,		 16 * MIB - 8,
			       16 * MIB, 31 * MIB,     RAM_END - 4096, RAM_END - 8 };
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		*(volatile u64 *)places[i] = ~places[i];
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		wrong += *(volatile u64 *)places[i] != ~places[i];
	check_equal(wrong, 0, "each place keeps its own value");
}

static void test_mapped(void)
{
	u64 before = exits(EPT_VIOLATION);

	(void)is_empty(MIB, RAM_END);
	check_equal(exits(EPT_VIOLATION), before, "memory that was used once does not exit again");
	check(before < 48 * 1024 / 4 / 8, "and came in pieces larger than 4K");
}

/* The last of it crosses from RAM into nothing. */
static void test_nothing(void)
{
	volatile u64 *end = (volatile u64 *)RAM_END, *hole = (volatile u64 *)VGA_HOLE;

	check_equal(*end, ~0UL, "ones behind the end");
	*hole = 0x1234;
	check_equal(*hole, ~0UL, "ones where a PC has its screen");
	check_equal(*(volatile u8 *)0x3ffffff0, 0xff, "ones far behind the end");
	*(u32 *)(RAM_END - 4) = 0x11223344;
	check_equal(*(volatile u64 *)(RAM_END - 4), 0xffffffff11223344, "half RAM, half nothing");
}

int guest_main(void)
{
	check_equal(cmos(0x34), (RAM_END - 16 * MIB) / 65536, "CMOS: memory above 16M");
	check_equal(cmos(0x30), 47 * 1024, "CMOS: memory above 1M in KiB");
	test_empty();
	test_places();
	test_mapped();
	test_nothing();
	(void)check_failures();
	print("memory: now behind the end\n");
	((void (*)(void))RAM_END)();
	print("still here\n");
	return check_failures();
}
