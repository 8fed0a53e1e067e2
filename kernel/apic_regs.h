/* SPDX-License-Identifier: MIT */
/*
 * Registers of the local APIC, by their offset in the xAPIC's page; the
 * x2APIC's MSR of the same register is MSR_X2APIC_BASE + offset / 16.
 * SDM "Local APIC Register Address Map", "Local Vector Table".
 */
#pragma once

#define APIC_ID		   0x020
#define APIC_VERSION	   0x030
#define APIC_TPR	   0x080
#define APIC_PPR	   0x0a0
#define APIC_EOI	   0x0b0
#define APIC_LDR	   0x0d0
#define APIC_SPURIOUS	   0x0f0
#define APIC_ISR	   0x100 /* eight, 16 bytes apart */
#define APIC_ESR	   0x280
#define APIC_LVT_CMCI	   0x2f0
#define APIC_ICR	   0x300 /* one 64-bit register in the x2APIC */
#define APIC_ICR_HIGH	   0x310 /* xAPIC only */
#define APIC_LVT_TIMER	   0x320
#define APIC_LVT_THERMAL   0x330
#define APIC_LVT_PERF	   0x340
#define APIC_LVT_LINT0	   0x350
#define APIC_LVT_LINT1	   0x360
#define APIC_LVT_ERROR	   0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0
#define APIC_SELF_IPI	   0x3f0 /* x2APIC only */

#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)

#define APIC_SPURIOUS_ENABLE BIT(8)

#define APIC_LVT_DELIVERY BITS(10, 8)
#define APIC_LVT_SMI	  (2UL << 8)
#define APIC_LVT_NMI	  (4UL << 8)
#define APIC_LVT_MASKED	  BIT(16)
#define APIC_LVT_DEADLINE (2UL << 17) /* timer mode; 0 = one-shot */

#define APIC_DIVIDE_BY_1 0xb

#define APIC_ICR_NMI	  (4UL << 8)
#define APIC_ICR_INIT	  (5UL << 8)
#define APIC_ICR_STARTUP  (6UL << 8)
#define APIC_ICR_PENDING  BIT(12) /* xAPIC only */
#define APIC_ICR_ASSERT	  BIT(14)
