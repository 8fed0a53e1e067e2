/* SPDX-License-Identifier: MIT */
/*
 * The MSRs that a guest finds, beyond those that the VMCS or vmx/switch.c
 * keep. All others do not exist: #GP, and one line in the log per number.
 * SDM volume 4, "Model-Specific Registers (MSRs)".
 */
#pragma once

#include "lib/bits.h"
#include "machine/msr_refused.h"
#include "machine/mtrr.h"

struct vcpu;

struct msr_state {
	struct mtrr mtrr;
	u64 misc_enable;
	u64 arch_capabilities;
	u64 tsc_adjust;
	bool apic_moved; /* its relocation has been told */
	struct msr_refused refused; /* what the log has told about */
};

/* As firmware leaves them. */
void msr_reset(struct msr_state *m, unsigned physical_bits);

/* vcpu_ops.msr_read and msr_write: 0 or -ERR_...: #GP(0). */
int msr_read(struct vcpu *v, u32 msr, u64 *value);
int msr_write(struct vcpu *v, u32 msr, u64 value);
