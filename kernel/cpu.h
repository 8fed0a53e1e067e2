/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU data, reached through GS. Everything the exit path needs hangs
 * off here or off the vCPU; there are no hidden globals.
 */
#pragma once

#include "kernel/asm.h"
#include "kernel/descriptors.h"
#include "lib/types.h"

#define CPU_MAX 64

struct vcpu;

/* SDM "Task-State Segment (TSS) in 64-bit Mode" */
struct cpu_tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

/* A stack grows from top (exclusive) down to base. */
struct cpu_stack {
	u64 base, top;
};

/* Stacks of a CPU: 0 is the one it runs on, the others go by IST number. */
#define CPU_STACK_MAIN 0
#define CPU_STACKS     (IST_MAX + 1)

struct cpu {
	struct cpu *self; /* at gs:0 */
	unsigned index;	  /* 0 = boot CPU */
	u32 apic_id;

	struct cpu_stack stacks[CPU_STACKS];
	struct cpu_tss tss;
	u64 gdt[8]; /* null, code64, data, -, -, TSS (2), - ; see kernel/descriptors.h */

	/* VMX: see vmx/vmx.h */
	bool vmx_on;
	hpa_t vmxon_region;
	struct vcpu *current_vcpu; /* whose VMCS and FPU state are loaded */
};

/* The CPU we run on. Valid after cpu_init_this(). */
static __always_inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	asm("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/*
 * Stop this CPU for good, without a word: another one is telling the story.
 * (power_halt() is for the CPU that ends the run.)
 */
static __always_inline _Noreturn void cpu_stop(void)
{
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

/* True once GS points to a struct cpu: early log lines and panics ask. */
extern bool cpu_ready;

/* The boot CPU; until it is given better ones, its IST stacks have no guard pages. */
extern struct cpu boot_cpu;

/*
 * Load GDT, TSS (with IST stacks), IDT and GS for this CPU; enable NXE, WP,
 * and SMEP/SMAP/UMIP where present, machine checks, and the FPU state
 * instructions (the host itself uses none). Called once on each CPU, boot
 * CPU first, after cpu_features_read() and traps_init(). For an AP the
 * caller has set index and stacks.
 */
void cpu_init_this(struct cpu *cpu);

/* Use `stack` (a number below CPU_STACKS, not the main one) from the next exception on. */
void cpu_set_ist_stack(struct cpu *cpu, unsigned ist, struct cpu_stack stack);

/* Feature bits that matter more than once, read once at boot. */
struct cpu_features {
	u32 max_leaf, max_extended_leaf;
	char vendor[13];
	char brand[49];
	u32 family, model, stepping;
	u8 physical_bits, linear_bits;
	bool intel;
	bool vmx, svm;
	bool hypervisor;	  /* CPUID.1:ECX[31] */
	char hypervisor_name[13]; /* of leaf 4000_0000H, when hypervisor */
	bool nx, page_1g, pcid, apic, x2apic, tsc_deadline, invariant_tsc;
	bool smep, smap, umip, fsgsbase, xsave, xsaves, rdtscp;
	bool spec_ctrl, pred_cmd, flush_cmd, arch_capabilities; /* the MSRs of these names */
};
extern struct cpu_features cpu_features;
void cpu_features_read(void);
