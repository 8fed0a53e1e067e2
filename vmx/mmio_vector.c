/* SPDX-License-Identifier: MIT */
/*
 * The guest's vector registers are in the processor while its exits are
 * handled (vmx/switch.c), so they are moved by the same instructions as the
 * guest's. Those must not fault here, whatever the guest does: what was
 * decoded need not be what the processor ran, when the guest changes its page
 * tables or code behind the processor's back.
 */
#include "vmx/mmio_execute.h"

#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/vector_registers.h"

#define XCR0_VECTORS (XCR0_SSE | XCR0_AVX)

/* The vector of the fault that the move would raise on a processor, or 0. */
static u8 fault(const struct vcpu *v, const struct mmio_instruction *i)
{
	if (i->op == MMIO_AVX && (v->xcr0 & XCR0_VECTORS) != XCR0_VECTORS)
		return VECTOR_UD;
	if (i->op == MMIO_MMX && vector_x87_pending())
		return VECTOR_MF;
	return 0;
}

static enum verdict store(const struct mmio *m, const struct mmio_instruction *i,
			  const struct guest_span *span)
{
	u64 value[4];

	if (i->op == MMIO_MMX)
		vector_mmx_read(i->reg, value);
	else if (i->op == MMIO_AVX)
		vector_ymm_read(i->reg, value);
	else
		vector_xmm_read(i->reg, value);
	return mmio_write_bytes(m, span, i->op == MMIO_XMM_HIGH ? &value[1] : value);
}

static void load(const struct mmio *m, const struct mmio_instruction *i,
		 const struct guest_span *span)
{
	u64 value[4] = {0};

	if (i->op == MMIO_XMM_LOW || i->op == MMIO_XMM_HIGH)
		vector_xmm_read(i->reg, value);
	mmio_read_bytes(m, span, i->op == MMIO_XMM_HIGH ? &value[1] : value);
	if (i->op == MMIO_MMX)
		vector_mmx_write(i->reg, value);
	else if (i->op == MMIO_AVX)
		vector_ymm_write(i->reg, value);
	else
		vector_xmm_write(i->reg, value);
}

enum verdict mmio_execute_vector(const struct mmio *m, const struct mmio_instruction *i,
				 const struct guest_span *span)
{
	u8 vector = fault(m->v, i);

	if (vector) {
		event_exception(m->v, vector);
		return AGAIN;
	}
	if (i->flags & MMIO_WRITES)
		return store(m, i, span);
	load(m, i, span);
	return NEXT;
}
