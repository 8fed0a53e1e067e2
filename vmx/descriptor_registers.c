/* SPDX-License-Identifier: MIT */
#include "vmx/descriptor_registers.h"

#include "lib/x86.h"
#include "vmx/descriptor.h"
#include "vmx/descriptor_load.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"

static const struct descriptor_faults faults = {.invalid = VECTOR_GP};

enum verdict descriptor_set_table(struct vcpu *v, bool idt, u64 base, u16 limit)
{
	if (!address_is_canonical(base)) {
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

static enum verdict protect(struct vcpu *v)
{
	event_exception_error(v, VECTOR_GP, 0);
	return AGAIN;
}

static bool within(const struct segment_register *s, bool long_mode, u64 target)
{
	if (long_mode && s->rights & AR_L)
		return address_is_canonical(target);
	return target <= s->limit;
}

static enum verdict jump_in_real_mode(struct vcpu *v, u16 selector, u64 target)
{
	struct segment_register s;

	segment_read(SEG_CS, &s);
	if (!within(&s, false, target))
		return protect(v);
	s.selector = selector;
	s.base = (u64)selector << 4;
	segment_write(SEG_CS, &s);
	return NEXT;
}

enum verdict descriptor_jump(struct vcpu *v, u16 selector, u64 target)
{
	bool long_mode = vmcs_read(VMCS_GUEST_EFER) & EFER_LMA;
	unsigned cpl = vcpu_cpl(v);
	struct segment_register s;
	enum verdict verdict;
	gva_t at;
	u8 vector;
	u64 raw;

	if (segment_mode(v) == SEGMENT_REAL)
		return jump_in_real_mode(v, selector, target);
	if (!descriptor_find(v, selector, sizeof(raw), &at))
		return descriptor_refuse(v, VECTOR_GP, selector, &faults);
	verdict = guest_read(v, at, &raw, sizeof(raw), GUEST_IMPLICIT);
	if (verdict != NEXT)
		return verdict;
	descriptor_unpack(selector, raw, &s);
	if (!(s.rights & AR_S))
		return vcpu_stop(v, STOP_EMULATION, "far JMP to a gate or a task, by selector",
				 selector);
	if (long_mode && s.rights & AR_L && s.rights & AR_DB)
		return descriptor_refuse(v, VECTOR_GP, selector, &faults);
	vector = descriptor_check_jump(&s, cpl);
	if (vector)
		return descriptor_refuse(v, vector, selector, &faults);
	if (!within(&s, long_mode, target))
		return protect(v);
	verdict = descriptor_set_accessed(v, at, &s);
	if (verdict != NEXT)
		return verdict;
	s.selector = (u16)((selector & ~SELECTOR_RPL) | cpl);
	segment_write(SEG_CS, &s);
	return NEXT;
}
