/* SPDX-License-Identifier: MIT */
/*
 * EPT violations on one page again and again: a register in memory (the
 * I/O APIC's) that is polled.
 *
 * EXPECT ^hint: vm=vm0 vcpu=0 page 0xfec00000: 15\d\d EPT violations: .*#hint-ept$
 * EXPECT ^run: outcome=clean
 * REJECT #hint-(exits|msr|cr|cpuid)
 */
#include "guest/guest.h"

#define IOAPIC	     0xfec00000UL
#define LARGE_DEVICE 0x9bUL /* a large page, not cached */

int guest_main(void)
{
	static u64 directory[512] __attribute__((aligned(4096)));

	directory[IOAPIC >> 21 & 511] = (IOAPIC & ~0x1fffffUL) | LARGE_DEVICE;
	PAGE_PDPT[3] = (u64)directory | 3;
	for (unsigned i = 0; i < 1500; i++)
		(void)*(volatile u32 *)IOAPIC;
	return 0;
}
