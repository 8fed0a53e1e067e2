/* SPDX-License-Identifier: MIT */
/*
 * Random instructions with one memory operand, at RSI, for
 * guest/test_fuzz_devices.c: those that Trivet carries out on device memory.
 */
#pragma once

#include "guest/guest.h"

#define CODE_ROOM 64

#define RFLAGS_TF    0x100UL
#define FLAGS_STATUS 0x8d5U
#define FLAG_CF	     0x001U
#define FLAG_PF	     0x004U
#define FLAG_AF	     0x010U
#define FLAG_ZF	     0x040U
#define FLAG_SF	     0x080U
#define FLAG_OF	     0x800U
#define NOT_AF	     (FLAGS_STATUS & ~FLAG_AF)
#define NOT_AF_OF    (NOT_AF & ~FLAG_OF)
#define NOT_AF_PF    (NOT_AF & ~FLAG_PF)

enum {
	BYTE = 1, SIZED = 2, IMM8 = 4, IMM = 8, VECTOR = 16, W = 32, VEX = 64, PAIR = 128,
	BMI = 256, NO_VVVV = 512,
	EVEX = 1024, EVEX1 = 2048, /* with W clear, and set */
	MASK = 4096, ONLY = 8192,  /* may be masked; there is no other encoding */
	SIGNS = 16384,		   /* VEX.vvvv has the mask */
};

/* From `opcode`, `count` of them; with which prefix, in which map (0: one byte). */
static const struct shape {
	u8 map, prefix, opcode, count;
	u8 first, last; /* the reg field, where it is an opcode; else 0 to 7 */
	u8 size;
	u16 how;
	u32 flags; /* that are defined */
} shapes[] = {
	{0, 0, 0x00, 4, 0, 7, 0, SIZED, NOT_AF},
	{0, 0, 0x10, 4, 0, 7, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0x28, 4, 0, 7, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0x38, 4, 0, 7, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0x80, 1, 0, 7, 0, SIZED | IMM8, NOT_AF},
	{0, 0, 0x81, 1, 0, 7, 0, SIZED | IMM, NOT_AF},
	{0, 0, 0x83, 1, 0, 7, 0, SIZED | IMM8, NOT_AF},
	{0, 0, 0x84, 4, 0, 7, 0, SIZED, NOT_AF},
	{0, 0, 0x88, 4, 0, 7, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0xc6, 1, 0, 0, 0, SIZED | IMM8, FLAGS_STATUS},
	{0, 0, 0xc7, 1, 0, 0, 0, SIZED | IMM, FLAGS_STATUS},
	{0, 0, 0xc0, 2, 0, 7, 0, SIZED | IMM8, 0},
	{0, 0, 0xd2, 2, 0, 7, 0, SIZED, 0},
	{0, 0, 0xd0, 2, 0, 3, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0xd0, 2, 4, 7, 0, SIZED, NOT_AF},
	{0, 0, 0xf6, 1, 0, 0, 0, SIZED | IMM8, NOT_AF},
	{0, 0, 0xf7, 1, 0, 0, 0, SIZED | IMM, NOT_AF},
	{0, 0, 0xf6, 2, 2, 3, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0xf6, 2, 4, 5, 0, SIZED, FLAG_CF | FLAG_OF},
	{0, 0, 0xf6, 2, 6, 7, 0, SIZED, 0},
	{0, 0, 0xfe, 2, 0, 1, 0, SIZED, FLAGS_STATUS},
	{0, 0, 0x69, 1, 0, 7, 0, IMM, FLAG_CF | FLAG_OF},
	{0, 0, 0x6b, 1, 0, 7, 0, IMM8, FLAG_CF | FLAG_OF},
	{0, 0, 0x63, 1, 0, 7, 4, 0, FLAGS_STATUS},
	{1, 0, 0xaf, 1, 0, 7, 0, 0, FLAG_CF | FLAG_OF},
	{1, 0, 0xb6, 2, 0, 7, 1, SIZED, FLAGS_STATUS},
	{1, 0, 0xbe, 2, 0, 7, 1, SIZED, FLAGS_STATUS},
	{1, 0, 0xbc, 2, 0, 7, 0, 0, FLAG_ZF},
	{1, 0xf3, 0xbc, 2, 0, 7, 0, 0, FLAG_ZF | FLAG_CF},
	{1, 0xf3, 0xb8, 1, 0, 7, 0, 0, FLAGS_STATUS},
	{1, 0, 0xba, 1, 4, 7, 0, IMM8, FLAG_CF | FLAG_ZF},
	{1, 0, 0x40, 16, 0, 7, 0, 0, FLAGS_STATUS},
	{1, 0, 0x90, 16, 0, 7, 1, 0, FLAGS_STATUS},
	{1, 0, 0xa4, 1, 0, 7, 0, IMM8, NOT_AF_OF},
	{1, 0, 0xa5, 1, 0, 7, 0, 0, NOT_AF_OF},
	{1, 0, 0xac, 1, 0, 7, 0, IMM8, NOT_AF_OF},
	{1, 0, 0xad, 1, 0, 7, 0, 0, NOT_AF_OF},
	{1, 0, 0xc7, 1, 1, 1, 8, PAIR, FLAGS_STATUS},
	{1, 0, 0xae, 1, 7, 7, 1, 0, FLAGS_STATUS},
	{1, 0x66, 0xae, 1, 6, 7, 1, 0, FLAGS_STATUS},
	{0, 0, 0x8c, 1, 0, 5, 2, 0, FLAGS_STATUS},
	{1, 0, 0xb0, 2, 0, 7, 0, SIZED, FLAGS_STATUS},
	{1, 0, 0xc0, 2, 0, 7, 0, SIZED, FLAGS_STATUS},
	{1, 0, 0xc3, 1, 0, 7, 4, W, FLAGS_STATUS},
	{2, 0, 0xf0, 2, 0, 7, 0, 0, FLAGS_STATUS},
	{2, 0xf2, 0xf0, 2, 0, 7, 0, SIZED, FLAGS_STATUS},
	{2, 0x66, 0xf6, 1, 0, 7, 0, 0, FLAGS_STATUS},
	{2, 0xf3, 0xf6, 1, 0, 7, 0, 0, FLAGS_STATUS & ~FLAG_OF}, /* ADOX: Bochs 2.7 has it wrong */
	{2, 0, 0xf2, 1, 0, 7, 0, BMI, NOT_AF_PF},
	{2, 0, 0xf3, 1, 1, 3, 0, BMI, NOT_AF_PF},
	{2, 0, 0xf5, 1, 0, 7, 0, BMI, NOT_AF_PF},
	{2, 0xf2, 0xf5, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{2, 0xf3, 0xf5, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{2, 0xf2, 0xf6, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{2, 0, 0xf7, 1, 0, 7, 0, BMI, NOT_AF_PF & ~FLAG_SF},
	{2, 0x66, 0xf7, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{2, 0xf2, 0xf7, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{2, 0xf3, 0xf7, 1, 0, 7, 0, BMI, FLAGS_STATUS},
	{3, 0xf2, 0xf0, 1, 0, 7, 0, BMI | NO_VVVV | IMM8, FLAGS_STATUS},
	{1, 0, 0x10, 2, 0, 7, 16, VECTOR | VEX | EVEX | MASK, FLAGS_STATUS},
	{1, 0x66, 0x10, 2, 0, 7, 16, VECTOR | VEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0xf3, 0x10, 2, 0, 7, 4, VECTOR | VEX | EVEX | MASK, FLAGS_STATUS},
	{1, 0xf2, 0x10, 2, 0, 7, 8, VECTOR | VEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0, 0x12, 2, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0x66, 0x12, 2, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0, 0x16, 2, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0x66, 0x16, 2, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0, 0x28, 2, 0, 7, 16, VECTOR | VEX | EVEX | MASK, FLAGS_STATUS},
	{1, 0x66, 0x2b, 1, 0, 7, 16, VECTOR | VEX | EVEX1, FLAGS_STATUS},
	{1, 0, 0x6e, 1, 0, 7, 4, VECTOR | W, FLAGS_STATUS},
	{1, 0, 0x7e, 1, 0, 7, 4, VECTOR | W, FLAGS_STATUS},
	{1, 0x66, 0x6e, 1, 0, 7, 4, VECTOR | W, FLAGS_STATUS},
	{1, 0x66, 0x7e, 1, 0, 7, 4, VECTOR | W, FLAGS_STATUS},
	{1, 0, 0x6f, 1, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0, 0x7f, 1, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0x66, 0x6f, 1, 0, 7, 16, VECTOR | VEX | EVEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0x66, 0x7f, 1, 0, 7, 16, VECTOR | VEX | EVEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0xf3, 0x6f, 1, 0, 7, 16, VECTOR | VEX | EVEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0xf3, 0x7f, 1, 0, 7, 16, VECTOR | VEX | EVEX | EVEX1 | MASK, FLAGS_STATUS},
	{1, 0xf3, 0x7e, 1, 0, 7, 8, VECTOR | EVEX1, FLAGS_STATUS},
	{1, 0x66, 0xd6, 1, 0, 7, 8, VECTOR | EVEX1, FLAGS_STATUS},
	{1, 0xf2, 0xf0, 1, 0, 7, 16, VECTOR | VEX, FLAGS_STATUS},
	{1, 0, 0xe7, 1, 0, 7, 8, VECTOR, FLAGS_STATUS},
	{1, 0x66, 0xe7, 1, 0, 7, 16, VECTOR | VEX | EVEX, FLAGS_STATUS},
	{2, 0x66, 0x2a, 1, 0, 7, 16, VECTOR | VEX | EVEX, FLAGS_STATUS},
	{1, 0xf2, 0x6f, 1, 0, 7, 16, VECTOR | EVEX | EVEX1 | MASK | ONLY, FLAGS_STATUS},
	{1, 0xf2, 0x7f, 1, 0, 7, 16, VECTOR | EVEX | EVEX1 | MASK | ONLY, FLAGS_STATUS},
	{2, 0x66, 0x2c, 4, 0, 7, 16, VECTOR | VEX | ONLY | SIGNS, FLAGS_STATUS},
	{2, 0x66, 0x8c, 1, 0, 7, 16, VECTOR | VEX | ONLY | SIGNS, FLAGS_STATUS},
	{2, 0x66, 0x8e, 1, 0, 7, 16, VECTOR | VEX | ONLY | SIGNS, FLAGS_STATUS},
};

struct instruction {
	unsigned length, size, scale;
	u64 displacement;
	u32 flags;
	bool wide_address; /* the upper half of RSI does not count */
};

static u64 state = 0x5eed;

/* xorshift64*: the same numbers from the same seed, whatever compiles this. */
static u64 random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static unsigned below(unsigned n)
{
	return (unsigned)(random() >> 33) % n;
}

static const u8 pp[] = {[0] = 0, [0x66] = 1, [0xf3] = 2, [0xf2] = 3};

/* VEX with a register in vvvv, but neither RSP nor RSI; inverted. */
static u8 *put_bmi(const struct shape *s, struct instruction *i, u8 *at)
{
	static const u8 vvvv[] = {0, 1, 2, 3, 5, 7, 8, 12};
	bool wide = below(2);
	unsigned reg = s->how & NO_VVVV ? 0 : vvvv[below(8)];

	*at++ = 0xc4;
	*at++ = (u8)((below(2) << 7) | 0x60 | s->map);
	*at++ = (u8)(wide << 7 | (~reg & 15) << 3 | pp[s->prefix]);
	i->size = wide ? 8 : 4;
	return at;
}

/* Of 32 registers, up to 512 bits; often under a mask. A displacement counts operands. */
static u8 *put_evex(const struct shape *s, struct instruction *i, u8 opcode, u8 *at)
{
	bool w = s->how & EVEX1 && (!(s->how & EVEX) || below(2));
	unsigned length = s->size == 16 ? below(3) : 0;
	unsigned mask = s->how & MASK && below(2) ? 1 + below(7) : 0;
	bool load = opcode == 0x10 || opcode == 0x28 || opcode == 0x6f;
	bool zeroes = mask && load && below(2);

	*at++ = 0x62;
	*at++ = (u8)(below(2) << 7 | 0x60 | below(2) << 4 | s->map);
	*at++ = (u8)(w << 7 | 0x7c | pp[s->prefix]);
	*at++ = (u8)(zeroes << 7 | length << 5 | 8 | mask);
	i->size <<= length;
	i->scale = i->size;
	return at;
}

static u8 *put_vex(const struct shape *s, struct instruction *i, u8 *at)
{
	bool wide = below(2);

	*at++ = 0xc4;
	*at++ = (u8)((below(2) << 7) | 0x60 | s->map);
	*at++ = (u8)((s->how & SIGNS ? below(16) << 3 : 0x78) | wide << 2 | pp[s->prefix]);
	if (wide && s->size == 16)
		i->size = 32;
	return at;
}

static u8 *put_legacy(const struct shape *s, struct instruction *i, u8 opcode, u8 *at)
{
	bool word = !s->prefix && !s->size && !below(4), rex_w = below(2), rex = below(2) || rex_w;

	if (word)
		*at++ = 0x66;
	if (s->prefix)
		*at++ = s->prefix;
	if (rex)
		*at++ = (u8)(0x40 | rex_w << 3 | below(2) << 2);
	if (s->map)
		*at++ = 0x0f;
	if (s->map == 2)
		*at++ = 0x38;
	if (!i->size)
		i->size = s->how & SIZED && !(opcode & 1) ? 1 : rex && rex_w ? 8 : word ? 2 : 4;
	else if (s->how & W && rex && rex_w)
		i->size = 8;
	else if (s->how & PAIR && rex && rex_w)
		i->size = 16;
	else if (s->how & SIZED)
		i->size = opcode & 1 ? 2 : 1;
	return at;
}

/* POPF, the instruction, and a jump to the address that follows it. */
static void make_instruction(struct instruction *i, u8 *code)
{
	const struct shape *s = &shapes[below(sizeof(shapes) / sizeof(shapes[0]))];
	u8 opcode = (u8)(s->opcode + below(s->count)), *at = code, reg;
	unsigned immediate;

	*i = (struct instruction){
		.size = s->size, .flags = s->flags, .scale = 1, .wide_address = !below(4)};
	*at++ = 0x9d;
	if (i->wide_address)
		*at++ = 0x67;
	if (s->how & BMI)
		at = put_bmi(s, i, at);
	else if (s->how & (EVEX | EVEX1) && (s->how & ONLY || below(2)))
		at = put_evex(s, i, opcode, at);
	else if (s->how & VEX && (s->how & ONLY || below(2)))
		at = put_vex(s, i, at);
	else
		at = put_legacy(s, i, opcode, at);
	do
		reg = (u8)(s->first + below(s->last - s->first + 1U));
	while (!(s->how & VECTOR) && s->last - s->first == 7 && (reg == 4 || reg == 6));
	*at++ = opcode;
	*at++ = (u8)(0x46 | reg << 3);
	i->displacement = below(128);
	*at++ = (u8)i->displacement;
	i->displacement *= i->scale;
	immediate = s->how & IMM8 ? 1 : s->how & IMM ? (i->size < 4 ? i->size : 4) : 0;
	while (immediate--)
		*at++ = (u8)random();
	i->length = (unsigned)(at - code) - 1;
	*at++ = 0xff; /* JMP */
	*at++ = 0x25;
	for (unsigned n = 0; n < 4; n++)
		*at++ = 0;
}
