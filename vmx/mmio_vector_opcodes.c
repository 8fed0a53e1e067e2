/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_vector_opcodes.h"

#define LOAD  (MMIO_READS | MMIO_TO_REGISTER)
#define STORE MMIO_WRITES

#define VEX128 0x001 /* exists with VEX, of 128 bits or less */
#define SCALAR 0x002 /* the same, and the vector length means nothing */
#define VEX256 0x004 /* and of 256 bits */
#define BY_W   0x008 /* 8 bytes with REX.W */
#define LEGACY 0x010 /* exists without VEX */
#define THIRD  0x020 /* with VEX there is one more register */
#define VEX_W0 0x040 /* VEX.W must be clear */
#define EVEX_0 0x080 /* exists with EVEX, and W clear; VEX256 says: of 512 bits, too */
#define EVEX_1 0x100 /* with EVEX and W set */
#define MASK   0x200 /* with EVEX it may be masked; elements of 4 bytes, or 8 with W */
#define BYTES  0x400 /* elements of 1 byte, or 2 with W */

#define ANY  (LEGACY | VEX128 | VEX256)
#define FULL (ANY | MASK)
#define BOTH (EVEX_0 | EVEX_1)

static const struct vector_move {
	u16 opcode;
	u8 prefix; /* 66, F3, F2, or 0 */
	u8 op, flags, size;
	u16 form;
} moves[] = {
	/* MOVUPS, MOVUPD, MOVSS, MOVSD */
	{ 0x0f10, 0x00, MMIO_XMM, LOAD, 16, FULL | EVEX_0 },
	{ 0x0f11, 0x00, MMIO_XMM, STORE, 16, FULL | EVEX_0 },
	{ 0x0f10, 0x66, MMIO_XMM, LOAD, 16, FULL | EVEX_1 },
	{ 0x0f11, 0x66, MMIO_XMM, STORE, 16, FULL | EVEX_1 },
	{ 0x0f10, 0xf3, MMIO_XMM, LOAD, 4, LEGACY | SCALAR | MASK | EVEX_0 },
	{ 0x0f11, 0xf3, MMIO_XMM, STORE, 4, LEGACY | SCALAR | MASK | EVEX_0 },
	{ 0x0f10, 0xf2, MMIO_XMM, LOAD, 8, LEGACY | SCALAR | MASK | EVEX_1 },
	{ 0x0f11, 0xf2, MMIO_XMM, STORE, 8, LEGACY | SCALAR | MASK | EVEX_1 },
	/* MOVLPS, MOVLPD, MOVHPS, MOVHPD */
	{ 0x0f12, 0x00, MMIO_XMM_LOW, LOAD, 8, LEGACY },
	{ 0x0f13, 0x00, MMIO_XMM_LOW, STORE, 8, LEGACY | VEX128 },
	{ 0x0f12, 0x66, MMIO_XMM_LOW, LOAD, 8, LEGACY },
	{ 0x0f13, 0x66, MMIO_XMM_LOW, STORE, 8, LEGACY | VEX128 },
	{ 0x0f16, 0x00, MMIO_XMM_HIGH, LOAD, 8, LEGACY },
	{ 0x0f17, 0x00, MMIO_XMM_HIGH, STORE, 8, LEGACY | VEX128 },
	{ 0x0f16, 0x66, MMIO_XMM_HIGH, LOAD, 8, LEGACY },
	{ 0x0f17, 0x66, MMIO_XMM_HIGH, STORE, 8, LEGACY | VEX128 },
	{ 0x0f12, 0x00, MMIO_AVX_LOW, LOAD, 8, VEX128 | THIRD },
	{ 0x0f12, 0x66, MMIO_AVX_LOW, LOAD, 8, VEX128 | THIRD },
	{ 0x0f16, 0x00, MMIO_AVX_HIGH, LOAD, 8, VEX128 | THIRD },
	{ 0x0f16, 0x66, MMIO_AVX_HIGH, LOAD, 8, VEX128 | THIRD },
	/* MOVAPS, MOVAPD: their alignment was the processor's to check. */
	{ 0x0f28, 0x00, MMIO_XMM, LOAD, 16, FULL | EVEX_0 },
	{ 0x0f29, 0x00, MMIO_XMM, STORE, 16, FULL | EVEX_0 },
	{ 0x0f28, 0x66, MMIO_XMM, LOAD, 16, FULL | EVEX_1 },
	{ 0x0f29, 0x66, MMIO_XMM, STORE, 16, FULL | EVEX_1 },
	/* MOVNTPS, MOVNTPD */
	{ 0x0f2b, 0x00, MMIO_XMM, STORE, 16, ANY | EVEX_0 },
	{ 0x0f2b, 0x66, MMIO_XMM, STORE, 16, ANY | EVEX_1 },
	/* MOVD, MOVQ */
	{ 0x0f6e, 0x00, MMIO_MMX, LOAD, 4, LEGACY | BY_W },
	{ 0x0f7e, 0x00, MMIO_MMX, STORE, 4, LEGACY | BY_W },
	{ 0x0f6f, 0x00, MMIO_MMX, LOAD, 8, LEGACY },
	{ 0x0f7f, 0x00, MMIO_MMX, STORE, 8, LEGACY },
	{ 0x0f6e, 0x66, MMIO_XMM, LOAD, 4, LEGACY | VEX128 | BY_W | BOTH },
	{ 0x0f7e, 0x66, MMIO_XMM, STORE, 4, LEGACY | VEX128 | BY_W | BOTH },
	{ 0x0f7e, 0xf3, MMIO_XMM, LOAD, 8, LEGACY | VEX128 | EVEX_1 },
	{ 0x0fd6, 0x66, MMIO_XMM, STORE, 8, LEGACY | VEX128 | EVEX_1 },
	/* MOVDQA, MOVDQU, LDDQU; VMOVDQU8, VMOVDQU16 */
	{ 0x0f6f, 0x66, MMIO_XMM, LOAD, 16, FULL | BOTH },
	{ 0x0f7f, 0x66, MMIO_XMM, STORE, 16, FULL | BOTH },
	{ 0x0f6f, 0xf3, MMIO_XMM, LOAD, 16, FULL | BOTH },
	{ 0x0f7f, 0xf3, MMIO_XMM, STORE, 16, FULL | BOTH },
	{ 0x0f6f, 0xf2, MMIO_XMM, LOAD, 16, VEX256 | MASK | BYTES | BOTH },
	{ 0x0f7f, 0xf2, MMIO_XMM, STORE, 16, VEX256 | MASK | BYTES | BOTH },
	{ 0x0ff0, 0xf2, MMIO_XMM, LOAD, 16, ANY },
	/* MOVNTQ, MOVNTDQ, MOVNTDQA */
	{ 0x0fe7, 0x00, MMIO_MMX, STORE, 8, LEGACY },
	{ 0x0fe7, 0x66, MMIO_XMM, STORE, 16, ANY | EVEX_0 },
	{ 0x382a, 0x66, MMIO_XMM, LOAD, 16, ANY | EVEX_0 },
	/* VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ */
	{ 0x382c, 0x66, MMIO_AVX_MASKED, LOAD, 16, VEX128 | VEX256 | THIRD | VEX_W0 },
	{ 0x382d, 0x66, MMIO_AVX_MASKED, LOAD, 16, VEX128 | VEX256 | THIRD | VEX_W0 },
	{ 0x382e, 0x66, MMIO_AVX_MASKED, STORE, 16, VEX128 | VEX256 | THIRD | VEX_W0 },
	{ 0x382f, 0x66, MMIO_AVX_MASKED, STORE, 16, VEX128 | VEX256 | THIRD | VEX_W0 },
	{ 0x388c, 0x66, MMIO_AVX_MASKED, LOAD, 16, VEX128 | VEX256 | THIRD },
	{ 0x388e, 0x66, MMIO_AVX_MASKED, STORE, 16, VEX128 | VEX256 | THIRD },
};

static bool exists_evex(const struct mmio_cursor *c, const struct vector_move *m)
{
	if (!(m->form & (c->w ? EVEX_1 : EVEX_0)) || c->vvvv || c->broadcasts)
		return false;
	if (c->mask && !(m->form & MASK))
		return false;
	if (c->zeroes && (!c->mask || !(m->flags & MMIO_TO_REGISTER)))
		return false;
	if (m->form & SCALAR)
		return true;
	return !c->vector || (c->vector < 3 && m->form & VEX256);
}

static bool exists(const struct mmio_cursor *c, const struct vector_move *m)
{
	if (!c->vex)
		return m->form & LEGACY;
	if (c->evex)
		return exists_evex(c, m);
	if ((c->vvvv && !(m->form & THIRD)) || (c->w && m->form & VEX_W0))
		return false;
	if (c->vector)
		return m->form & (VEX256 | SCALAR) && !(m->form & BYTES);
	return m->form & (VEX128 | SCALAR);
}

/* How wide the elements are that a mask selects, as a shift. */
static u8 element(const struct mmio_cursor *c, const struct vector_move *m)
{
	if (m->form & BYTES)
		return c->w ? 1 : 0;
	if (m->form & VEX_W0)
		return m->opcode & 1 ? 3 : 2;
	return c->w ? 3 : 2;
}

static void set(const struct mmio_cursor *c, const struct vector_move *m,
		struct mmio_instruction *i)
{
	i->op = m->op;
	i->flags = m->flags;
	i->size = m->form & BY_W && c->rex & REX_W ? 8 : m->size;
	if (!c->vex)
		return;
	if (m->form & VEX256)
		i->size = (u8)(i->size << c->vector);
	if (m->form & THIRD)
		i->second = c->vvvv;
	if (c->evex)
		i->op = c->mask ? MMIO_EVEX_MASKED : MMIO_EVEX;
	else if (m->op == MMIO_XMM)
		i->op = MMIO_AVX;
	i->mask = (u8)(element(c, m) << MMIO_MASK_ELEMENT_SHIFT | c->mask |
		       (c->zeroes ? MMIO_MASK_ZEROES : 0));
}

bool mmio_vector_find(const struct mmio_cursor *c, unsigned opcode, struct mmio_instruction *i)
{
	u8 prefix = mmio_mandatory_prefix(c);

	for (unsigned n = 0; n < ARRAY_SIZE(moves); n++) {
		const struct vector_move *m = &moves[n];

		if (m->opcode != (opcode & ~MMIO_VEX) || m->prefix != prefix || !exists(c, m))
			continue;
		set(c, m, i);
		return true;
	}
	return false;
}
