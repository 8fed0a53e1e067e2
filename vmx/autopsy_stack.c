/* SPDX-License-Identifier: MIT */
/*
 * The stack of a handler: which one it is, and whether the frame fits.
 */
#include "vmx/autopsy_delivery.h"

#include "lib/x86.h"
#include "vmx/descriptor.h"
#include "vmx/instructions.h"
#include "vmx/tss.h"

/* SDM "Task Management in 64-bit Mode": RSP0 to RSP2, then IST1 to IST7. */
#define TSS64_RSP0 4
#define TSS64_IST0 28 /* where an IST0 would be */

/* Read a field of the TSS that TR points to. */
static bool tss_field(struct scene *s, unsigned offset, void *to, unsigned size)
{
	u64 limit = vmcs_read(VMCS_GUEST_TR_LIMIT);
	u16 selector = (u16)vmcs_read(VMCS_GUEST_TR_SELECTOR);

	if (offset + size - 1 > limit)
		return delivery_fail(s, VECTOR_TS, SELECTOR_ERROR(selector) | s->ext,
				     "the TSS has limit %#lx and no stack pointer at %#x", limit,
				     offset);
	return delivery_look(s, vmcs_read(VMCS_GUEST_TR_BASE) + offset, to, size, GUEST_IMPLICIT,
			     VECTOR_GP, "the TSS");
}

static unsigned access_of(unsigned cpl)
{
	return GUEST_WRITE | (cpl == 3 ? (unsigned)GUEST_USER : 0);
}

static bool stack64(struct scene *s, const struct frame_wanted *f)
{
	unsigned size = 5 * 8 + (f->error_code ? 8 : 0);
	u64 rsp = vmcs_read(VMCS_GUEST_RSP);

	if (f->ist || f->cpl < s->paging.cpl) {
		unsigned offset = f->ist ? TSS64_IST0 + 8 * f->ist : TSS64_RSP0 + 8 * f->cpl;

		if (!tss_field(s, offset, &rsp, 8))
			return false;
	}
	return delivery_look(s, (rsp & ~15UL) - size, NULL, size, access_of(f->cpl), VECTOR_SS,
			     "the stack");
}

/* SDM "Stack Switching" and INT n: the checks of SS for a more privileged handler. */
static bool inner_stack(struct scene *s, const struct frame_wanted *f, struct segment_register *ss,
			u32 *esp)
{
	bool wide = (vmcs_read(VMCS_GUEST_TR_ACCESS_RIGHTS) & AR_TYPE) != AR_BUSY_TSS_16;
	unsigned offset = wide ? offsetof(struct tss32, esp0) + 8 * f->cpl :
				 offsetof(struct tss16, sp0) + 4 * f->cpl;
	u16 selector = 0;
	u32 error;
	struct delivery_descriptor descriptor;

	*esp = 0;
	if (!tss_field(s, offset, esp, wide ? 4 : 2) ||
	    !tss_field(s, offset + (wide ? 4 : 2), &selector, 2) ||
	    !delivery_segment(s, selector, VECTOR_TS, "the TSS's stack segment", &descriptor))
		return false;
	error = SELECTOR_ERROR(selector) | s->ext;
	descriptor_unpack(selector, descriptor.raw[0], ss);
	if ((selector & SELECTOR_RPL) != f->cpl || bits_get(ss->rights, 6, 5) != f->cpl)
		return delivery_fail(s, VECTOR_TS, error, "the TSS's stack segment %#x is not of ring %u",
				     selector, f->cpl);
	/* Data (no bit 3) and writable (bit 1). */
	if (!(ss->rights & AR_S) || (ss->rights & 10) != 2)
		return delivery_fail(s, VECTOR_TS, error, "the TSS's stack segment %#x cannot be written",
				     selector);
	return ss->rights & AR_P || delivery_fail(s, VECTOR_SS, error,
						  "the TSS's stack segment %#x is not present",
						  selector);
}

static bool stack32(struct scene *s, const struct frame_wanted *f)
{
	bool inner = s->protected && f->cpl < s->paging.cpl;
	unsigned slots = 3 + (inner ? 2 : 0) + (s->v86 ? 4 : 0) + f->error_code;
	struct segment_access access = { .segment = SEG_SS, .size = slots * f->slot, .write = true };
	u32 esp = (u32)vmcs_read(VMCS_GUEST_RSP);
	struct segment_register ss;
	gva_t at;

	if (!inner)
		segment_read(SEG_SS, &ss);
	else if (!inner_stack(s, f, &ss, &esp))
		return false;
	access.offset = esp - access.size;
	if (!(ss.rights & AR_DB))
		access.offset = (u16)access.offset;
	else
		access.offset = (u32)access.offset;
	if (segment_linear(s->protected ? SEGMENT_PROTECTED : SEGMENT_REAL, &ss, &access, &at))
		return delivery_fail(s, VECTOR_SS,
				     (inner ? SELECTOR_ERROR(ss.selector) : 0) | s->ext,
				     "the stack at %#x has no room in segment %#x with limit %#x", esp,
				     ss.selector, ss.limit);
	return delivery_look(s, at, NULL, access.size, access_of(f->cpl), VECTOR_SS, "the stack");
}

bool delivery_stack(struct scene *s, const struct frame_wanted *f)
{
	return s->wide ? stack64(s, f) : stack32(s, f);
}
