/* SPDX-License-Identifier: MIT */
/*
 * The door between C and the guest. See vmx/entry.S.
 */
#pragma once

#include "vmx/vcpu.h"

enum entry_result {
	ENTRY_DONE,	    /* the guest ran; an exit came */
	ENTRY_FAIL_INVALID, /* VMfailInvalid: no current VMCS */
	ENTRY_FAIL_VALID,   /* VMfailValid: VMCS_INSTRUCTION_ERROR tells why */
};

/*
 * Enter the guest of the loaded vCPU and return at its next exit, with its
 * registers in v->regs. VMLAUNCH or VMRESUME by v->launched. Interrupts off.
 */
enum entry_result vmx_enter(struct vcpu *v);

/* Where exits arrive: the value for VMCS_HOST_RIP; not to be called. */
void vmx_exit(void);
