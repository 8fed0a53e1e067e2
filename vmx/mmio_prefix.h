/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an instruction, one after the other, and what prefixes and
 * opcode say. For mmio_decode() only. Pure.
 */
#pragma once

#include "lib/types.h"
#include "vmx/mmio_decode.h"

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

struct mmio_cursor {
	const u8 *code;
	unsigned at, length;
	bool truncated;

	unsigned code_bits;
	u8 rex; /* 0: none; VEX has the same bits */
	bool size, lock, segment_given;
	u8 repeat;	/* F2, F3 or 0 */
	bool vex, evex; /* both for EVEX */
	u8 vector;	/* of 128 bits << this; 3 with EVEX is none */
	bool w;		/* of VEX and EVEX, also where it is no operand size */
	u8 vvvv;	/* the register there; 0 where it says that there is none, too */
	u8 high;	/* 16: added to the register by EVEX */
	u8 mask;	/* EVEX.aaa */
	bool zeroes, broadcasts;
};

/* The next byte; 0 where they end. */
static inline u8 mmio_next(struct mmio_cursor *c)
{
	if (likely(c->at < c->length))
		return c->code[c->at++];
	c->truncated = true;
	return 0;
}

/* The one of 66, F3, F2 that tells instructions apart, or 0. SDM "Opcode Map" */
static inline u8 mmio_mandatory_prefix(const struct mmio_cursor *c)
{
	return c->repeat ? c->repeat : c->size ? 0x66 : 0;
}

/* `size` (not 0) bytes, sign-extended. */
u64 mmio_take(struct mmio_cursor *c, unsigned size);

/*
 * Up to the opcode. Opcodes of two bytes are 0F00H and the last byte, those
 * of three 3800H or 3A00H and the last; VEX and EVEX add MMIO_VEX.
 */
unsigned mmio_opcode_of(struct mmio_cursor *c, struct mmio_instruction *i);

#define MMIO_VEX 0x10000U
