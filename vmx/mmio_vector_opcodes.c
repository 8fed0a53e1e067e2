/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_vector_opcodes.h"

#define LOAD  (MMIO_READS | MMIO_TO_REGISTER)
#define STORE MMIO_WRITES

#define VEX128 1 /* exists with VEX, of 128 bits or less */
#define SCALAR 2 /* the same, and VEX.L means nothing */
#define VEX256 4 /* and of 256 bits */
#define BY_W   8 /* 8 bytes with REX.W */

#define ANY (VEX128 | VEX256)

static const struct vector_move {
	u16 opcode;
	u8 prefix; /* 66, F3, F2, or 0 */
	u8 op, flags, size, form;
} moves[] = {
	/* MOVUPS, MOVUPD, MOVSS, MOVSD */
	{ 0x0f10, 0x00, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f11, 0x00, MMIO_XMM, STORE, 16, ANY },
	{ 0x0f10, 0x66, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f11, 0x66, MMIO_XMM, STORE, 16, ANY },
	{ 0x0f10, 0xf3, MMIO_XMM, LOAD, 4, SCALAR },
	{ 0x0f11, 0xf3, MMIO_XMM, STORE, 4, SCALAR },
	{ 0x0f10, 0xf2, MMIO_XMM, LOAD, 8, SCALAR },
	{ 0x0f11, 0xf2, MMIO_XMM, STORE, 8, SCALAR },
	/* MOVLPS, MOVLPD, MOVHPS, MOVHPD; with VEX a load has a third operand. */
	{ 0x0f12, 0x00, MMIO_XMM_LOW, LOAD, 8, 0 },
	{ 0x0f13, 0x00, MMIO_XMM_LOW, STORE, 8, VEX128 },
	{ 0x0f12, 0x66, MMIO_XMM_LOW, LOAD, 8, 0 },
	{ 0x0f13, 0x66, MMIO_XMM_LOW, STORE, 8, VEX128 },
	{ 0x0f16, 0x00, MMIO_XMM_HIGH, LOAD, 8, 0 },
	{ 0x0f17, 0x00, MMIO_XMM_HIGH, STORE, 8, VEX128 },
	{ 0x0f16, 0x66, MMIO_XMM_HIGH, LOAD, 8, 0 },
	{ 0x0f17, 0x66, MMIO_XMM_HIGH, STORE, 8, VEX128 },
	/* MOVAPS, MOVAPD: their alignment was the processor's to check. */
	{ 0x0f28, 0x00, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f29, 0x00, MMIO_XMM, STORE, 16, ANY },
	{ 0x0f28, 0x66, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f29, 0x66, MMIO_XMM, STORE, 16, ANY },
	/* MOVNTPS, MOVNTPD */
	{ 0x0f2b, 0x00, MMIO_XMM, STORE, 16, ANY },
	{ 0x0f2b, 0x66, MMIO_XMM, STORE, 16, ANY },
	/* MOVD, MOVQ */
	{ 0x0f6e, 0x00, MMIO_MMX, LOAD, 4, BY_W },
	{ 0x0f7e, 0x00, MMIO_MMX, STORE, 4, BY_W },
	{ 0x0f6f, 0x00, MMIO_MMX, LOAD, 8, 0 },
	{ 0x0f7f, 0x00, MMIO_MMX, STORE, 8, 0 },
	{ 0x0f6e, 0x66, MMIO_XMM, LOAD, 4, VEX128 | BY_W },
	{ 0x0f7e, 0x66, MMIO_XMM, STORE, 4, VEX128 | BY_W },
	{ 0x0f7e, 0xf3, MMIO_XMM, LOAD, 8, VEX128 },
	{ 0x0fd6, 0x66, MMIO_XMM, STORE, 8, VEX128 },
	/* MOVDQA, MOVDQU, LDDQU */
	{ 0x0f6f, 0x66, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f7f, 0x66, MMIO_XMM, STORE, 16, ANY },
	{ 0x0f6f, 0xf3, MMIO_XMM, LOAD, 16, ANY },
	{ 0x0f7f, 0xf3, MMIO_XMM, STORE, 16, ANY },
	{ 0x0ff0, 0xf2, MMIO_XMM, LOAD, 16, ANY },
	/* MOVNTQ, MOVNTDQ, MOVNTDQA */
	{ 0x0fe7, 0x00, MMIO_MMX, STORE, 8, 0 },
	{ 0x0fe7, 0x66, MMIO_XMM, STORE, 16, ANY },
	{ 0x382a, 0x66, MMIO_XMM, LOAD, 16, ANY },
};

static bool exists(const struct mmio_cursor *c, const struct vector_move *m)
{
	if (!c->vex)
		return true;
	if (c->wide)
		return m->form & (VEX256 | SCALAR);
	return m->form & (VEX128 | SCALAR);
}

bool mmio_vector_find(const struct mmio_cursor *c, unsigned opcode, struct mmio_instruction *i)
{
	u8 prefix = mmio_mandatory_prefix(c);

	if (c->vvvv) /* a third operand */
		return false;
	for (unsigned n = 0; n < ARRAY_SIZE(moves); n++) {
		const struct vector_move *m = &moves[n];

		if (m->opcode != (opcode & ~MMIO_VEX) || m->prefix != prefix || !exists(c, m))
			continue;
		i->op = m->op;
		i->flags = m->flags;
		i->size = m->form & BY_W && c->rex & REX_W ? 8 : m->size;
		if (c->vex && c->wide && m->form & VEX256)
			i->size = 32;
		if (c->vex && m->op == MMIO_XMM)
			i->op = MMIO_AVX;
		return true;
	}
	return false;
}
