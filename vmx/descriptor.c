/* SPDX-License-Identifier: MIT */
/*
 * Tables are read as the processor does it: by supervisor accesses,
 * whatever the CPL.
 */
#include "vmx/descriptor.h"

#include "lib/x86.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"

/* Bits of the upper half of a descriptor that are access rights in the VMCS too. */
#define RIGHTS_MASK 0xf0ffU

/* In the upper 8 bytes of a 16-byte descriptor. */
#define UPPER_TYPE BITS(44, 40)

void descriptor_unpack(u16 selector, u64 raw, struct segment_register *s)
{
	u32 limit = (u32)(bits_get(raw, 15, 0) | bits_get(raw, 51, 48) << 16);

	s->selector = selector;
	s->rights = (u32)bits_get(raw, 55, 40) & RIGHTS_MASK;
	s->limit = s->rights & AR_G ? limit << 12 | 0xfff : limit;
	s->base = bits_get(raw, 39, 16) | bits_get(raw, 63, 56) << 24;
}

bool descriptor_find(const struct vcpu *v, u16 selector, unsigned size, gva_t *at)
{
	u32 offset = selector & ~(SELECTOR_RPL | SELECTOR_TI);
	u64 base, limit;

	(void)v;
	if (selector & SELECTOR_TI) {
		if (vmcs_read(VMCS_GUEST_LDTR_ACCESS_RIGHTS) & AR_UNUSABLE)
			return false;
		base = vmcs_read(VMCS_GUEST_LDTR_BASE);
		limit = vmcs_read(VMCS_GUEST_LDTR_LIMIT);
	} else {
		if (!offset)
			return false;
		base = vmcs_read(VMCS_GUEST_GDTR_BASE);
		limit = vmcs_read(VMCS_GUEST_GDTR_LIMIT);
	}
	*at = base + offset;
	return offset + size - 1 <= limit;
}

enum verdict descriptor_refuse(struct vcpu *v, u8 vector, u16 selector,
			       const struct descriptor_faults *f)
{
	event_exception_error(v, vector, SELECTOR_ERROR(selector) | f->external);
	return AGAIN;
}

enum verdict descriptor_read_system(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				    struct segment_register *s, gva_t *at)
{
	bool wide = vmcs_read(VMCS_GUEST_EFER) & EFER_LMA;
	unsigned size = wide ? 16 : 8;
	u64 raw[2] = { 0, 0 };
	enum verdict verdict;

	if (selector & SELECTOR_TI || !descriptor_find(v, selector, size, at))
		return descriptor_refuse(v, f->invalid, selector, f);
	verdict = guest_read(v, *at, raw, size, GUEST_IMPLICIT);
	if (verdict != NEXT)
		return verdict;
	descriptor_unpack(selector, raw[0], s);
	s->base |= raw[1] << 32;
	/* The upper half has a type field of its own: zero. And a base has to be canonical. */
	if (raw[1] & UPPER_TYPE || !address_is_canonical(s->base))
		return descriptor_refuse(v, f->invalid, selector, f);
	return NEXT;
}

enum verdict descriptor_load_ldt(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				 struct segment_register *s)
{
	enum verdict verdict;
	gva_t at;

	*s = (struct segment_register){ .selector = selector, .rights = AR_UNUSABLE };
	if (!SELECTOR_ERROR(selector))
		return NEXT;
	verdict = descriptor_read_system(v, selector, f, s, &at);
	if (verdict != NEXT)
		return verdict;
	if (descriptor_type(s) != SYSTEM_LDT)
		return descriptor_refuse(v, f->invalid, selector, f);
	if (!(s->rights & AR_P))
		return descriptor_refuse(v, f->invalid == VECTOR_TS ? VECTOR_TS : VECTOR_NP,
					 selector, f);
	return NEXT;
}
