/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a guest: built once per vCPU from what the host's tells
 * and the policy in cpuid_policy.c, into arrays that the exit path indexes.
 * SDM "CPUID-CPU Identification".
 */
#pragma once

#include "kernel/asm.h"
#include "lib/types.h"
#include "vmx/vcpu.h"

#define CPUID_BASIC_LEAVES 0x20
#define CPUID_HYPERVISOR   0x40000000U
#define CPUID_HYPERVISOR_LEAVES 0x11
#define CPUID_EXTENDED	   0x80000000U
#define CPUID_EXTENDED_LEAVES 9
#define CPUID_SUBLEAVES	   64

struct cpuid_subleaf {
	u32 leaf, subleaf;
	struct cpuid_regs answer;
};

struct cpuid_table {
	u32 slow; /* bit n: basic leaf n cannot be answered by basic[n] alone */
	u32 max_basic, max_extended;
	struct cpuid_regs basic[CPUID_BASIC_LEAVES];
	struct cpuid_regs hypervisor[CPUID_HYPERVISOR_LEAVES];
	struct cpuid_regs extended[CPUID_EXTENDED_LEAVES];
	struct cpuid_subleaf subleaves[CPUID_SUBLEAVES];
	unsigned subleaf_count;

	/* What follows for control registers. For struct vcpu_config. */
	u64 cr4_allowed, xcr0_allowed, efer_allowed;
};

struct cpuid_source {
	struct cpuid_regs (*read)(u32 leaf, u32 subleaf); /* the host's CPUID */
	bool rdtscp, invpcid; /* the controls that enable them are on */
	u32 tsc_khz;
	u32 apic_id;
	bool interpreted; /* by an emulator, instruction by instruction: nothing is predicted */
};

/* The host's own CPUID instruction, for cpuid_source.read. */
struct cpuid_regs cpuid_host(u32 leaf, u32 subleaf);

/* Fill a table. Boot time. */
void cpuid_build(struct cpuid_table *table, const struct cpuid_source *source);

/* CR4 or XCR0 is new: answers that mirror them follow. */
void cpuid_update(struct cpuid_table *table, u64 cr4, u64 xcr0);

/* The local APIC is switched on or off: leaf 1 tells. */
void cpuid_update_apic(struct cpuid_table *table, bool enabled);

/* The answer to any leaf. */
struct cpuid_regs cpuid_lookup(const struct cpuid_table *table, u32 leaf, u32 subleaf);

/* vcpu_ops.cpuid: RAX and RCX in; RAX, RBX, RCX, RDX out. */
enum verdict cpuid_answer(struct vcpu *v);
