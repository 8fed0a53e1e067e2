/* SPDX-License-Identifier: MIT */
/*
 * One element after the other, as the processor does it: the registers are
 * right after each one, so a fault in the middle, or the end of a batch,
 * leaves the instruction to run again. A page is walked once a batch.
 */
#include "vmx/mmio_execute.h"

#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/mmio_alu.h"
#include "vmx/step.h"

/* A memory operand that moves on. */
struct stream {
	bool used;
	u64 *index;
	struct segment_register segment;
	struct segment_access access;
	gva_t gva;
	struct guest_span span; /* of the element at gva; count is 0 before the first */
};

static void stream_begin(struct stream *s, enum segment segment, u64 *index, unsigned size,
			 bool write)
{
	s->used = true;
	s->index = index;
	s->access.segment = segment;
	s->access.size = size;
	s->access.write = write;
	s->span.count = 0;
	segment_read(segment, &s->segment);
}

/* The same page as before, and no more of it? Then its translation holds. */
static bool stream_move(struct stream *s, gva_t gva)
{
	if (s->span.count != 1 || gva / PAGE_SIZE != s->gva / PAGE_SIZE ||
	    gva % PAGE_SIZE + s->access.size > PAGE_SIZE)
		return false;
	s->span.parts[0].gpa += gva - s->gva;
	if (s->span.parts[0].at)
		s->span.parts[0].at += (s64)(gva - s->gva);
	return true;
}

static enum verdict stream_find(const struct mmio *m, enum segment_mode mode, u64 mask,
				struct stream *s)
{
	enum verdict verdict = NEXT;
	gva_t gva;
	u8 vector;

	if (!s->used)
		return NEXT;
	s->access.offset = *s->index & mask;
	vector = segment_linear(mode, &s->segment, &s->access, &gva);
	if (vector) {
		event_exception_error(m->v, vector, 0);
		return AGAIN;
	}
	if (!stream_move(s, gva))
		verdict = mmio_find_linear(m, gva, s->access.size, s->access.write, &s->span);
	s->gva = gva;
	return verdict;
}

static void compare(u64 a, u64 b, unsigned size)
{
	vmcs_write(VMCS_GUEST_RFLAGS, mmio_compare(a, b, size, vmcs_read(VMCS_GUEST_RFLAGS)));
}

static enum verdict element(const struct mmio *m, const struct mmio_instruction *i,
			    const struct stream *from, const struct stream *to)
{
	u64 *rax = &m->v->regs.rax, value;

	switch (i->op) {
	case MMIO_MOVS:
		return mmio_write(m, &to->span, mmio_read(m, &from->span));
	case MMIO_STOS:
		return mmio_write(m, &to->span, *rax);
	case MMIO_LODS:
		mmio_set_register(m->v, 0, 0, i->size, mmio_read(m, &from->span));
		return NEXT;
	case MMIO_CMPS:
		value = mmio_read(m, &from->span);
		compare(value, mmio_read(m, &to->span), i->size);
		return NEXT;
	default: /* SCAS */
		compare(*rax, mmio_read(m, &to->span), i->size);
		return NEXT;
	}
}

static void stream_advance(struct stream *s, u64 stride, u64 mask)
{
	if (s->used)
		*s->index = mmio_replace_address(*s->index, *s->index + stride, mask);
}

/* REPE and REPNE end where the comparison went the other way. */
static bool found(const struct mmio_instruction *i)
{
	bool equal;

	if (i->op != MMIO_CMPS && i->op != MMIO_SCAS)
		return false;
	equal = vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_ZF;
	return equal != !!(i->flags & MMIO_REP);
}

enum verdict mmio_execute_string(const struct mmio *m, const struct mmio_instruction *i)
{
	struct vcpu *v = m->v;
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS), mask = bits_byte_mask(i->address_size);
	u64 stride = rflags & RFLAGS_DF ? -(u64)i->size : i->size;
	bool repeated = i->flags & (MMIO_REP | MMIO_REPNE);
	u64 left = repeated ? v->regs.rcx & mask : 1;
	unsigned batch = rflags & RFLAGS_TF ? 1 : MMIO_BATCH; /* a trap after each element */
	enum segment_mode mode = segment_mode(v);
	struct stream from = { .used = false }, to = { .used = false };

	if (i->op != MMIO_STOS && i->op != MMIO_SCAS)
		stream_begin(&from, i->segment, &v->regs.rsi, i->size, false);
	if (i->op != MMIO_LODS)
		stream_begin(&to, SEG_ES, &v->regs.rdi, i->size, i->flags & MMIO_WRITES);

	for (unsigned done = 0; left; done++, left--) {
		enum verdict verdict;

		if (done == batch || (done && v->attention)) {
			step_iteration(v, rflags);
			return AGAIN;
		}
		verdict = stream_find(m, mode, mask, &from);
		if (verdict == NEXT)
			verdict = stream_find(m, mode, mask, &to);
		if (verdict == NEXT)
			verdict = element(m, i, &from, &to);
		if (verdict != NEXT)
			return verdict;
		stream_advance(&from, stride, mask);
		stream_advance(&to, stride, mask);
		if (!repeated)
			break;
		v->regs.rcx = mmio_replace_address(v->regs.rcx, left - 1, mask);
		if (found(i))
			break;
	}
	return NEXT;
}
