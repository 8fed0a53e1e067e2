/* SPDX-License-Identifier: MIT */
/*
 * Starting a guest as a boot loader would: in flat 32-bit protected mode, or
 * in 64-bit mode. The real-mode start is vcpu_set_real_mode_entry().
 */
#pragma once

#include "vmx/vcpu.h"

/* The descriptors of entry_state.gdt; the first two are null. */
#define ENTRY_CS       0x10
#define ENTRY_DS       0x18
#define ENTRY_GDT_SIZE 32

/* What a program finds; all other registers are zero, interrupts off. */
struct entry_state {
	u64 rip, rax, rbx, rsi;
	gpa_t gdt; /* ENTRY_GDT_SIZE bytes of entry_gdt_32 or entry_gdt_64 */
	gpa_t cr3; /* 64-bit mode only: page tables that map `rip` */
};

/* What must lie at entry_state.gdt: the segment registers have been loaded from it. */
extern const u64 entry_gdt_32[ENTRY_GDT_SIZE / 8];
extern const u64 entry_gdt_64[ENTRY_GDT_SIZE / 8];

/*
 * Put a vCPU fresh from reset into that state; it must be loaded. IDTR has
 * limit 0: an exception before the guest has its own IDT is a triple fault.
 */
void vcpu_set_protected_mode_entry(struct vcpu *v, const struct entry_state *s);
void vcpu_set_long_mode_entry(struct vcpu *v, const struct entry_state *s);
