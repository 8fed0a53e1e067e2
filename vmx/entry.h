/* SPDX-License-Identifier: MIT */
/*
 * The door between C and the guest. See vmx/entry.S.
 */
#pragma once

#include "kernel/time.h"
#include "vmx/vcpu.h"

/*
 * Enter the guest of the loaded vCPU and return at its next exit, with its
 * registers in v->regs. VMLAUNCH or VMRESUME by v->launched. Interrupts off.
 * Returns the TSC right after the exit.
 */
static __always_inline struct tsc vmx_run(struct vcpu *v)
{
	struct tsc tsc;

	/* Not a C function: it keeps RBX and RBP, no others. */
	asm volatile("call vmx_enter"
		     : "=a"(tsc.low), "=d"(tsc.high)
		     : "b"(v)
		     : "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "memory", "cc");
	return tsc;
}

/* Where exits arrive: the value for VMCS_HOST_RIP; not to be called. */
void vmx_exit(void);

/*
 * Called by vmx_enter() when VMLAUNCH or VMRESUME itself failed, which is a
 * bug of ours: panics with the meaning of the error. `valid`: VMfailValid,
 * so VMCS_INSTRUCTION_ERROR tells why; otherwise there is no current VMCS.
 * `resume`: it was VMRESUME.
 */
_Noreturn void vmx_enter_failed(bool valid, bool resume);
