/* SPDX-License-Identifier: MIT */
/*
 * The one function that moves RIP over an instruction, and alone knows
 * what else that means: the shadow of STI and MOV SS ends, and a guest that
 * single-steps itself gets its debug exception afterwards.
 * SDM "Masking Interrupts When Executing Instructions That Load SS",
 * "Guest Non-Register State" (pending debug exceptions).
 */
#pragma once

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

/*
 * An instruction, or an iteration of a repeated string instruction, has
 * ended: what follows from that, apart from RIP.
 */
static __always_inline void step_iteration(struct vcpu *v, u64 rflags)
{
	u64 blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (unlikely(blocking & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   blocking & ~(INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS));
	if (unlikely(rflags & RFLAGS_TF)) {
		vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
		vcpu_attend(v, ATTENTION_STEP);
	}
}

static __always_inline void step_over(struct vcpu *v)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP);
	u64 length = vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);

	/*
	 * RIP is not cut to 32 bits outside of 64-bit mode: an instruction that
	 * ends beyond the limit would have faulted before it exited.
	 */
	vmcs_write(VMCS_GUEST_RIP, rip + length);
	step_iteration(v, vmcs_read(VMCS_GUEST_RFLAGS));
}
