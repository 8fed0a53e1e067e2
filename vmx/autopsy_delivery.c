/* SPDX-License-Identifier: MIT */
/*
 * The gate and the code segment that it names; the stack is next door.
 */
#include "vmx/autopsy_delivery.h"

#include "lib/format.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/descriptor.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"

/* Types of gates. SDM "System Descriptor Types". */
enum { GATE_TASK = 5, GATE_INT16 = 6, GATE_TRAP16 = 7, GATE_INT = 14, GATE_TRAP = 15 };

#define ERROR_IDT 2U /* in an error code: the index is one of the IDT */

/* Vectors whose handlers find an error code on the stack. */
#define WITH_ERROR                                                                                 \
	(1U << VECTOR_DF | 1U << VECTOR_TS | 1U << VECTOR_NP | 1U << VECTOR_SS |                   \
	 1U << VECTOR_GP | 1U << VECTOR_PF | 1U << VECTOR_AC | 1U << VECTOR_CP)

bool delivery_fail(struct scene *s, u8 fault, u32 error, const char *fmt, ...)
{
	va_list args;

	s->d->fails = true;
	s->d->fault = fault;
	s->d->error = s->protected ? error : 0;
	va_start(args, fmt);
	format_va(s->d->text, sizeof(s->d->text), fmt, args);
	va_end(args);
	return false;
}

bool delivery_look(struct scene *s, gva_t gva, void *to, unsigned length, unsigned access,
		   u8 canonical, const char *what)
{
	struct guest_walk w;

	while (length) {
		unsigned n = MIN(length, (unsigned)(PAGE_SIZE - gva % PAGE_SIZE));
		const void *ram;

		guest_walk(&s->paging, gva, access, guest_read_entry, s->v, &w);
		if (w.noncanonical)
			return delivery_fail(s, canonical, s->ext, "%s at %#lx is not canonical",
					     what, gva);
		if (w.bad_table)
			return delivery_fail(s, VECTOR_PF, 0, "the page tables of %s at %#lx are not in RAM",
					     what, gva);
		if (!w.ok)
			return delivery_fail(s, VECTOR_PF, w.pf_error, "%s at %#lx %s", what, gva,
					     w.pf_error & PF_PRESENT ? "must not be accessed" :
								       "is not mapped");
		ram = s->v->ops->ram(s->v, w.gpa, n);
		if (!ram)
			return delivery_fail(s, VECTOR_PF, 0, "%s at %#lx is not in RAM", what, gva);
		if (to) {
			memcpy(to, ram, n);
			to = (u8 *)to + n;
		}
		gva += n;
		length -= n;
	}
	return true;
}

static bool read_descriptor(struct scene *s, gva_t at, unsigned size, unsigned access,
			    const char *table, struct delivery_descriptor *to)
{
	*to = (struct delivery_descriptor){ .at = at };
	if (!delivery_look(s, at, to->raw, size, access, VECTOR_GP, table))
		return false;
	to->size = size;
	return true;
}

bool delivery_segment(struct scene *s, u16 selector, u8 fault, const char *what,
		      struct delivery_descriptor *to)
{
	gva_t at;

	if (!SELECTOR_ERROR(selector))
		return delivery_fail(s, fault, s->ext, "%s is a null selector", what);
	if (!descriptor_find(s->v, selector, 8, &at))
		return delivery_fail(s, fault, SELECTOR_ERROR(selector) | s->ext,
				     "%s %#x is beyond the limit of its table", what, selector);
	return read_descriptor(s, at, 8, GUEST_IMPLICIT, "the descriptor table", to);
}

static bool follow_code(struct scene *s, unsigned gate_type, u8 vector)
{
	u32 error = SELECTOR_ERROR(s->d->selector) | s->ext;
	unsigned dpl, cpl = s->paging.cpl;
	struct segment_register cs;
	struct frame_wanted frame;

	if (!delivery_segment(s, s->d->selector, VECTOR_GP, "code segment", &s->d->code))
		return false;
	descriptor_unpack(s->d->selector, s->d->code.raw[0], &cs);
	dpl = (unsigned)bits_get(cs.rights, 6, 5);
	if (!(cs.rights & AR_S) || !(cs.rights & 8))
		return delivery_fail(s, VECTOR_GP, error, "segment %#x is no code", cs.selector);
	if (dpl > cpl)
		return delivery_fail(s, VECTOR_GP, error, "code segment %#x is less privileged (DPL %u, CPL %u)",
				     cs.selector, dpl, cpl);
	if (s->wide && (cs.rights & (AR_L | AR_DB)) != AR_L)
		return delivery_fail(s, VECTOR_GP, error, "code segment %#x is no 64-bit code",
				     cs.selector);
	if (!(cs.rights & AR_P))
		return delivery_fail(s, VECTOR_NP, error, "code segment %#x is not present",
				     cs.selector);
	frame.cpl = cs.rights & 4 ? cpl : dpl;
	if (s->v86 && frame.cpl)
		return delivery_fail(s, VECTOR_GP, error, "code segment %#x is not of ring 0",
				     cs.selector);
	frame.slot = s->wide ? 8 : gate_type == GATE_INT16 || gate_type == GATE_TRAP16 ? 2 : 4;
	frame.error_code = s->ext && vector < 32 && WITH_ERROR >> vector & 1;
	frame.ist = (unsigned)s->d->error; /* kept there by follow_gate() */
	if (!delivery_stack(s, &frame))
		return false;
	if (s->wide ? !address_is_canonical(s->d->handler) : s->d->handler > cs.limit)
		return delivery_fail(s, VECTOR_GP, s->ext, "the handler %#lx is out of its segment",
				     s->d->handler);
	return true;
}

static bool follow_gate(struct scene *s, u8 vector, bool software)
{
	unsigned size = s->wide ? 16 : 8, type, dpl;
	u32 error = (u32)vector << 3 | ERROR_IDT | s->ext;
	u64 limit = vmcs_read(VMCS_GUEST_IDTR_LIMIT);
	const u64 *raw = s->d->gate.raw;

	if (vector * size + size - 1 > limit)
		return delivery_fail(s, VECTOR_GP, error, "the IDT's limit %#lx ends before gate %u",
				     limit, vector);
	if (!read_descriptor(s, vmcs_read(VMCS_GUEST_IDTR_BASE) + vector * size, size,
			     GUEST_IMPLICIT, "the IDT", &s->d->gate))
		return false;
	type = (unsigned)bits_get(raw[0], 44, 40);
	dpl = (unsigned)bits_get(raw[0], 46, 45);
	if (type != GATE_INT && type != GATE_TRAP &&
	    (s->wide || (type != GATE_TASK && type != GATE_INT16 && type != GATE_TRAP16)))
		return delivery_fail(s, VECTOR_GP, error, "gate %u has type %u, which is no gate", vector,
				     type);
	if (software && dpl < s->paging.cpl)
		return delivery_fail(s, VECTOR_GP, error, "gate %u is not for ring %u", vector,
				     s->paging.cpl);
	if (!(raw[0] >> 47 & 1))
		return delivery_fail(s, VECTOR_NP, error, "gate %u is not present", vector);
	s->d->selector = (u16)bits_get(raw[0], 31, 16);
	if (type == GATE_TASK) /* the task switch is Trivet's own work: vmx/task_switch.c */
		return true;
	s->d->handler = bits_get(raw[0], 15, 0);
	if (type >= GATE_INT)
		s->d->handler |= bits_get(raw[0], 63, 48) << 16 | raw[1] << 32;
	s->d->error = s->wide ? (u32)bits_get(raw[0], 34, 32) : 0;
	return follow_code(s, type, vector);
}

/* SDM "Interrupt and Exception Handling", of real-address mode. */
static bool follow_real(struct scene *s, u8 vector)
{
	const struct frame_wanted frame = { .slot = 2 };
	u64 limit = vmcs_read(VMCS_GUEST_IDTR_LIMIT);
	const u64 *raw = s->d->gate.raw;

	if (vector * 4U + 3 > limit)
		return delivery_fail(s, VECTOR_GP, 0, "the vector table's limit %#lx ends before vector %u",
				     limit, vector);
	if (!read_descriptor(s, vmcs_read(VMCS_GUEST_IDTR_BASE) + vector * 4U, 4, 0,
			     "the vector table", &s->d->gate))
		return false;
	s->d->handler = bits_get(raw[0], 15, 0);
	s->d->selector = (u16)bits_get(raw[0], 31, 16);
	return delivery_stack(s, &frame);
}

void delivery_follow(struct vcpu *v, u32 info, struct delivery *d)
{
	enum intr_type type = (enum intr_type)(info >> INTR_TYPE_SHIFT & 7);
	bool software = type == INTR_SOFT_INTERRUPT || type == INTR_SOFT_EXCEPTION;
	struct scene s = { .v = v, .ext = !software, .d = d };

	*d = (struct delivery){ .fails = false };
	guest_paging_read(v, &s.paging);
	s.protected = s.paging.cr0 & CR0_PE;
	s.wide = s.paging.efer & EFER_LMA;
	s.v86 = s.protected && s.paging.rflags & RFLAGS_VM;
	if (s.protected)
		follow_gate(&s, info & INTR_VECTOR, software);
	else
		follow_real(&s, info & INTR_VECTOR);
}
