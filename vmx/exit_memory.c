/* SPDX-License-Identifier: MIT */
/*
 * EPT violations and misconfigurations.
 * SDM "Exit Qualification for EPT Violations", "EPT Misconfigurations".
 */
#include "vmx/exits.h"

#include "vmx/decode.h"
#include "vmx/instructions.h"

enum verdict exit_ept_violation(struct vcpu *v)
{
	struct ept_exit e = decode_ept_violation(vmcs_read(VMCS_EXIT_QUALIFICATION));
	struct memory_access access = {
		.gpa = vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS),
		.gva_valid = e.gva_valid,
		.read = e.read,
		.write = e.write,
		.fetch = e.fetch,
		.table_walk = e.table_walk,
	};

	event_requeue(v);
	if (e.gva_valid)
		access.gva = vmcs_read(VMCS_GUEST_LINEAR_ADDRESS);
	/* An IRET that faulted had unblocked NMIs already: it will run again. */
	if (e.nmi_unblocked && !(v->events.next.info & INTR_VALID))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | INTERRUPTIBILITY_NMI);
	return v->ops->memory(v, &access);
}

/* Our tables hold an entry that the processor calls impossible. The guest is not at fault, but only it stops. */
enum verdict exit_ept_misconfiguration(struct vcpu *v)
{
	return vcpu_stop(v, STOP_UNHANDLED, "EPT misconfiguration at guest-physical",
			 vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS));
}
