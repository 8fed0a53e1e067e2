/* SPDX-License-Identifier: MIT */
/*
 * Instructions that kernels use on device memory: bytes and mode in, a
 * small struct out. Pure. Forms without a memory operand, and whatever is
 * not listed here, are unknown. SDM "Instruction Format", "Opcode Map".
 */
#pragma once

#include "lib/types.h"

#define INSTRUCTION_MAX 15 /* bytes */

enum __packed mmio_op {
	/* RFLAGS are neither read nor written. */
	MMIO_MOV, /* and MOVZX, MOVNTI: the register may be wider than the memory */
	MMIO_MOVSX,
	MMIO_MOVBE,
	MMIO_XCHG,
	MMIO_NOT,
	/* Vector registers: see mmio_is_vector(). */
	MMIO_MMX,
	MMIO_XMM,      /* from bit 0; a load clears the rest of 128 bits */
	MMIO_XMM_LOW,  /* the lower half; a load leaves the rest as it is */
	MMIO_XMM_HIGH, /* the upper half; the same */
	MMIO_AVX,      /* from bit 0; a load clears the rest of the register */
	MMIO_AVX_LOW,  /* load of the lower half; the upper one is the second register's */
	MMIO_AVX_HIGH, /* the other way round */
	MMIO_EVEX,     /* as AVX; of 32 registers, up to 512 bits */
	/* They are. */
	MMIO_ADD, /* the eight in the order of their opcodes */
	MMIO_OR,
	MMIO_ADC,
	MMIO_SBB,
	MMIO_AND,
	MMIO_SUB,
	MMIO_XOR,
	MMIO_CMP,
	MMIO_TEST,
	MMIO_INC,
	MMIO_DEC,
	MMIO_NEG,
	MMIO_XADD,
	MMIO_CMPXCHG,
	MMIO_IMUL, /* the register operand, or the immediate, into the register */
	MMIO_BT, /* the four in the order of their opcodes */
	MMIO_BTS,
	MMIO_BTR,
	MMIO_BTC,
	MMIO_ROL, /* the eight in the order of their opcodes; SHL has two */
	MMIO_ROR,
	MMIO_RCL,
	MMIO_RCR,
	MMIO_SHL,
	MMIO_SHR,
	MMIO_SAL,
	MMIO_SAR,
	MMIO_SHLD, /* the second register comes in */
	MMIO_SHRD,
	MMIO_BSF, /* and TZCNT */
	MMIO_BSR, /* and LZCNT */
	MMIO_POPCNT,
	MMIO_CMOV,
	MMIO_SET,
	/* vmx/mmio_bmi.c's; not all of these touch RFLAGS. */
	MMIO_CRC32,
	MMIO_ADCX,
	MMIO_ADOX,
	MMIO_ANDN,
	MMIO_BLSR, /* the three in the order of their opcodes */
	MMIO_BLSMSK,
	MMIO_BLSI,
	MMIO_BZHI,
	MMIO_BEXTR,
	MMIO_PDEP,
	MMIO_PEXT,
	MMIO_SHLX,
	MMIO_SARX,
	MMIO_SHRX,
	MMIO_RORX,
	/* RDX and RAX are one operand: see mmio_is_pair(). */
	MMIO_MUL, /* the four in the order of their opcodes */
	MMIO_IMUL_PAIR,
	MMIO_DIV,
	MMIO_IDIV,
	MMIO_MULX, /* the second register gets the lower half */
	MMIO_CMPXCHG_PAIR, /* CMPXCHG8B, CMPXCHG16B */
	/* Not one memory operand, or not all of it: see mmio_is_special(). */
	MMIO_PUSH,
	MMIO_POP,
	MMIO_CALL, /* near */
	MMIO_JMP,
	MMIO_JMP_FAR,
	MMIO_FLUSH,	  /* CLFLUSH, CLFLUSHOPT, CLWB: a byte is looked for, but not read */
	MMIO_XLAT,	  /* AL is an index, too */
	/* Segments and tables: see mmio_is_system(). */
	MMIO_MOV_SEGMENT, /* from a segment register, which `reg` is */
	MMIO_MOV_TO_SEGMENT, /* ES, DS, FS, GS */
	MMIO_SLDT, /* the four in the order of their opcodes */
	MMIO_STR,
	MMIO_LLDT,
	MMIO_LTR,
	MMIO_SGDT, /* the four in the order of their opcodes */
	MMIO_SIDT,
	MMIO_LGDT,
	MMIO_LIDT,
	MMIO_SMSW,
	/* Masked moves: see mmio_is_masked(). */
	MMIO_AVX_MASKED,  /* elements for which the second register's sign is set */
	MMIO_EVEX_MASKED, /* elements for which the opmask register has a bit */
	/* Strings: see mmio_is_string(). */
	MMIO_MOVS,
	MMIO_CMPS,
	MMIO_STOS,
	MMIO_LODS,
	MMIO_SCAS,
};

static inline bool mmio_is_string(enum mmio_op op)
{
	return op >= MMIO_MOVS;
}

static inline bool mmio_is_special(enum mmio_op op)
{
	return op >= MMIO_PUSH;
}

static inline bool mmio_is_system(enum mmio_op op)
{
	return op >= MMIO_MOV_SEGMENT && op <= MMIO_SMSW;
}

static inline bool mmio_is_masked(enum mmio_op op)
{
	return op == MMIO_AVX_MASKED || op == MMIO_EVEX_MASKED;
}

static inline bool mmio_is_pair(enum mmio_op op)
{
	return op >= MMIO_MUL && op <= MMIO_CMPXCHG_PAIR;
}

static inline bool mmio_is_vector(enum mmio_op op)
{
	return op >= MMIO_MMX && op <= MMIO_EVEX;
}

/* What becomes of the operands. Strings: of the memory operands together. */
#define MMIO_READS	 0x01 /* the memory operand is read */
#define MMIO_WRITES	 0x02 /* and it is written */
#define MMIO_TO_REGISTER 0x04 /* the register operand is written */
#define MMIO_IMMEDIATE	 0x08 /* in place of the register operand */
#define MMIO_LOCK	 0x10
#define MMIO_REP	 0x20 /* and REPE */
#define MMIO_REPNE	 0x40
#define MMIO_REVERSED	 0x80 /* CMP: the register comes first, and nothing is written */

/* The number of the opmask register, 1 to 7; elements of 1 << this bytes. */
#define MMIO_MASK_REGISTER 0x07
#define MMIO_MASK_ZEROES   0x08 /* a load clears the other elements; else it leaves them */
#define MMIO_MASK_ELEMENT_SHIFT 4

/* Values of `base`, `index` and `second` that are no register. */
#define MMIO_NO_REGISTER 16
#define MMIO_RIP	 17 /* the address of the next instruction */

struct mmio_instruction {
	enum mmio_op op;
	u8 length;	  /* bytes, prefixes too */
	u8 flags;	  /* MMIO_READS ... */
	u8 size;	  /* bytes of the memory operand: 1, 2, 4, 8; of vectors up to 64 */
	u8 register_size; /* of the register operand; larger for MOVZX, MOVSX */
	u8 reg;		  /* its number; the accumulator for moffs and strings */
	u8 reg_shift;	  /* 8 for AH, CH, DH, BH, else 0 */
	u8 condition;	  /* CMOVcc, SETcc: the low four bits of the opcode */

	u8 segment;	 /* enum segment; strings: of the source */
	u8 address_size; /* bytes: 2, 4, 8 */
	u8 base, index, scale; /* base + (index << scale) + displacement */
	u8 second;	       /* one more register, or MMIO_NO_REGISTER */
	u8 mask;	       /* of masked moves: MMIO_MASK_... */
	u64 displacement;
	u64 immediate; /* sign-extended */
};

enum mmio_decoded {
	MMIO_KNOWN,
	MMIO_UNKNOWN,
	MMIO_UNDEFINED, /* LOCK where the processor does not allow it: #UD */
	MMIO_TRUNCATED, /* it goes on behind `length` */
};

/*
 * Decode the instruction at `code`, of which `length` bytes are there.
 * `code_bits`: 16, 32 or 64, as CS says. *i is valid when MMIO_KNOWN.
 */
enum mmio_decoded mmio_decode(const u8 *code, unsigned length, unsigned code_bits,
			      struct mmio_instruction *i);
