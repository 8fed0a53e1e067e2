/* SPDX-License-Identifier: MIT */
/*
 * What follows the opcode: ModR/M, SIB, displacement, immediate, in the order
 * of the bytes. Which opcodes there are is said by vmx/mmio_opcodes.c,
 * vmx/mmio_bmi_opcodes.c and vmx/mmio_vector_opcodes.c.
 */
#include "vmx/mmio_decode.h"

#include "lib/bits.h"
#include "vmx/mmio_bmi_opcodes.h"
#include "vmx/mmio_opcodes.h"
#include "vmx/mmio_prefix.h"
#include "vmx/mmio_vector_opcodes.h"
#include "vmx/vmcs.h"

#define RCX 1
#define RBX 3
#define RSP 4
#define RBP 5

/* SDM "16-Bit Addressing Forms with the ModR/M Byte". */
static void address16(struct mmio_cursor *c, struct mmio_instruction *i, unsigned mod, unsigned rm)
{
	static const struct {
		u8 base, index;
	} forms[8] = {
		{ 3, 6 }, { 3, 7 }, { RBP, 6 }, { RBP, 7 },
		{ 6, MMIO_NO_REGISTER }, { 7, MMIO_NO_REGISTER },
		{ RBP, MMIO_NO_REGISTER }, { 3, MMIO_NO_REGISTER },
	};

	if (mod == 0 && rm == 6) {
		i->displacement = mmio_take(c, 2);
		return;
	}
	i->base = forms[rm].base;
	i->index = forms[rm].index;
	i->displacement = mod ? mmio_take(c, mod) : 0;
}

/*
 * SDM "32-Bit Addressing Forms with the ModR/M Byte",
 * "32-Bit Addressing Forms with the SIB Byte".
 */
static void address32(struct mmio_cursor *c, struct mmio_instruction *i, unsigned mod, unsigned rm)
{
	unsigned base = rm;

	if (rm == RSP) {
		u8 sib = mmio_next(c);
		unsigned index = (sib >> 3 & 7) | (c->rex & REX_X ? 8 : 0);

		base = sib & 7;
		i->scale = sib >> 6;
		if (index != RSP)
			i->index = (u8)index;
	}
	if (mod == 0 && base == RBP) {
		if (rm == RBP && c->code_bits == 64)
			i->base = MMIO_RIP;
		i->displacement = mmio_take(c, 4);
		return;
	}
	i->base = (u8)(base | (c->rex & REX_B ? 8 : 0));
	if (mod)
		i->displacement = mmio_take(c, mod == 1 ? 1 : 4);
}

static void address(struct mmio_cursor *c, struct mmio_instruction *i, u8 modrm)
{
	if (i->address_size == 2)
		address16(c, i, modrm >> 6, modrm & 7);
	else
		address32(c, i, modrm >> 6, modrm & 7);
	/* SDM "Compressed Displacement (disp8*N) Support in EVEX" */
	if (unlikely(c->evex) && modrm >> 6 == 1)
		i->displacement *= i->size;
	if (!c->segment_given && (i->base == RSP || i->base == RBP))
		i->segment = SEG_SS;
}

static u8 operand_size(const struct mmio_cursor *c, u32 form)
{
	if (form & FORM_WORD)
		return 2;
	if (c->rex & REX_W)
		return 8;
	if (form & FORM_NEAR && c->code_bits == 64)
		return 8;
	if (form & (FORM_NO_66 | FORM_DWORD)) /* nor does 16-bit code have words */
		return 4;
	if (form & FORM_STACK && c->code_bits == 64)
		return c->size ? 2 : 8;
	return (c->code_bits == 16) == c->size ? 4 : 2;
}

static void sizes(const struct mmio_cursor *c, struct mmio_instruction *i, unsigned opcode,
		  u32 form)
{
	i->register_size = operand_size(c, form);
	if (form & FORM_ONE_BYTE || (form & FORM_BYTE && !(opcode & 1)))
		i->register_size = 1;
	i->size = i->register_size;
	if (form & FORM_EXTEND)
		i->size = opcode & 1 ? 2 : 1;
	else if (i->op == MMIO_MOVSX)
		i->size = MIN(i->size, 4);
	else if (form & FORM_PAIR)
		i->size *= 2;
	else if (form & FORM_FAR)
		i->size += 2;
	else if (form & FORM_TABLE) /* limit and base; of the base 24 bits count by operand size */
		i->size = c->code_bits == 64 ? 10 : 6;
	if (form & FORM_WIDE)
		i->register_size = c->rex & REX_W ? 8 : 4;
}

static void register_operand(const struct mmio_cursor *c, struct mmio_instruction *i, u8 modrm)
{
	i->reg = (modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0);
	if (i->register_size == 1 && !c->rex && i->reg & 4) {
		i->reg &= 3;
		i->reg_shift = 8;
	}
}

/* Those of an opcode with a ModR/M byte, but for the operand in memory. */
static void registers(const struct mmio_cursor *c, struct mmio_instruction *i, u8 modrm, u32 form)
{
	register_operand(c, i, modrm);
	if (form & FORM_SECOND)
		i->second = i->reg;
	if (form & FORM_VVVV)
		i->second = c->vvvv;
	if (form & FORM_TO_VVVV)
		i->reg = c->vvvv;
	if (form & FORM_CL) {
		i->reg = RCX;
		i->reg_shift = 0;
	}
}

static void immediate(struct mmio_cursor *c, struct mmio_instruction *i, u32 form)
{
	if (form & FORM_ONE)
		i->immediate = 1;
	if (form & (FORM_IMM8 | FORM_IMM | FORM_ONE))
		i->flags |= MMIO_IMMEDIATE;
	if (!(form & (FORM_IMM8 | FORM_IMM)))
		return;
	i->immediate = mmio_take(c, form & FORM_IMM8 ? 1 : MIN(i->size, 4));
}

/* Is it another instruction, or none, in this mode and with these prefixes? */
static bool excluded(const struct mmio_cursor *c, u32 form)
{
	return form & (c->code_bits == 64 ? FORM_CODE32 : FORM_CODE64) ||
	       (form & FORM_NO_66 && c->size) || (form & FORM_NO_REP && c->repeat) ||
	       (form & FORM_F3 && c->repeat != 0xf3);
}

static enum mmio_decoded finish(const struct mmio_cursor *c, struct mmio_instruction *i, u32 form)
{
	if (c->truncated)
		return MMIO_TRUNCATED;
	if (c->lock && !(form & FORM_LOCK))
		return MMIO_UNDEFINED;
	i->flags |= (c->lock ? MMIO_LOCK : 0) | (c->repeat == 0xf3 ? MMIO_REP : 0) |
		    (c->repeat == 0xf2 ? MMIO_REPNE : 0);
	i->length = (u8)c->at;
	return MMIO_KNOWN;
}

/* Moves of vector registers: prefixes tell them apart, and give nothing else. */
static enum mmio_decoded decode_vector(struct mmio_cursor *c, struct mmio_instruction *i,
				       unsigned opcode)
{
	bool more = c->at < c->length;
	u8 modrm = mmio_next(c);

	if (!more)
		return MMIO_TRUNCATED;
	if (modrm >= 0xc0 || !mmio_vector_find(c, opcode, i))
		return MMIO_UNKNOWN;
	i->register_size = i->size;
	register_operand(c, i, modrm);
	i->reg |= c->high;
	if (i->op == MMIO_MMX)
		i->reg &= 7;
	address(c, i, modrm);
	return finish(c, i, 0);
}

static enum mmio_decoded decode(struct mmio_cursor *c, struct mmio_instruction *i)
{
	unsigned opcode = mmio_opcode_of(c, i);
	bool more = c->at < c->length;
	u8 modrm = more ? c->code[c->at] : 0; /* if the opcode has one */
	const struct mmio_opcode *o = mmio_opcode_find(opcode, modrm >> 3 & 7, &i->op);

	if (!o || excluded(c, o->form))
		o = mmio_bmi_find(c, opcode, modrm >> 3 & 7, &i->op);
	if (!o)
		return decode_vector(c, i, opcode);

	i->flags = o->flags;
	i->condition = opcode & 15;
	sizes(c, i, opcode, o->form);
	if (o->form & FORM_MODRM) {
		if (modrm >= 0xc0)
			return MMIO_UNKNOWN;
		mmio_next(c);
		registers(c, i, modrm, o->form);
		address(c, i, modrm);
	} else if (i->op == MMIO_XLAT) {
		i->base = RBX;
	} else if (o->form & FORM_MOFFS) {
		i->displacement = mmio_take(c, i->address_size);
	}
	immediate(c, i, o->form);
	return finish(c, i, o->form);
}

enum mmio_decoded mmio_decode(const u8 *code, unsigned length, unsigned code_bits,
			      struct mmio_instruction *i)
{
	struct mmio_cursor c = { .code = code,
			    .length = MIN(length, INSTRUCTION_MAX),
			    .code_bits = code_bits };

	*i = (struct mmio_instruction){
		.segment = SEG_DS,
		.address_size = (u8)(code_bits / 8),
		.base = MMIO_NO_REGISTER,
		.index = MMIO_NO_REGISTER,
		.second = MMIO_NO_REGISTER,
	};
	return decode(&c, i);
}
