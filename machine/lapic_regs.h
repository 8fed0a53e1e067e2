/* SPDX-License-Identifier: MIT */
/*
 * Registers and bits of the local APIC beyond those that the host's own
 * needs (kernel/apic_regs.h).
 * SDM "Local APIC Register Address Map", "Local Vector Table",
 * "Interrupt Command Register (ICR)", "Error Handling".
 */
#pragma once

#include "kernel/apic_regs.h"
#include "lib/bits.h"

#define APIC_APR	 0x090
#define APIC_REMOTE_READ 0x0c0
#define APIC_DFR	 0x0e0
#define APIC_TMR	 0x180 /* eight, 16 bytes apart, as those of ISR and IRR */
#define APIC_IRR	 0x200
#define APIC_ICR_HIGH64	 0x304 /* where the x2APIC's 64-bit ICR has its upper half */

#define APIC_PAGE	   0x1000
#define APIC_REGISTERS	   64 /* 16 bytes apart */
#define APIC_FIRST_VECTOR  16 /* those below are illegal */
#define APIC_BROADCAST	   (~0U)
#define APIC_XAPIC_ALL	   0xffU /* the same in 8 bits */

#define APIC_BASE_BOOTSTRAP BIT(8)
#define APIC_BASE_DEFAULT   0xfee00000UL
#define APIC_BASE_MODE	    (APIC_BASE_ENABLE | APIC_BASE_X2APIC)

#define APIC_SPURIOUS_NO_BROADCAST BIT(12)

/* Version 14H, six local interrupts, the EOI broadcast can be suppressed. */
#define APIC_VERSION_VALUE 0x01050014U

#define APIC_LVT_COUNT	    6
#define APIC_LVT_VECTOR	    BITS(7, 0)
#define APIC_LVT_EXTINT	    (7UL << 8)
#define APIC_LVT_LOW_ACTIVE BIT(13)
#define APIC_LVT_REMOTE_IRR BIT(14)
#define APIC_LVT_LEVEL	    BIT(15)
#define APIC_LVT_TIMER_MODE BITS(18, 17)
#define APIC_LVT_PERIODIC   (1UL << 17)

#define APIC_DFR_CLUSTER_MASK BITS(31, 28) /* all set: flat; none: cluster */

/* Delivery modes, of ICR, LVT and the I/O APIC alike. */
enum apic_delivery {
	APIC_FIXED = 0,
	APIC_LOWEST = 1,
	APIC_SMI = 2,
	APIC_NMI = 4,
	APIC_INIT = 5,
	APIC_STARTUP = 6,
	APIC_EXTINT = 7,
};

#define APIC_ICR_LOGICAL   BIT(11)
#define APIC_ICR_LEVEL	   BIT(15)
#define APIC_ICR_SHORTHAND BITS(19, 18)

enum apic_shorthand { APIC_TO_DESTINATION, APIC_TO_SELF, APIC_TO_ALL, APIC_TO_OTHERS };

#define APIC_ESR_SEND_VECTOR	BIT(5)
#define APIC_ESR_RECEIVE_VECTOR BIT(6)
#define APIC_ESR_ADDRESS	BIT(7)
