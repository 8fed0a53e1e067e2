/* SPDX-License-Identifier: MIT */
#include "machine/device_memory.h"

#include "machine/vm.h"
#include "vmx/mmio.h"

static struct lapic *lapic_of(const struct vcpu *v)
{
	return &v->vm->cpus[v->index].lapic;
}

static bool in_page(gpa_t gpa, u64 base)
{
	return ((gpa ^ base) & ~(PAGE_SIZE - 1)) == 0;
}

bool device_memory_at(const struct vcpu *v, gpa_t gpa)
{
	return in_page(gpa, lapic_of(v)->base) || in_page(gpa, IOAPIC_BASE);
}

/* What an instruction reaches besides a device: as a PC's bus, all ones. */
static u64 read(void *vcpu, gpa_t gpa, unsigned size)
{
	struct vcpu *v = vcpu;
	unsigned offset = gpa % PAGE_SIZE;

	if (in_page(gpa, lapic_of(v)->base))
		return lapic_page_read(lapic_of(v), offset, size);
	if (in_page(gpa, IOAPIC_BASE))
		return ioapic_page_read(&v->vm->ioapic, offset, size);
	return ~0UL;
}

static enum verdict write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	unsigned offset = gpa % PAGE_SIZE;

	(void)state;
	if (in_page(gpa, lapic_of(v)->base))
		lapic_page_write(lapic_of(v), offset, size, value);
	else if (in_page(gpa, IOAPIC_BASE))
		ioapic_page_write(&v->vm->ioapic, offset, size, value);
	return NEXT;
}

enum verdict device_memory_access(struct vcpu *v, const struct memory_access *a)
{
	static const struct mmio_device_ops devices = { read, write, 4 };

	return mmio_emulate(v, a, &devices, v);
}
