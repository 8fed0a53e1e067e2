/* SPDX-License-Identifier: MIT */
/*
 * Exits of APIC virtualization. Only that of an access comes before what the
 * instruction does; after the others RIP is behind it.
 * SDM "Virtualizing Memory-Mapped APIC Accesses", "APIC-Write VM Exits",
 * "EOI Virtualization", "TPR Virtualization".
 */
#include "vmx/exits.h"

#include "lib/x86.h"
#include "vmx/instructions.h"

/* Exit qualification: what kind of access. SDM "Exit Qualification for APIC-Access VM Exits ...". */
enum { APIC_DATA_READ, APIC_DATA_WRITE };

/* What the instruction is, and what it carries, only its code tells. */
enum verdict exit_apic_access(struct vcpu *v)
{
	u64 qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
	u64 type = bits_get(qualification, 15, 12);
	struct memory_access access = {
		.gpa = v->apic.page | (qualification & (PAGE_SIZE - 1)),
		.same_offset = true,
		.read = type == APIC_DATA_READ,
		.write = type == APIC_DATA_WRITE,
		.fetch = type > APIC_DATA_WRITE, /* or an event's stack, or a page table: as bad */
	};

	event_requeue(v);
	return v->ops->memory(v, &access);
}

/* The instruction has ended; what is still due is its single-step trap. */
static enum verdict behind(struct vcpu *v)
{
	if (unlikely(vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF))
		event_single_step(v);
	return AGAIN;
}

enum verdict exit_apic_write(struct vcpu *v)
{
	v->ops->apic_written(v, vmcs_read(VMCS_EXIT_QUALIFICATION) & (PAGE_SIZE - 1));
	return behind(v);
}

enum verdict exit_virtualized_eoi(struct vcpu *v)
{
	v->ops->apic_ended(v, (u8)vmcs_read(VMCS_EXIT_QUALIFICATION));
	return behind(v);
}

enum verdict exit_tpr_below_threshold(struct vcpu *v)
{
	v->ops->priority_changed(v);
	return behind(v);
}
