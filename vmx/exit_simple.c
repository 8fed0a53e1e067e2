/* SPDX-License-Identifier: MIT */
/*
 * Exits whose handling is a line or two.
 */
#include "vmx/exits.h"
#include "vmx/instructions.h"

#include "lib/x86.h"

enum verdict exit_cpuid(struct vcpu *v)
{
	return v->ops->cpuid(v);
}

enum verdict exit_vmcall(struct vcpu *v)
{
	return v->ops->hypercall(v);
}

enum verdict exit_hlt(struct vcpu *v)
{
	(void)v;
	return WAIT;
}

/*
 * PAUSE costs nothing to skip. INVD must not throw away the host's dirty
 * lines, and guest RAM is coherent with them: nothing to write back either.
 */
enum verdict exit_skip(struct vcpu *v)
{
	(void)v;
	return NEXT;
}

enum verdict exit_ignore(struct vcpu *v)
{
	(void)v;
	return AGAIN;
}

enum verdict exit_undefined(struct vcpu *v)
{
	event_exception(v, VECTOR_UD);
	return AGAIN;
}

enum verdict exit_protected(struct vcpu *v)
{
	event_exception_error(v, VECTOR_GP, 0);
	return AGAIN;
}

void exit_refused(struct vcpu *v, unsigned cr, u64 value)
{
	v->notes.refused_writes++;
	v->notes.refused_register = cr;
	v->notes.refused_value = value;
	v->notes.refused_rip = vmcs_read(VMCS_GUEST_RIP);
}

/*
 * Only where a CPU forces INVLPG exiting: rare enough to drop everything.
 * INVVPID of one address would refuse those that INVLPG takes no notice of.
 */
enum verdict exit_invlpg(struct vcpu *v)
{
	if (v->vpid)
		vcpu_flush(v);
	return NEXT;
}

enum verdict exit_triple_fault(struct vcpu *v)
{
	return vcpu_stop(v, STOP_TRIPLE_FAULT, "at RIP", vmcs_read(VMCS_GUEST_RIP));
}
