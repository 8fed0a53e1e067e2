/* SPDX-License-Identifier: MIT */
/*
 * The door between C and the guest. See vmx/entry.S.
 */
#pragma once

#include "vmx/vcpu.h"

/*
 * Enter the guest of the loaded vCPU and return at its next exit, with its
 * registers in v->regs. VMLAUNCH or VMRESUME by v->launched. Interrupts off.
 */
void vmx_enter(struct vcpu *v);

/* Where exits arrive: the value for VMCS_HOST_RIP; not to be called. */
void vmx_exit(void);

/*
 * Called by vmx_enter() when VMLAUNCH or VMRESUME itself failed, which is a
 * bug of ours: panics with the meaning of the error. `valid`: VMfailValid,
 * so VMCS_INSTRUCTION_ERROR tells why; otherwise there is no current VMCS.
 */
_Noreturn void vmx_enter_failed(bool valid);
