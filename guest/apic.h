/* SPDX-License-Identifier: MIT */
/* The local APIC and the I/O APIC, for guests that test them. */
#pragma once

#include "guest/guest.h"

#define LAPIC  0xfee00000UL
#define IOAPIC 0xfec00000UL

#define MSR_APIC_BASE	 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC	 0x800
#define BASE_X2APIC	 (1UL << 10)
#define BASE_ENABLE	 (1UL << 11)

#define APIC_ID	      0x020
#define APIC_VERSION  0x030
#define APIC_TPR      0x080
#define APIC_PPR      0x0a0
#define APIC_EOI      0x0b0
#define APIC_LDR      0x0d0
#define APIC_SPURIOUS 0x0f0
#define APIC_ISR      0x100
#define APIC_TMR      0x180
#define APIC_IRR      0x200
#define APIC_ESR      0x280
#define APIC_ICR      0x300
#define APIC_TIMER    0x320
#define APIC_LINT0    0x350
#define APIC_LINT1    0x360
#define APIC_ERROR    0x370
#define APIC_INITIAL  0x380
#define APIC_CURRENT  0x390
#define APIC_DIVIDE   0x3e0
#define APIC_SELF     0x3f0
#define TO_SELF	      (1U << 18)
#define MASKED	      (1U << 16)
#define PERIODIC      (1U << 17)
#define DEADLINE      (2U << 17)

/* Their 2M pages, uncached, behind start.S's first GiB. */
static inline void apic_map(void)
{
	static u64 directory[512] __attribute__((aligned(4096)));
	const u64 flags = 0x9b;

	directory[LAPIC >> 21 & 511] = (LAPIC & ~0x1fffffUL) | flags;
	directory[IOAPIC >> 21 & 511] = (IOAPIC & ~0x1fffffUL) | flags;
	PAGE_PDPT[3] = (u64)directory | 3;
}

static inline u32 apic_read(u32 offset)
{
	return *(volatile u32 *)(LAPIC + offset);
}

static inline void apic_write(u32 offset, u32 value)
{
	*(volatile u32 *)(LAPIC + offset) = value;
}

static inline bool apic_bit(u32 set, u8 vector)
{
	return apic_read(set + vector / 32 * 16) >> vector % 32 & 1;
}

static inline u32 ioapic_read(u32 reg)
{
	*(volatile u32 *)IOAPIC = reg;
	return *(volatile u32 *)(IOAPIC + 0x10);
}

static inline void ioapic_write(u32 reg, u32 value)
{
	*(volatile u32 *)IOAPIC = reg;
	*(volatile u32 *)(IOAPIC + 0x10) = value;
}

/* One instruction after STI interrupts are open. */
static inline void open_interrupts(void)
{
	asm volatile("sti; nop; cli" : : : "memory");
}

/* Within so many parts of a thousand? */
static inline void check_near(u64 value, u64 wanted, unsigned permille, const char *text)
{
	u64 off = value > wanted ? value - wanted : wanted - value;

	check(off * 1000 <= wanted * permille, text);
	print("      is %u, should be %u\n", value, wanted);
}
