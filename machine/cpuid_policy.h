/* SPDX-License-Identifier: MIT */
/*
 * Which of the host's features a guest may see: a list of what is allowed,
 * so that what no one has thought of is hidden. Pure.
 */
#pragma once

#include "lib/types.h"

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/*
 * Bits of a feature register that a guest may see when the host has them,
 * given the XCR0 bits it may set. 0 for registers that hold no features.
 */
u32 cpuid_allowed(u32 leaf, u32 subleaf, enum cpuid_register reg, u64 xcr0);

/* XCR0 bits offered of those the host has: whole groups only. */
u64 cpuid_xcr0(u64 host);

/* Bits of the feature registers, named where code asks for them. */
#define CPUID1_ECX_PCID       (1U << 17)
#define CPUID1_ECX_X2APIC     (1U << 21)
#define CPUID1_ECX_DEADLINE   (1U << 24)
#define CPUID1_ECX_XSAVE      (1U << 26)
#define CPUID1_ECX_OSXSAVE    (1U << 27)
#define CPUID1_ECX_AVX	      (1U << 28)
#define CPUID1_ECX_HYPERVISOR (1U << 31)
#define CPUID1_EDX_VME	      (1U << 1)
#define CPUID1_EDX_DE	      (1U << 2)
#define CPUID1_EDX_PSE	      (1U << 3)
#define CPUID1_EDX_TSC	      (1U << 4)
#define CPUID1_EDX_PAE	      (1U << 6)
#define CPUID1_EDX_MCE	      (1U << 7)
#define CPUID1_EDX_APIC	      (1U << 9)
#define CPUID1_EDX_PGE	      (1U << 13)
#define CPUID1_EDX_FXSR	      (1U << 24)
#define CPUID1_EDX_SSE	      (1U << 25)
#define CPUID6_EAX_ARAT	      (1U << 2)
#define CPUID7_EBX_FSGSBASE   (1U << 0)
#define CPUID7_EBX_TSC_ADJUST (1U << 1)
#define CPUID7_EBX_SMEP	      (1U << 7)
#define CPUID7_EBX_INVPCID    (1U << 10)
#define CPUID7_EBX_SMAP	      (1U << 20)
#define CPUID7_ECX_UMIP	      (1U << 2)
#define CPUID7_ECX_RDPID      (1U << 22)
#define CPUIDE8_EBX_BTC_NO    (1U << 29)
#define CPUIDE1_EDX_SYSCALL   (1U << 11)
#define CPUIDE1_EDX_NX	      (1U << 20)
#define CPUIDE1_EDX_RDTSCP    (1U << 27)
#define CPUIDE1_EDX_LM	      (1U << 29)
