/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_prefix.h"

#include "lib/bits.h"
#include "vmx/vmcs.h"

#define VEX_L	   4
#define EVEX_FIXED 4 /* in the second byte; 0 in the first */
#define EVEX_ZERO  8

u64 mmio_take(struct mmio_cursor *c, unsigned size)
{
	unsigned bits = 0;
	u64 value = 0;

	do {
		value |= (u64)mmio_next(c) << bits;
		bits += 8;
	} while (bits < 8 * size);
	return bits_sign_extend(value, bits);
}

static void override(struct mmio_cursor *c, struct mmio_instruction *i, enum segment segment)
{
	/* 64-bit code has no other segments; there these prefixes do nothing. */
	if (c->code_bits == 64 && segment < SEG_FS)
		return;
	i->segment = (u8)segment;
	c->segment_given = true;
}

/* The opcode's first byte. REX counts only directly before it. SDM "REX Prefixes". */
static u8 prefixes(struct mmio_cursor *c, struct mmio_instruction *i)
{
	for (;;) {
		u8 byte = mmio_next(c);

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

/* What VEX and EVEX have alike: W and vvvv around, and the prefix that is implied. */
static unsigned vex_opcode(struct mmio_cursor *c, u8 rex, u8 last, unsigned map)
{
	static const u8 repeats[4] = {0, 0, 0xf3, 0xf2};
	static const u16 maps[8] = {0, 0x0f00, 0x3800, 0x3a00};
	u8 opcode = mmio_next(c);

	c->rex = c->code_bits == 64 ? 0x40 | rex : 0;
	c->w = rex & REX_W;
	c->size = (last & 3) == 1;
	c->repeat = repeats[last & 3];
	c->vvvv = ~last >> 3 & (c->code_bits == 64 ? 15 : 7);
	return MMIO_VEX | (map < 8 && maps[map] ? maps[map] | opcode : 0);
}

/*
 * C4 and C5: prefixes and opcode map in one, where it is not LES or LDS, which
 * have no register operand. MMIO_VEX alone is none of ours: LES, LDS, other
 * prefixes before it, another map. SDM "The VEX Prefix".
 */
static unsigned vex(struct mmio_cursor *c, unsigned opcode)
{
	u8 first = mmio_next(c), last = first, map = 1, rex = 0;

	if ((c->code_bits != 64 && first < 0xc0) || c->size || c->repeat || c->rex)
		return MMIO_VEX;
	if (opcode == 0xc4) {
		map = first & 31;
		rex = (first & 0x40 ? 0 : REX_X) | (first & 0x20 ? 0 : REX_B);
		last = mmio_next(c);
		rex |= last & 0x80 ? REX_W : 0;
	}
	rex |= first & 0x80 ? 0 : REX_R;
	c->vex = true;
	c->vector = last & VEX_L ? 1 : 0;
	return vex_opcode(c, rex, last, map);
}

/*
 * 62, where it is not BOUND, which has no register operand either.
 * SDM "Instruction Format and EVEX".
 */
static unsigned evex(struct mmio_cursor *c)
{
	u8 first = mmio_next(c), second, third, rex;

	if ((c->code_bits != 64 && first < 0xc0) || c->size || c->repeat || c->rex)
		return MMIO_VEX;
	second = mmio_next(c);
	third = mmio_next(c);
	/* A second register above 15 none of ours has. */
	if (first & EVEX_ZERO || !(second & EVEX_FIXED) || !(third & 8))
		return MMIO_VEX;
	rex = (~first >> 5 & 7) | (second & 0x80 ? REX_W : 0);
	c->vex = c->evex = true;
	c->high = first & 0x10 || c->code_bits != 64 ? 0 : 16;
	c->vector = third >> 5 & 3;
	c->zeroes = third & 0x80;
	c->broadcasts = third & 0x10;
	c->mask = third & 7;
	return vex_opcode(c, rex, second, first & 7);
}

unsigned mmio_opcode_of(struct mmio_cursor *c, struct mmio_instruction *i)
{
	unsigned opcode = prefixes(c, i);

	if (opcode == 0xc4 || opcode == 0xc5)
		return vex(c, opcode);
	if (opcode == 0x62)
		return evex(c);
	if (opcode != 0x0f)
		return opcode;
	opcode = mmio_next(c);
	if (opcode == 0x38 || opcode == 0x3a)
		return opcode << 8 | mmio_next(c);
	return 0x0f00 | opcode;
}
