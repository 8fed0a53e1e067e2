/* SPDX-License-Identifier: MIT */
/*
 * The opcodes that mmio_decode() knows: one table. Pure.
 * SDM "Opcode Map", "Opcode Extensions for One-byte and Two-byte Opcodes".
 */
#pragma once

#include "vmx/mmio_decode.h"

/* Opcodes of two bytes are 0F00H and the last byte, those of three 3800H and the last. */
struct mmio_opcode {
	u16 first;
	u8 count; /* opcodes in a row */
	u8 regs;  /* which values of the ModR/M byte's reg field are this one: a bit each */
	u8 op;	  /* enum mmio_op */
	u8 flags; /* MMIO_READS, MMIO_WRITES, MMIO_TO_REGISTER */
	u32 form; /* FORM_... */
};

#define FORM_MODRM    0x0000001
#define FORM_BYTE     0x0000002 /* bit 0 of the opcode clear: bytes, not the operand size */
#define FORM_IMM8     0x0000004
#define FORM_IMM      0x0000008 /* of the operand size, at most 32 bits */
#define FORM_LOCK     0x0000010 /* LOCK is allowed */
#define FORM_NUMBER   0x0000020 /* the operation is `op` plus the reg field */
#define FORM_MOFFS    0x0000040
#define FORM_CODE64   0x0000080 /* only in 64-bit code */
#define FORM_CODE32   0x0000100 /* not in 64-bit code */
#define FORM_STACK    0x0000200 /* the operand size is 64 bits in 64-bit code */
#define FORM_EXTEND   0x0000400 /* memory narrower than the register: 1 or 2 bytes by bit 0 */
#define FORM_NO_66    0x0000800 /* with 66 it is another instruction */
#define FORM_NO_REP   0x0001000 /* with F2 or F3 it is another instruction */
#define FORM_F3       0x0002000 /* only with F3 */
#define FORM_ONE      0x0004000 /* the immediate is 1 */
#define FORM_CL       0x0008000 /* the register operand is CL */
#define FORM_SECOND   0x0010000 /* the reg field is the second register: there is a count as well */
#define FORM_DWORD    0x0020000 /* the operand size is 32 bits or 64, by REX.W alone */
#define FORM_PAIR     0x0040000 /* memory of twice the operand size */
#define FORM_VVVV     0x0080000 /* VEX.vvvv is the second register */
#define FORM_TO_VVVV  0x0100000 /* VEX.vvvv is the register operand */
#define FORM_WIDE     0x0200000 /* a register of 32 bits or 64, whatever the memory */
#define FORM_NEAR     0x0400000 /* the operand size is 64 bits in 64-bit code, even with 66 */
#define FORM_ONE_BYTE 0x0800000 /* the operand has one byte */
#define FORM_WORD     0x1000000 /* two, whatever the operand size */
#define FORM_TABLE    0x2000000 /* GDTR or IDTR */
#define FORM_FAR      0x4000000 /* an offset of the operand size, and behind it a selector */

/* The opcode's row and operation, or NULL; `reg` is the reg field of the byte behind it. */
const struct mmio_opcode *mmio_opcode_find(unsigned opcode, unsigned reg, enum mmio_op *op);
