/* SPDX-License-Identifier: MIT */
/*
 * Each kind of register has a pure check; the rest is common.
 */
#include "vmx/descriptor_load.h"

#include "lib/x86.h"
#include "vmx/guest_memory.h"

#define TYPE_CODE	BIT(3)
#define TYPE_CONFORMING BIT(2)
#define TYPE_READABLE	BIT(1)
#define TYPE_WRITABLE	BIT(1)

static unsigned dpl(const struct segment_register *s)
{
	return (unsigned)bits_get(s->rights, 6, 5);
}

/* The checks: 0, or the vector to raise, VECTOR_TS for whatever is invalid. */
static u8 check_code(const struct segment_register *s, unsigned cpl)
{
	unsigned rpl = s->selector & SELECTOR_RPL;

	(void)cpl;
	if (!(s->rights & AR_S) || !(s->rights & TYPE_CODE))
		return VECTOR_TS;
	if (s->rights & TYPE_CONFORMING ? dpl(s) > rpl : dpl(s) != rpl)
		return VECTOR_TS;
	return s->rights & AR_P ? 0 : VECTOR_NP;
}

static u8 check_stack(const struct segment_register *s, unsigned cpl)
{
	if (!(s->rights & AR_S) || s->rights & TYPE_CODE || !(s->rights & TYPE_WRITABLE))
		return VECTOR_TS;
	if (dpl(s) != cpl || (s->selector & SELECTOR_RPL) != cpl)
		return VECTOR_TS;
	return s->rights & AR_P ? 0 : VECTOR_SS;
}

static u8 check_data(const struct segment_register *s, unsigned cpl)
{
	bool code = s->rights & TYPE_CODE;

	if (!(s->rights & AR_S) || (code && !(s->rights & TYPE_READABLE)))
		return VECTOR_TS;
	if (!(code && s->rights & TYPE_CONFORMING) &&
	    (dpl(s) < cpl || dpl(s) < (s->selector & SELECTOR_RPL)))
		return VECTOR_TS;
	return s->rights & AR_P ? 0 : VECTOR_NP;
}

/* SDM "JMP—Jump" */
u8 descriptor_check_jump(const struct segment_register *s, unsigned cpl)
{
	if (!(s->rights & AR_S) || !(s->rights & TYPE_CODE))
		return VECTOR_GP;
	if (s->rights & TYPE_CONFORMING ? dpl(s) > cpl
					: dpl(s) != cpl || (s->selector & SELECTOR_RPL) > cpl)
		return VECTOR_GP;
	return s->rights & AR_P ? 0 : VECTOR_NP;
}

/* The processor writes only when the bit is not set yet: a read-only GDT works. */
enum verdict descriptor_set_accessed(struct vcpu *v, gva_t at, struct segment_register *s)
{
	u8 byte;

	if (s->rights & DESCRIPTOR_ACCESSED)
		return NEXT;
	s->rights |= DESCRIPTOR_ACCESSED;
	byte = (u8)s->rights;
	return guest_write(v, at + DESCRIPTOR_TYPE_BYTE, &byte, 1, GUEST_IMPLICIT);
}

static enum verdict load(struct vcpu *v, u16 selector, unsigned cpl,
			 const struct descriptor_faults *f,
			 u8 (*check)(const struct segment_register *s, unsigned cpl),
			 struct segment_register *s)
{
	enum verdict verdict;
	gva_t at;
	u64 raw;
	u8 vector;

	if (!descriptor_find(v, selector, sizeof(raw), &at))
		return descriptor_refuse(v, f->invalid, selector, f);
	verdict = guest_read(v, at, &raw, sizeof(raw), GUEST_IMPLICIT);
	if (verdict != NEXT)
		return verdict;
	descriptor_unpack(selector, raw, s);
	vector = check(s, cpl);
	if (vector == VECTOR_TS)
		vector = f->invalid;
	if (vector)
		return descriptor_refuse(v, vector, selector, f);
	return descriptor_set_accessed(v, at, s);
}

static bool is_null(u16 selector, struct segment_register *s)
{
	*s = (struct segment_register){ .selector = selector, .rights = AR_UNUSABLE };
	return !SELECTOR_ERROR(selector);
}

enum verdict descriptor_load_data(struct vcpu *v, u16 selector, unsigned cpl,
				  const struct descriptor_faults *f, struct segment_register *s)
{
	return is_null(selector, s) ? NEXT : load(v, selector, cpl, f, check_data, s);
}

enum verdict descriptor_load_code(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				  struct segment_register *s)
{
	return load(v, selector, 0, f, check_code, s);
}

enum verdict descriptor_load_stack(struct vcpu *v, u16 selector, unsigned cpl,
				   const struct descriptor_faults *f, struct segment_register *s)
{
	return load(v, selector, cpl, f, check_stack, s);
}
