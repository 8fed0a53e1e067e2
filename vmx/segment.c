/* SPDX-License-Identifier: MIT */
#include "vmx/segment.h"

#include "lib/x86.h"
#include "vmx/instructions.h"

#define TYPE_CODE	 BIT(3)
#define TYPE_EXPAND_DOWN BIT(2) /* data */
#define TYPE_WRITABLE	 BIT(1) /* data */
#define TYPE_READABLE	 BIT(1) /* code */

static bool type_allows(const struct segment_register *s, bool write)
{
	if (s->rights & TYPE_CODE)
		return !write && s->rights & TYPE_READABLE;
	return !write || s->rights & TYPE_WRITABLE;
}

static bool within_limit(const struct segment_register *s, u64 first, u64 last)
{
	if ((s->rights & (TYPE_CODE | TYPE_EXPAND_DOWN)) == TYPE_EXPAND_DOWN)
		return first > s->limit && last <= (s->rights & AR_DB ? 0xffffffff : 0xffff);
	return last <= s->limit;
}

u8 segment_linear(enum segment_mode mode, const struct segment_register *s,
		  const struct segment_access *access, gva_t *linear)
{
	u8 vector = access->segment == SEG_SS ? VECTOR_SS : VECTOR_GP;
	u64 last = access->offset + access->size - 1;

	if (mode == SEGMENT_LONG) {
		u64 base = access->segment == SEG_FS || access->segment == SEG_GS ? s->base : 0;

		*linear = base + access->offset;
		if (!address_is_canonical(*linear) || !address_is_canonical(base + last))
			return vector;
		return 0;
	}
	if (mode == SEGMENT_PROTECTED &&
	    (s->rights & AR_UNUSABLE || !type_allows(s, access->write)))
		return vector;
	if (!within_limit(s, access->offset, last))
		return vector;
	*linear = (u32)(s->base + access->offset);
	return 0;
}

enum segment_mode segment_mode(const struct vcpu *v)
{
	if (!(vmcs_read(VMCS_GUEST_CR0) & CR0_PE) || vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_VM)
		return SEGMENT_REAL;
	return vcpu_in_64bit_code(v) ? SEGMENT_LONG : SEGMENT_PROTECTED;
}

void segment_read(enum segment segment, struct segment_register *s)
{
	s->selector = (u16)vmcs_read(VMCS_GUEST_SELECTOR(segment));
	s->base = vmcs_read(VMCS_GUEST_BASE(segment));
	s->limit = (u32)vmcs_read(VMCS_GUEST_LIMIT(segment));
	s->rights = (u32)vmcs_read(VMCS_GUEST_ACCESS_RIGHTS(segment));
}

void segment_write(enum segment segment, const struct segment_register *s)
{
	vmcs_write(VMCS_GUEST_SELECTOR(segment), s->selector);
	vmcs_write(VMCS_GUEST_BASE(segment), s->base);
	vmcs_write(VMCS_GUEST_LIMIT(segment), s->limit);
	vmcs_write(VMCS_GUEST_ACCESS_RIGHTS(segment), s->rights);
}

enum verdict segment_address(struct vcpu *v, const struct segment_access *access, gva_t *linear)
{
	struct segment_register s;
	u8 vector;

	segment_read(access->segment, &s);
	vector = segment_linear(segment_mode(v), &s, access, linear);
	if (!vector)
		return NEXT;
	event_exception_error(v, vector, 0);
	return AGAIN;
}
