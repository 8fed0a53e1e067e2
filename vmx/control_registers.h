/* SPDX-License-Identifier: MIT */
/*
 * The guest's CR0, CR4, EFER and XCR0 by the architecture's rules: which
 * values raise #GP, and what a legal change means for the VMCS. The rules
 * are pure functions on a small struct. SDM "Control Registers", "IA32_EFER MSR".
 */
#pragma once

#include "lib/types.h"

struct vcpu;

/* What the rules depend on. */
struct control_state {
	u64 cr0, cr4, efer; /* as the guest sees them */
	bool cs_l;	    /* CS.L; while EFER.LMA: in 64-bit code */
	bool tss_16;	    /* TR holds a TSS of 16 bits */
	u64 cr3_pcid;	    /* CR3[11:0] */
};

/* May the guest go from `s` to this value? If not: #GP(0). */
bool cr0_legal(const struct control_state *s, u64 value);
bool cr4_legal(const struct control_state *s, u64 value, u64 allowed);
bool efer_legal(const struct control_state *s, u64 value, u64 allowed);
bool xcr0_legal(u64 value, u64 allowed);

void control_state_read(struct vcpu *v, struct control_state *s);

/* CR0 and CR4 as the guest reads them. */
u64 guest_cr0(const struct vcpu *v);
u64 guest_cr4(const struct vcpu *v);

/* CR8 is the upper half of TPR. */
u64 guest_cr8(const struct vcpu *v);
void guest_set_cr8(struct vcpu *v, u64 value);

/* Set without a check: reset and loaders. Keeps EFER.LMA and the entry controls in step. */
void guest_set_cr0(struct vcpu *v, u64 value);
void guest_set_cr4(struct vcpu *v, u64 value);
void guest_set_efer(struct vcpu *v, u64 value);
