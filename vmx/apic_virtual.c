/* SPDX-License-Identifier: MIT */
/*
 * Relies on two invariants of the page, which the processor keeps as well as
 * the model: RVI is the highest bit of IRR, SVI that of ISR. So what the
 * processor made of them need not be read back.
 */
#include "vmx/apic_virtual.h"

#include "kernel/apic_regs.h"
#include "lib/string.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

void apic_virtual_write(struct vcpu *v)
{
	struct vcpu_apic *a = &v->apic;
	u8 changed = a->changed;

	a->changed = 0;
	if (changed & APIC_NEW_STATUS)
		vmcs_write(VMCS_GUEST_INTERRUPT_STATUS, a->status);
	if (changed & APIC_NEW_THRESHOLD)
		vmcs_write(VMCS_TPR_THRESHOLD, a->threshold);
	if (changed & APIC_NEW_ENDS) {
		vmcs_write(VMCS_EOI_EXIT_BITMAP0, a->ends[0]);
		vmcs_write(VMCS_EOI_EXIT_BITMAP1, a->ends[1]);
		vmcs_write(VMCS_EOI_EXIT_BITMAP2, a->ends[2]);
		vmcs_write(VMCS_EOI_EXIT_BITMAP3, a->ends[3]);
	}
	if (unlikely(changed & APIC_NEW_ACCESS))
		apic_virtual_write_access(v);
}

bool apic_virtual_pending(const struct vcpu *v)
{
	const struct vcpu_apic *a = &v->apic;
	u64 status;

	if (!a->delivers)
		return false;
	status = a->changed & APIC_NEW_STATUS ? a->status : vmcs_read(VMCS_GUEST_INTERRUPT_STATUS);
	return (status & 0xf0) > MAX(status >> 8 & 0xf0, v->virtual_apic[APIC_TPR / 4] & 0xf0);
}

/* ---- For the model ---------------------------------------------------------------- */

static void changed(struct vcpu *v, u8 what)
{
	v->apic.changed |= what;
	vcpu_attend(v, ATTENTION_EVENT);
}

void apic_virtual_set_access(struct vcpu *v, enum apic_access access)
{
	if (v->apic.access == access || !v->apic.controls)
		return;
	v->apic.access = (u8)access;
	changed(v, APIC_NEW_ACCESS);
}

void apic_virtual_set_status(struct vcpu *v, u8 requested, u8 in_service)
{
	v->apic.status = (u16)(in_service << 8 | requested);
	changed(v, APIC_NEW_STATUS);
}

void apic_virtual_set_threshold(struct vcpu *v, u8 priority_class)
{
	if (v->apic.threshold == priority_class)
		return;
	v->apic.threshold = priority_class;
	changed(v, APIC_NEW_THRESHOLD);
}

void apic_virtual_set_end(struct vcpu *v, u8 vector, bool tell)
{
	u64 *word = &v->apic.ends[vector / 64], bit = BIT(vector % 64);

	if (!!(*word & bit) == tell)
		return;
	*word ^= bit;
	changed(v, APIC_NEW_ENDS);
}

void apic_virtual_forget(struct vcpu *v)
{
	if (!v->apic.delivers)
		return;
	memset(v->apic.ends, 0, sizeof(v->apic.ends));
	v->apic.status = 0;
	changed(v, APIC_NEW_STATUS | APIC_NEW_ENDS);
}
