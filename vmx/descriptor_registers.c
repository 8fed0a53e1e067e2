/* SPDX-License-Identifier: MIT */
#include "vmx/descriptor_registers.h"

#include "lib/x86.h"
#include "vmx/descriptor.h"
#include "vmx/descriptor_load.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"

#define LINEAR_BITS 48

static const struct descriptor_faults faults = {.invalid = VECTOR_GP};

enum verdict descriptor_set_table(struct vcpu *v, bool idt, u64 base, u16 limit)
{
	if (bits_sign_extend(base, LINEAR_BITS) != base) {
		event_exception_error(v, VECTOR_GP, 0);
		return AGAIN;
	}
	vmcs_write(idt ? VMCS_GUEST_IDTR_LIMIT : VMCS_GUEST_GDTR_LIMIT, limit);
	vmcs_write(idt ? VMCS_GUEST_IDTR_BASE : VMCS_GUEST_GDTR_BASE, base);
	return NEXT;
}

enum verdict descriptor_set_ldtr(struct vcpu *v, u16 selector)
{
	struct segment_register s;
	enum verdict verdict;

	verdict = descriptor_load_ldt(v, selector, &faults, &s);
	if (verdict == NEXT)
		segment_write(SEG_LDTR, &s);
	return verdict;
}

enum verdict descriptor_set_tr(struct vcpu *v, u16 selector)
{
	bool long_mode = vmcs_read(VMCS_GUEST_EFER) & EFER_LMA;
	struct segment_register s;
	enum verdict verdict;
	unsigned type;
	gva_t at;
	u8 byte;

	verdict = descriptor_read_system(v, selector, &faults, &s, &at);
	if (verdict != NEXT)
		return verdict;
	type = descriptor_type(&s);
	if (type != SYSTEM_TSS32 && (type != SYSTEM_TSS16 || long_mode))
		return descriptor_refuse(v, VECTOR_GP, selector, &faults);
	if (!(s.rights & AR_P))
		return descriptor_refuse(v, VECTOR_NP, selector, &faults);
	s.rights |= SYSTEM_BUSY;
	byte = (u8)s.rights;
	verdict = guest_write(v, at + DESCRIPTOR_TYPE_BYTE, &byte, 1, GUEST_IMPLICIT);
	if (verdict == NEXT)
		segment_write(SEG_TR, &s);
	return verdict;
}

enum verdict descriptor_set_data(struct vcpu *v, enum segment segment, u16 selector)
{
	enum verdict verdict = NEXT;
	struct segment_register s;

	if (segment_mode(v) == SEGMENT_REAL) { /* limit and rights stay */
		segment_read(segment, &s);
		s.selector = selector;
		s.base = (u64)selector << 4;
	} else {
		verdict = descriptor_load_data(v, selector, vcpu_cpl(v), &faults, &s);
	}
	if (verdict == NEXT)
		segment_write(segment, &s);
	return verdict;
}
