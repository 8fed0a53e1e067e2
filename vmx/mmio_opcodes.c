/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_opcodes.h"

#define R  MMIO_READS
#define W  MMIO_WRITES
#define RW (MMIO_READS | MMIO_WRITES)
#define TO MMIO_TO_REGISTER

#define MODRM FORM_MODRM
#define SIZED (FORM_MODRM | FORM_BYTE)
#define ANY   0xff

/* Searched from the top: the commonest come first. */
static const struct mmio_opcode opcodes[] = {
	{ 0x8a, 2, ANY, MMIO_MOV, R | TO, SIZED },
	{ 0x88, 2, ANY, MMIO_MOV, W, SIZED },
	{ 0xc7, 1, 0x01, MMIO_MOV, W, SIZED | FORM_IMM },
	{ 0xc6, 1, 0x01, MMIO_MOV, W, SIZED | FORM_IMM8 },
	{ 0xa4, 2, ANY, MMIO_MOVS, RW, FORM_BYTE },
	{ 0xaa, 2, ANY, MMIO_STOS, W, FORM_BYTE },
	{ 0xa0, 2, ANY, MMIO_MOV, R | TO, FORM_BYTE | FORM_MOFFS },
	{ 0xa2, 2, ANY, MMIO_MOV, W, FORM_BYTE | FORM_MOFFS },
	/* The eight of arithmetic: see canonical(). CMP writes nothing. */
	{ 0x00, 2, 0x7f, MMIO_ADD, RW, SIZED | FORM_NUMBER | FORM_LOCK },
	{ 0x02, 2, 0x7f, MMIO_ADD, R | TO, SIZED | FORM_NUMBER },
	{ 0x00, 2, 0x80, MMIO_CMP, R, SIZED },
	{ 0x02, 2, 0x80, MMIO_CMP, R | MMIO_REVERSED, SIZED },
	{ 0x80, 1, 0x7f, MMIO_ADD, RW, SIZED | FORM_NUMBER | FORM_LOCK | FORM_IMM8 },
	{ 0x80, 1, 0x80, MMIO_CMP, R, SIZED | FORM_IMM8 },
	{ 0x81, 1, 0x7f, MMIO_ADD, RW, SIZED | FORM_NUMBER | FORM_LOCK | FORM_IMM },
	{ 0x81, 1, 0x80, MMIO_CMP, R, SIZED | FORM_IMM },
	{ 0x83, 1, 0x7f, MMIO_ADD, RW, SIZED | FORM_NUMBER | FORM_LOCK | FORM_IMM8 },
	{ 0x83, 1, 0x80, MMIO_CMP, R, SIZED | FORM_IMM8 },
	{ 0x82, 1, 0x7f, MMIO_ADD, RW, SIZED | FORM_NUMBER | FORM_LOCK | FORM_IMM8 | FORM_CODE32 },
	{ 0x82, 1, 0x80, MMIO_CMP, R, SIZED | FORM_IMM8 | FORM_CODE32 },
	{ 0x84, 2, ANY, MMIO_TEST, R, SIZED },
	/* TEST has a second encoding that is in no manual and in every processor. */
	{ 0xf6, 1, 0x03, MMIO_TEST, R, SIZED | FORM_IMM8 },
	{ 0xf7, 1, 0x03, MMIO_TEST, R, SIZED | FORM_IMM },
	{ 0xf6, 2, 0x04, MMIO_NOT, RW, SIZED | FORM_LOCK },
	{ 0xf6, 2, 0x08, MMIO_NEG, RW, SIZED | FORM_LOCK },
	{ 0xfe, 2, 0x03, MMIO_INC, RW, SIZED | FORM_NUMBER | FORM_LOCK },
	{ 0xff, 1, 0x40, MMIO_PUSH, R, MODRM | FORM_STACK },
	{ 0x8f, 1, 0x01, MMIO_POP, W, MODRM | FORM_STACK },
	{ 0xff, 1, 0x04, MMIO_CALL, R, MODRM | FORM_NEAR },
	{ 0xff, 1, 0x10, MMIO_JMP, R, MODRM | FORM_NEAR },
	{ 0xff, 1, 0x20, MMIO_JMP_FAR, R, MODRM | FORM_FAR },
	{ 0x86, 2, ANY, MMIO_XCHG, RW | TO, SIZED | FORM_LOCK },
	{ 0x63, 1, ANY, MMIO_MOVSX, R | TO, MODRM | FORM_CODE64 },
	{ 0xa6, 2, ANY, MMIO_CMPS, R, FORM_BYTE },
	{ 0xac, 2, ANY, MMIO_LODS, R | TO, FORM_BYTE },
	{ 0xae, 2, ANY, MMIO_SCAS, R, FORM_BYTE },

	{ 0x0fb6, 2, ANY, MMIO_MOV, R | TO, MODRM | FORM_EXTEND },
	{ 0x0fbe, 2, ANY, MMIO_MOVSX, R | TO, MODRM | FORM_EXTEND },
	{ 0x0fc3, 1, ANY, MMIO_MOV, W, MODRM | FORM_NO_66 | FORM_NO_REP },
	{ 0x0fb0, 2, ANY, MMIO_CMPXCHG, RW, SIZED | FORM_LOCK },
	{ 0x0fc0, 2, ANY, MMIO_XADD, RW | TO, SIZED | FORM_LOCK },
	/* BT and the others are numbers 4 to 7 in both encodings. */
	{ 0x0fa3, 1, 0x10, MMIO_BT, R, MODRM },
	{ 0x0fa3, 1, 0xe0, MMIO_BT - 4, RW, MODRM | FORM_NUMBER | FORM_LOCK },
	{ 0x0fba, 1, 0x10, MMIO_BT, R, MODRM | FORM_IMM8 },
	{ 0x0fba, 1, 0xe0, MMIO_BT - 4, RW, MODRM | FORM_NUMBER | FORM_LOCK | FORM_IMM8 },
	{ 0xd0, 2, ANY, MMIO_ROL, RW, SIZED | FORM_NUMBER | FORM_ONE },
	{ 0xc0, 2, ANY, MMIO_ROL, RW, SIZED | FORM_NUMBER | FORM_IMM8 },
	{ 0xd2, 2, ANY, MMIO_ROL, RW, SIZED | FORM_NUMBER | FORM_CL },
	{ 0x0fbc, 1, ANY, MMIO_BSF, R | TO, MODRM },
	{ 0x0fbd, 1, ANY, MMIO_BSR, R | TO, MODRM },
	{ 0x0fb8, 1, ANY, MMIO_POPCNT, R | TO, MODRM | FORM_F3 },
	{ 0x0faf, 1, ANY, MMIO_IMUL, R | TO, MODRM },
	{ 0x69, 1, ANY, MMIO_IMUL, R | TO, MODRM | FORM_IMM },
	{ 0x6b, 1, ANY, MMIO_IMUL, R | TO, MODRM | FORM_IMM8 },
	{ 0xd7, 1, ANY, MMIO_XLAT, R, FORM_ONE_BYTE },
	{ 0x8c, 1, 0x3f, MMIO_MOV_SEGMENT, W, MODRM | FORM_WORD },
	{ 0x8e, 1, 0x39, MMIO_MOV_TO_SEGMENT, R, MODRM | FORM_WORD },
	{ 0x0f00, 1, 0x03, MMIO_SLDT, W, MODRM | FORM_NUMBER | FORM_WORD },
	{ 0x0f00, 1, 0x0c, MMIO_SLDT, R, MODRM | FORM_NUMBER | FORM_WORD },
	{ 0x0f01, 1, 0x03, MMIO_SGDT, W, MODRM | FORM_NUMBER | FORM_TABLE },
	{ 0x0f01, 1, 0x0c, MMIO_SGDT, R, MODRM | FORM_NUMBER | FORM_TABLE },
	{ 0x0f01, 1, 0x10, MMIO_SMSW, W, MODRM | FORM_WORD },
	{ 0x0f40, 16, ANY, MMIO_CMOV, R | TO, MODRM },
	{ 0x0f90, 16, ANY, MMIO_SET, W, MODRM | FORM_ONE_BYTE },
	{ 0x0fa4, 1, ANY, MMIO_SHLD, RW, MODRM | FORM_SECOND | FORM_IMM8 },
	{ 0x0fa5, 1, ANY, MMIO_SHLD, RW, MODRM | FORM_SECOND | FORM_CL },
	{ 0x0fac, 1, ANY, MMIO_SHRD, RW, MODRM | FORM_SECOND | FORM_IMM8 },
	{ 0x0fad, 1, ANY, MMIO_SHRD, RW, MODRM | FORM_SECOND | FORM_CL },
	{ 0xf6, 2, 0xf0, MMIO_MUL - 4, R, SIZED | FORM_NUMBER },
	{ 0x0fc7, 1, 0x02, MMIO_CMPXCHG_PAIR, RW, MODRM | FORM_DWORD | FORM_PAIR | FORM_LOCK },
	{ 0x38f0, 1, ANY, MMIO_MOVBE, R | TO, MODRM | FORM_NO_REP },
	{ 0x38f1, 1, ANY, MMIO_MOVBE, W, MODRM | FORM_NO_REP },
};

/* Some opcodes carry themselves the number that groups have in the reg field. */
static unsigned canonical(unsigned opcode, unsigned *reg)
{
	if (opcode >= 0x40 && (opcode & ~0x18U) != 0x0fa3)
		return opcode;
	*reg = opcode >> 3 & 7;
	return opcode < 0x40 ? opcode & 7 : 0x0fa3;
}

const struct mmio_opcode *mmio_opcode_find(unsigned opcode, unsigned reg, enum mmio_op *op)
{
	opcode = canonical(opcode, &reg);
	for (unsigned n = 0; n < ARRAY_SIZE(opcodes); n++) {
		const struct mmio_opcode *o = &opcodes[n];

		if (opcode - o->first >= o->count || !(o->regs >> reg & 1))
			continue;
		*op = o->op + (o->form & FORM_NUMBER ? reg : 0);
		return o;
	}
	return NULL;
}
