/* SPDX-License-Identifier: MIT */
#include "machine/tsc.h"

#include "kernel/time.h"
#include "vmx/instructions.h"

u64 tsc_guest(const struct vcpu *v)
{
	(void)v;
	return time_tsc() + vmcs_read(VMCS_TSC_OFFSET);
}

void tsc_set_guest(struct vcpu *v, u64 value)
{
	(void)v;
	vmcs_write(VMCS_TSC_OFFSET, value - time_tsc());
}

void tsc_move(struct vcpu *v, u64 ticks)
{
	(void)v;
	vmcs_write(VMCS_TSC_OFFSET, vmcs_read(VMCS_TSC_OFFSET) + ticks);
}

void tsc_skip(struct vcpu *v, u64 ticks)
{
	tsc_move(v, 0 - ticks);
}
