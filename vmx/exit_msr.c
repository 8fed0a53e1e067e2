/* SPDX-License-Identifier: MIT */
/*
 * RDMSR, WRMSR, XSETBV, RDTSC, RDTSCP. MSRs that the VMCS or the switch
 * code keeps are answered here when their bitmap bits make them exit; the
 * rest is the machine's policy.
 */
#include "vmx/exits.h"

#include "kernel/asm.h"
#include "kernel/time.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/controls.h"
#include "vmx/instructions.h"

static void set_edx_eax(struct vcpu *v, u64 value)
{
	v->regs.rax = (u32)value;
	v->regs.rdx = value >> 32;
}

static u64 edx_eax(const struct vcpu *v)
{
	return v->regs.rdx << 32 | (u32)v->regs.rax;
}

enum verdict exit_rdmsr(struct vcpu *v)
{
	u32 msr = (u32)v->regs.rcx;
	u64 value;

	if (msr == MSR_EFER)
		value = vmcs_read(VMCS_GUEST_EFER);
	else if (msr == MSR_DEBUGCTL)
		value = vmcs_read(VMCS_GUEST_DEBUGCTL);
	else if (v->ops->msr_read(v, msr, &value))
		return exit_protected(v);
	set_edx_eax(v, value);
	return NEXT;
}

static enum verdict write_efer(struct vcpu *v, u64 value)
{
	struct control_state s;

	control_state_read(v, &s);
	if (!efer_legal(&s, value, v->efer_allowed))
		return exit_protected(v);
	guest_set_efer(v, value);
	/* With NXE the meaning of bit 63 in cached translations changes. */
	if ((value ^ s.efer) & EFER_NXE && v->vpid)
		vcpu_flush(v);
	return NEXT;
}

/*
 * Single steps from branch to branch, and the recording of branches, which
 * nobody can read: its MSRs are not offered. Traces that the processor would
 * write to memory of the host's choice are not either.
 */
static enum verdict write_debugctl(struct vcpu *v, u64 value)
{
	if (value & ~(DEBUGCTL_LBR | DEBUGCTL_BTF))
		return exit_protected(v);
	vmcs_write(VMCS_GUEST_DEBUGCTL, value);
	return NEXT;
}

enum verdict exit_wrmsr(struct vcpu *v)
{
	u32 msr = (u32)v->regs.rcx;

	if (msr == MSR_EFER)
		return write_efer(v, edx_eax(v));
	if (msr == MSR_DEBUGCTL)
		return write_debugctl(v, edx_eax(v));
	if (v->ops->msr_write(v, msr, edx_eax(v)))
		return exit_protected(v);
	return NEXT;
}

enum verdict exit_xsetbv(struct vcpu *v)
{
	u64 value = edx_eax(v);

	if ((u32)v->regs.rcx != 0 || vcpu_cpl(v) || !xcr0_legal(value, v->xcr0_allowed)) {
		exit_refused(v, REFUSED_XCR0, value);
		return exit_protected(v);
	}
	v->xcr0 = value;
	xcr0_write(value); /* the host uses no extended state: the guest's stays loaded */
	v->ops->state_changed(v);
	return NEXT;
}

static u64 guest_tsc(void)
{
	return time_tsc() + vmcs_read(VMCS_TSC_OFFSET);
}

enum verdict exit_rdtsc(struct vcpu *v)
{
	set_edx_eax(v, guest_tsc());
	return NEXT;
}

enum verdict exit_rdtscp(struct vcpu *v)
{
	set_edx_eax(v, guest_tsc());
	v->regs.rcx = (u32)rdmsr(MSR_TSC_AUX); /* the guest's, while it is loaded */
	return NEXT;
}
