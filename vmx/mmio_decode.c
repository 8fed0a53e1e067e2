/* SPDX-License-Identifier: MIT */
/*
 * Prefixes, opcode, ModR/M, SIB, displacement, immediate: in the order of
 * the bytes. Which opcodes there are is vmx/mmio_opcodes.c's.
 */
#include "vmx/mmio_decode.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vmx/mmio_opcodes.h"
#include "vmx/vmcs.h"

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

#define RSP 4
#define RBP 5

struct cursor {
	const u8 *code;
	unsigned at, length;
	bool truncated;

	unsigned code_bits;
	u8 rex;		 /* 0: none */
	bool size, lock, segment_given;
	u8 repeat;	 /* F2, F3 or 0 */
};

/* The next byte; 0 where they end. */
static inline u8 next(struct cursor *c)
{
	if (likely(c->at < c->length))
		return c->code[c->at++];
	c->truncated = true;
	return 0;
}

/* `size` (not 0) bytes, sign-extended. */
static u64 take(struct cursor *c, unsigned size)
{
	unsigned bits = 0;
	u64 value = 0;

	do {
		value |= (u64)next(c) << bits;
		bits += 8;
	} while (bits < 8 * size);
	return bits_sign_extend(value, bits);
}

static void override(struct cursor *c, struct mmio_instruction *i, enum segment segment)
{
	/* 64-bit code has no other segments; there these prefixes do nothing. */
	if (c->code_bits == 64 && segment < SEG_FS)
		return;
	i->segment = (u8)segment;
	c->segment_given = true;
}

/* The opcode's first byte. REX counts only directly before it. SDM "REX Prefixes". */
static u8 prefixes(struct cursor *c, struct mmio_instruction *i)
{
	for (;;) {
		u8 byte = next(c);

		switch (byte) {
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			override(c, i, byte >> 3 & 3);
			break;
		case 0x64:
		case 0x65:
			override(c, i, byte & 7);
			break;
		case 0x66:
			c->size = true;
			break;
		case 0x67:
			i->address_size = c->code_bits == 32 ? 2 : 4;
			break;
		case 0xf0:
			c->lock = true;
			break;
		case 0xf2:
		case 0xf3:
			c->repeat = byte;
			break;
		case 0x40 ... 0x4f:
			if (c->code_bits == 64) {
				c->rex = byte;
				continue;
			}
			return byte;
		default:
			return byte;
		}
		c->rex = 0;
	}
}

/* SDM "16-Bit Addressing Forms with the ModR/M Byte". */
static void address16(struct cursor *c, struct mmio_instruction *i, unsigned mod, unsigned rm)
{
	static const struct {
		u8 base, index;
	} forms[8] = {
		{ 3, 6 }, { 3, 7 }, { RBP, 6 }, { RBP, 7 },
		{ 6, MMIO_NO_REGISTER }, { 7, MMIO_NO_REGISTER },
		{ RBP, MMIO_NO_REGISTER }, { 3, MMIO_NO_REGISTER },
	};

	if (mod == 0 && rm == 6) {
		i->displacement = take(c, 2);
		return;
	}
	i->base = forms[rm].base;
	i->index = forms[rm].index;
	i->displacement = mod ? take(c, mod) : 0;
}

/*
 * SDM "32-Bit Addressing Forms with the ModR/M Byte",
 * "32-Bit Addressing Forms with the SIB Byte".
 */
static void address32(struct cursor *c, struct mmio_instruction *i, unsigned mod, unsigned rm)
{
	unsigned base = rm;

	if (rm == RSP) {
		u8 sib = next(c);
		unsigned index = (sib >> 3 & 7) | (c->rex & REX_X ? 8 : 0);

		base = sib & 7;
		i->scale = sib >> 6;
		if (index != RSP)
			i->index = (u8)index;
	}
	if (mod == 0 && base == RBP) {
		if (rm == RBP && c->code_bits == 64)
			i->base = MMIO_RIP;
		i->displacement = take(c, 4);
		return;
	}
	i->base = (u8)(base | (c->rex & REX_B ? 8 : 0));
	if (mod)
		i->displacement = take(c, mod == 1 ? 1 : 4);
}

static void address(struct cursor *c, struct mmio_instruction *i, u8 modrm)
{
	if (i->address_size == 2)
		address16(c, i, modrm >> 6, modrm & 7);
	else
		address32(c, i, modrm >> 6, modrm & 7);
	if (!c->segment_given && (i->base == RSP || i->base == RBP))
		i->segment = SEG_SS;
}

static u8 operand_size(const struct cursor *c, u16 form)
{
	if (c->rex & REX_W)
		return 8;
	if (form & FORM_NO_66) /* nor does 16-bit code have words */
		return 4;
	if (form & FORM_STACK && c->code_bits == 64)
		return c->size ? 2 : 8;
	return (c->code_bits == 16) == c->size ? 4 : 2;
}

static void sizes(const struct cursor *c, struct mmio_instruction *i, unsigned opcode, u16 form)
{
	i->register_size = operand_size(c, form);
	if (i->op == MMIO_SET || (form & FORM_BYTE && !(opcode & 1)))
		i->register_size = 1;
	i->size = i->register_size;
	if (form & FORM_EXTEND)
		i->size = opcode & 1 ? 2 : 1;
	else if (i->op == MMIO_MOVSX)
		i->size = MIN(i->size, 4);
}

static void register_operand(const struct cursor *c, struct mmio_instruction *i, u8 modrm)
{
	i->reg = (modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0);
	if (i->register_size == 1 && !c->rex && i->reg & 4) {
		i->reg &= 3;
		i->reg_shift = 8;
	}
}

static void immediate(struct cursor *c, struct mmio_instruction *i, u16 form)
{
	if (!(form & (FORM_IMM8 | FORM_IMM)))
		return;
	i->flags |= MMIO_IMMEDIATE;
	i->immediate = take(c, form & FORM_IMM8 ? 1 : MIN(i->size, 4));
}

/* 0F and 38 lead to maps of their own. */
static unsigned opcode_of(struct cursor *c, struct mmio_instruction *i)
{
	unsigned opcode = prefixes(c, i);

	if (opcode != 0x0f)
		return opcode;
	opcode = next(c);
	return opcode == 0x38 ? 0x3800 | next(c) : 0x0f00 | opcode;
}

/* Is it another instruction, or none, in this mode and with these prefixes? */
static bool excluded(const struct cursor *c, u16 form)
{
	return form & (c->code_bits == 64 ? FORM_CODE32 : FORM_CODE64) ||
	       (form & FORM_NO_66 && c->size) || (form & FORM_NO_REP && c->repeat);
}

static enum mmio_decoded decode(struct cursor *c, struct mmio_instruction *i)
{
	unsigned opcode = opcode_of(c, i);
	bool more = c->at < c->length;
	u8 modrm = more ? c->code[c->at] : 0; /* if the opcode has one */
	const struct mmio_opcode *o = mmio_opcode_find(opcode, modrm >> 3 & 7, &i->op);

	if (!o || excluded(c, o->form))
		return more ? MMIO_UNKNOWN : MMIO_TRUNCATED;

	i->flags = o->flags;
	i->condition = opcode & 15;
	sizes(c, i, opcode, o->form);
	if (o->form & FORM_MODRM) {
		if (modrm >= 0xc0)
			return MMIO_UNKNOWN;
		next(c);
		register_operand(c, i, modrm);
		address(c, i, modrm);
	} else if (o->form & FORM_MOFFS) {
		i->displacement = take(c, i->address_size);
	}
	immediate(c, i, o->form);
	if (c->truncated)
		return MMIO_TRUNCATED;
	if (c->lock && !(o->form & FORM_LOCK))
		return MMIO_UNDEFINED;
	i->flags |= (c->lock ? MMIO_LOCK : 0) | (c->repeat == 0xf3 ? MMIO_REP : 0) |
		    (c->repeat == 0xf2 ? MMIO_REPNE : 0);
	i->length = (u8)c->at;
	return MMIO_KNOWN;
}

enum mmio_decoded mmio_decode(const u8 *code, unsigned length, unsigned code_bits,
			      struct mmio_instruction *i)
{
	struct cursor c = { .code = code,
			    .length = MIN(length, INSTRUCTION_MAX),
			    .code_bits = code_bits };

	*i = (struct mmio_instruction){
		.segment = SEG_DS,
		.address_size = (u8)(code_bits / 8),
		.base = MMIO_NO_REGISTER,
		.index = MMIO_NO_REGISTER,
	};
	return decode(&c, i);
}
