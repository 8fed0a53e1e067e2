/* SPDX-License-Identifier: MIT */
#include "machine/device_memory.h"

#include "kernel/log.h"
#include "lib/string.h"
#include "machine/vm.h"
#include "vmx/instructions.h"

static bool in_page(gpa_t gpa, u64 base)
{
	return ((gpa ^ base) & ~(PAGE_SIZE - 1)) == 0;
}

static __noinline void tell_absent(struct vcpu *v, gpa_t gpa, const char *what)
{
	struct absent_memory *absent = &v->vm->absent;

	if (absent->told == ABSENT_TOLD_MAX || (absent->told && in_page(gpa, absent->last_page)))
		return;
	absent->last_page = gpa & ~(PAGE_SIZE - 1);
	log_info("memory", "%s: vcpu=%u %s gpa=%#lx rip=%#lx: nothing is there%s", v->vm->name, v->index,
		 what, gpa, vmcs_read(VMCS_GUEST_RIP),
		 ++absent->told == ABSENT_TOLD_MAX ? "; no more of these are told" : "");
}

/* What can be read but not simply written; NULL: this is not such memory, or nothing is there. */
static const void *read_only_memory(const struct vm *vm, gpa_t gpa)
{
	if (shadow_holds(&vm->shadow, gpa))
		return shadow_read(&vm->shadow, gpa);
	return rom_pointer(&vm->rom, gpa);
}

static u64 read(void *vcpu, gpa_t gpa, unsigned size)
{
	struct vcpu *v = vcpu;
	unsigned offset = gpa % PAGE_SIZE;
	const void *memory;
	u64 value = 0;

	if (in_page(gpa, vm_lapic(v)->base))
		return lapic_page_read(vm_lapic(v), offset, size);
	if (in_page(gpa, IOAPIC_BASE))
		return ioapic_page_read(&v->vm->ioapic, offset, size);
	memory = read_only_memory(v->vm, gpa);
	if (memory) {
		memcpy(&value, memory, size);
		return value;
	}
	v->vm->absent.reads++;
	tell_absent(v, gpa, "read of");
	return ~0UL;
}

static enum verdict write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	unsigned offset = gpa % PAGE_SIZE;
	void *memory;

	(void)state;
	if (in_page(gpa, vm_lapic(v)->base)) {
		lapic_page_write(vm_lapic(v), offset, size, value);
	} else if (in_page(gpa, IOAPIC_BASE)) {
		ioapic_page_write(&v->vm->ioapic, offset, size, value);
	} else if (shadow_holds(&v->vm->shadow, gpa)) {
		memory = shadow_write(&v->vm->shadow, gpa);
		if (memory)
			memcpy(memory, &value, size);
	} else if (!rom_pointer(&v->vm->rom, gpa)) {
		v->vm->absent.writes++;
		tell_absent(v, gpa, "write to");
	}
	return NEXT;
}

/* The guest may write there by itself: see marks_rom(). So what we write for it stays, too. */
static bool is_open(const struct vm *vm, gpa_t gpa)
{
	u64 size, *leaf = table_leaf(&vm->ept.table, gpa, &size);

	return leaf && *leaf & EPT_WRITE;
}

static bool read_only(void *vcpu, gpa_t gpa)
{
	const struct vcpu *v = vcpu;

	if (!shadow_holds(&v->vm->shadow, gpa) && !rom_pointer(&v->vm->rom, gpa))
		return false;
	return !is_open(v->vm, gpa);
}

const struct mmio_device_ops device_memory = {
	.read = read, .write = write, .widest = 4, .read_only = read_only
};

static bool in_table(gva_t gva, enum vmcs_field base, enum vmcs_field limit)
{
	u64 offset = gva - vmcs_read(base);

	return offset <= vmcs_read(limit);
}

/*
 * Does the processor write by itself: that a page table or a descriptor was
 * used? On a PC the bus loses that write, and the instruction goes on. It cannot
 * be emulated, so the write is allowed; the guest finds a mark in its ROM.
 */
static bool marks_rom(const struct vcpu *v, const struct memory_access *a)
{
	if (!a->write || !read_only_memory(v->vm, a->gpa))
		return false;
	return a->table_walk ||
	       (a->gva_valid && (in_table(a->gva, VMCS_GUEST_GDTR_BASE, VMCS_GUEST_GDTR_LIMIT) ||
				 in_table(a->gva, VMCS_GUEST_LDTR_BASE, VMCS_GUEST_LDTR_LIMIT)));
}

enum verdict device_memory_access(struct vcpu *v, const struct memory_access *a)
{
	if (a->fetch)
		return vcpu_stop(v, STOP_BAD_MEMORY, "guest-physical address", a->gpa);
	if (unlikely(marks_rom(v, a))) {
		if (shadow_holds(&v->vm->shadow, a->gpa))
			shadow_open(&v->vm->shadow, a->gpa);
		else
			rom_open(&v->vm->rom, &v->vm->ept, a->gpa);
		return AGAIN;
	}
	return mmio_emulate(v, a, &device_memory, v);
}
