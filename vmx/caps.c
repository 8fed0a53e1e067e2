/* SPDX-License-Identifier: MIT */
#include "vmx/caps.h"

#include "lib/x86.h"
#include "vmx/controls.h"

static u64 read_or_zero(caps_rdmsr_fn read, u32 msr)
{
	u64 value;

	return read(msr, &value) ? 0 : value;
}

static struct vmx_allowed allowed(caps_rdmsr_fn read, u32 msr)
{
	u64 value = read_or_zero(read, msr);

	return (struct vmx_allowed){ (u32)value, (u32)(value >> 32) };
}

void caps_read(struct vmx_caps *caps, bool vmx, caps_rdmsr_fn read)
{
	bool exact;

	*caps = (struct vmx_caps){ .vmx = vmx };
	if (!vmx)
		return;
	caps->feature_control = read_or_zero(read, MSR_FEATURE_CONTROL);
	caps->basic = read_or_zero(read, MSR_VMX_BASIC);
	exact = caps->basic & BASIC_TRUE_CONTROLS;
	caps->pin = allowed(read, exact ? MSR_VMX_TRUE_PINBASED_CTLS : MSR_VMX_PINBASED_CTLS);
	caps->proc = allowed(read, exact ? MSR_VMX_TRUE_PROCBASED_CTLS : MSR_VMX_PROCBASED_CTLS);
	caps->exit = allowed(read, exact ? MSR_VMX_TRUE_EXIT_CTLS : MSR_VMX_EXIT_CTLS);
	caps->entry = allowed(read, exact ? MSR_VMX_TRUE_ENTRY_CTLS : MSR_VMX_ENTRY_CTLS);
	caps->misc = read_or_zero(read, MSR_VMX_MISC);
	caps->cr0_fixed0 = read_or_zero(read, MSR_VMX_CR0_FIXED0);
	caps->cr0_fixed1 = read_or_zero(read, MSR_VMX_CR0_FIXED1);
	caps->cr4_fixed0 = read_or_zero(read, MSR_VMX_CR4_FIXED0);
	caps->cr4_fixed1 = read_or_zero(read, MSR_VMX_CR4_FIXED1);
	if (caps->proc.may_be_one & PROC_SECONDARY)
		caps->proc2 = allowed(read, MSR_VMX_PROCBASED_CTLS2);
	if (caps->proc2.may_be_one & (PROC2_EPT | PROC2_VPID))
		caps->ept_vpid = read_or_zero(read, MSR_VMX_EPT_VPID_CAP);
	if (caps->proc2.may_be_one & PROC2_VMFUNC)
		caps->vmfunc = read_or_zero(read, MSR_VMX_VMFUNC);
	if (caps->proc.may_be_one & PROC_TERTIARY)
		caps->proc3 = read_or_zero(read, MSR_VMX_PROCBASED_CTLS3);
	if (caps->exit.may_be_one & EXITCTL_SECONDARY)
		caps->exit2 = read_or_zero(read, MSR_VMX_EXIT_CTLS2);
}

const struct vmx_allowed *caps_allowed(const struct vmx_caps *caps, enum control_word word)
{
	switch (word) {
	case CONTROL_PIN:
		return &caps->pin;
	case CONTROL_PROC:
		return &caps->proc;
	case CONTROL_PROC2:
		return &caps->proc2;
	case CONTROL_EXIT:
		return &caps->exit;
	default:
		return &caps->entry;
	}
}
