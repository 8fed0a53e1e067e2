/* SPDX-License-Identifier: MIT */
/*
 * The one function that moves RIP over an instruction, and alone knows
 * what else that means: the shadow of STI and MOV SS ends, so does RF, and
 * a guest that single-steps itself gets its debug exception afterwards.
 * SDM "Masking Interrupts When Executing Instructions That Load SS",
 * "Instruction-Breakpoint Exception Condition" (RF), "Single-Step Exception Condition".
 */
#pragma once

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

static __always_inline void step_end_shadow(void)
{
	u64 blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (unlikely(blocking & INTERRUPTIBILITY_SHADOW))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~INTERRUPTIBILITY_SHADOW);
}

/*
 * An iteration of a repeated string instruction has ended, and RIP stays:
 * what follows from that. RF holds until the last one.
 */
static __always_inline void step_iteration(struct vcpu *v, u64 rflags)
{
	step_end_shadow();
	if (unlikely(rflags & RFLAGS_TF))
		event_single_step(v);
}

/* For who has read RIP and the length already. */
static __always_inline void step_from(struct vcpu *v, u64 rip, u32 length)
{
	u64 rflags;

	rip += length;
	/* Over the end of 4 GiB: outside of 64-bit code EIP wraps around. */
	if (unlikely((u32)rip < length) && !vcpu_in_64bit_code(v))
		rip = (u32)rip;
	vmcs_write(VMCS_GUEST_RIP, rip);
	step_end_shadow();
	rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	if (unlikely(rflags & (RFLAGS_TF | RFLAGS_RF))) {
		vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~RFLAGS_RF);
		if (rflags & RFLAGS_TF)
			event_single_step(v);
	}
}

static __always_inline void step_over(struct vcpu *v)
{
	u32 length = (u32)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);

	step_from(v, vmcs_read(VMCS_GUEST_RIP), length);
}
