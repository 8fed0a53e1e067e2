/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_apic_virtual.h"

#include <string.h>

unsigned fake_apic_forgets;

void apic_virtual_set_access(struct vcpu *v, enum apic_access access)
{
	v->apic.access = access;
}

void apic_virtual_set_status(struct vcpu *v, u8 requested, u8 in_service)
{
	v->apic.status = (u16)(in_service << 8 | requested);
	v->apic.changed |= APIC_NEW_STATUS;
}

void apic_virtual_set_threshold(struct vcpu *v, u8 priority_class)
{
	v->apic.threshold = priority_class;
}

void apic_virtual_set_end(struct vcpu *v, u8 vector, bool tell)
{
	u64 bit = BIT(vector % 64), *word = &v->apic.ends[vector / 64];

	*word = tell ? *word | bit : *word & ~bit;
}

void apic_virtual_forget(struct vcpu *v)
{
	fake_apic_forgets++;
	memset(v->apic.ends, 0, sizeof(v->apic.ends));
	v->apic.status = 0;
	v->apic.changed |= APIC_NEW_STATUS;
}
