/* SPDX-License-Identifier: MIT */
/*
 * The loaded guest's debug registers: DR0-DR3 and DR6 are in the processor, as
 * the host uses none; DR7 is in the VMCS. SDM "Debug Registers".
 */
#pragma once

#include "kernel/asm.h"
#include "vmx/instructions.h"

/* DR0-DR3, DR6 or DR7. The vCPU must be loaded. */
static inline u64 guest_dr(unsigned dr)
{
	switch (dr) {
	case 0:
		return dr0_read();
	case 1:
		return dr1_read();
	case 2:
		return dr2_read();
	case 3:
		return dr3_read();
	case 6:
		return dr6_read();
	}
	return vmcs_read(VMCS_GUEST_DR7);
}
