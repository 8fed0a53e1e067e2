/* SPDX-License-Identifier: MIT */
/*
 * PCIDs: when CR4.PCIDE may be set, translations that stay with their PCID
 * over a MOV to CR3, and INVPCID, each also where CPUID does not offer it.
 * SDM "Process-Context Identifiers (PCIDs)".
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT ^run: outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei7_haswell_4770
 * MODEL corei7_sandy_bridge_2600k
 * MODEL corei5_arrandale_m520
 */
#include "guest/guest.h"

#define CR4_PCIDE 0x20000UL
#define CR4_PGE	  0x80UL
#define NO_FLUSH  (1UL << 63)

#define PAGE_P	0x3UL  /* present, writable */
#define PAGE_PS 0x83UL /* and large */
#define PAGE_G	0x100UL
#define PROBE	0x3000000UL /* a page of 2 MiB whose translation changes */
#define FIRST	0x2000000UL
#define SECOND	0x2200000UL

static volatile u64 *const probe = (volatile u64 *)PROBE;
static u64 root;

enum { ADDRESS, CONTEXT, ALL_GLOBAL, ALL };

static int invpcid(u64 type, u64 pcid, u64 address)
{
	struct {
		u64 pcid, address;
	} operand = {pcid, address};

	return try("invpcid %0, %1", : "m"(operand), "r"(type) : "memory");
}

static void map(u64 page, u64 flags)
{
	PAGE_PD[PROBE >> 21] = page | PAGE_PS | flags;
}

static void load(u64 pcid, u64 flags)
{
	asm volatile("mov %0, %%cr3" : : "r"(root | pcid | flags) : "memory");
}

/* What the probe reads when its translation in the tables says `after`, and one may be cached for
 * `before`. */
static u64 stale(u64 before, u64 after)
{
	map(before, 0);
	asm volatile("invlpg (%0)" : : "r"(PROBE) : "memory");
	(void)*probe;
	map(after, 0);
	return *probe;
}

static void test_enabling(void)
{
	u64 cr4 = cr4_read();

	asm volatile("mov %0, %%cr3" : : "r"(root | 0x18) : "memory");
	check_equal(try("mov %0, %%cr4",
			: "r"(cr4 | CR4_PCIDE)),
		    VECTOR_GP, "PCIDE: not while CR3 has low bits");
	load(0, 0);
	check_equal(try("mov %0, %%cr3",
			: "r"(root | NO_FLUSH)),
		    VECTOR_GP, "CR3 bit 63: not before PCIDE");
	check_equal(try("mov %0, %%cr4", : "r"(cr4 | CR4_PCIDE)), -1, "PCIDE");
	check_equal(cr4_read(), cr4 | CR4_PCIDE, "reads back");
	check_equal(try("mov %0, %%cr3",
			: "r"(root | 5 | NO_FLUSH)),
		    -1, "CR3 with a PCID and bit 63");
	check_equal(cr3_read(), root | 5, "bit 63 is not kept");
	check_equal(try("mov %0, %%cr0",
			: "r"(cr0_read() & ~0x80000000UL)),
		    VECTOR_GP, "paging stays on");
	check_equal(try("mov %0, %%cr4", : "r"(cr4)), -1, "PCIDE may go off with a PCID in CR3");
	load(0, 0);
	asm volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_PCIDE) : "memory");
}

/*
 * Whether a translation is cached is the processor's choice, so both values are
 * right where one may be; that none is used after it had to go is what is checked.
 */
static void test_tags(void)
{
	u64 value;

	load(1, 0);
	value = stale(FIRST, SECOND);
	check(value == 1 || value == 2, "a change in the tables may be seen late");
	load(2, NO_FLUSH);
	check_equal(*probe, 2, "another PCID has no such translation");
	load(1, NO_FLUSH);
	value = *probe;
	check(value == 1 || value == 2, "the first may still have it");
	load(1, 0);
	check_equal(*probe, 2, "without bit 63 its translations go");
	(void)stale(FIRST, SECOND);
	(void)cpuid(0, 0); /* exits */
	load(1, 0);
	check_equal(*probe, 2, "also across exits");
}

static void test_invpcid(void)
{
	load(1, 0);
	(void)stale(FIRST, SECOND);
	load(2, NO_FLUSH);
	check_equal(invpcid(ADDRESS, 1, PROBE), -1, "INVPCID of an address");
	load(1, NO_FLUSH);
	check_equal(*probe, 2, "it is gone from that PCID");
	(void)stale(FIRST, SECOND);
	check_equal(invpcid(CONTEXT, 1, 0), -1, "INVPCID of a PCID");
	check_equal(*probe, 2, "all of it is gone");
	(void)stale(FIRST, SECOND);
	check_equal(invpcid(ALL, 0, 0), -1, "INVPCID of all but global ones");
	check_equal(*probe, 2, "gone");
	asm volatile("mov %0, %%cr4" : : "r"(cr4_read() | CR4_PGE) : "memory");
	map(FIRST, PAGE_G);
	(void)*probe;
	map(SECOND, PAGE_G);
	check_equal(invpcid(ALL_GLOBAL, 0, 0), -1, "INVPCID of all");
	check_equal(*probe, 2, "global ones, too");
	check_equal(invpcid(4, 0, 0), VECTOR_GP, "a type that does not exist");
	check_equal(invpcid(ADDRESS, 0x1000, 0), VECTOR_GP, "a PCID that is too large");
	check_equal(invpcid(ADDRESS, 0, 1UL << 47), VECTOR_GP, "an address that is not canonical");
}

int guest_main(void)
{
	bool offered = cpuid(1, 0).ecx >> 17 & 1;

	interrupts_init();
	root = cr3_read() & ~0xfffUL;
	*(volatile u64 *)FIRST = 1;
	*(volatile u64 *)SECOND = 2;
	check(offered || !(cpuid(7, 0).ebx >> 10 & 1), "no INVPCID without PCID");
	if (offered) {
		test_enabling();
		test_tags();
	} else {
		check_equal(try("mov %0, %%cr4",
				: "r"(cr4_read() | CR4_PCIDE)),
			    VECTOR_GP, "PCIDE, which is not offered");
	}
	if (cpuid(7, 0).ebx >> 10 & 1)
		test_invpcid();
	else
		check_equal(invpcid(ALL, 0, 0), VECTOR_UD, "INVPCID, which is not offered");
	return check_failures();
}
