/* SPDX-License-Identifier: MIT */
/*
 * The guest's vector registers are in the processor while its exits are
 * handled (vmx/switch.c), so they are moved by the same instructions as the
 * guest's. Those must not fault here, whatever the guest does: what was
 * decoded need not be what the processor ran, when the guest changes its page
 * tables or code behind the processor's back.
 */
#include "vmx/mmio_execute.h"

#include "lib/x86.h"
#include "vmx/vector_registers.h"

#define XCR0_VECTORS (XCR0_SSE | XCR0_AVX)
#define XCR0_EVEX    (XCR0_VECTORS | XCR0_AVX512)

static bool is_evex(enum mmio_op op)
{
	return op == MMIO_EVEX || op == MMIO_EVEX_MASKED;
}

static bool is_avx(enum mmio_op op)
{
	return (op >= MMIO_AVX && op <= MMIO_AVX_HIGH) || op == MMIO_AVX_MASKED;
}

static bool is_high(enum mmio_op op)
{
	return op == MMIO_XMM_HIGH || op == MMIO_AVX_HIGH;
}

u8 mmio_vector_fault(const struct vcpu *v, const struct mmio_instruction *i)
{
	if (is_avx(i->op) && (v->xcr0 & XCR0_VECTORS) != XCR0_VECTORS)
		return VECTOR_UD;
	if (is_evex(i->op) && (v->xcr0 & XCR0_EVEX) != XCR0_EVEX)
		return VECTOR_UD;
	if (i->op == MMIO_MMX && vector_x87_pending())
		return VECTOR_MF;
	return 0;
}

void mmio_vector_read(const struct mmio_instruction *i, unsigned reg, u64 *value)
{
	if (i->op == MMIO_MMX)
		vector_mmx_read(reg, value);
	else if (is_evex(i->op))
		vector_zmm_read(reg, value);
	else if (is_avx(i->op))
		vector_ymm_read(reg, value);
	else
		vector_xmm_read(reg, value);
}

void mmio_vector_write(const struct mmio_instruction *i, const u64 *value)
{
	if (i->op == MMIO_MMX)
		vector_mmx_write(i->reg, value);
	else if (is_evex(i->op))
		vector_zmm_write(i->reg, value);
	else if (is_avx(i->op))
		vector_ymm_write(i->reg, value);
	else
		vector_xmm_write(i->reg, value);
}

static enum verdict store(const struct mmio *m, const struct mmio_instruction *i,
			  const struct guest_span *span)
{
	u64 value[8];

	mmio_vector_read(i, i->reg, value);
	return mmio_write_bytes(m, span, is_high(i->op) ? &value[1] : value);
}

static void load(const struct mmio *m, const struct mmio_instruction *i,
		 const struct guest_span *span)
{
	u64 value[8] = {0};

	if (i->op == MMIO_XMM_LOW || i->op == MMIO_XMM_HIGH)
		vector_xmm_read(i->reg, value);
	if (i->op == MMIO_AVX_LOW || i->op == MMIO_AVX_HIGH)
		vector_xmm_read(i->second, value);
	mmio_read_bytes(m, span, is_high(i->op) ? &value[1] : value);
	mmio_vector_write(i, value);
}

enum verdict mmio_execute_vector(const struct mmio *m, const struct mmio_instruction *i,
				 const struct guest_span *span)
{
	u8 vector = mmio_vector_fault(m->v, i);

	if (vector) {
		event_exception(m->v, vector);
		return AGAIN;
	}
	if (i->flags & MMIO_WRITES)
		return store(m, i, span);
	load(m, i, span);
	return NEXT;
}
