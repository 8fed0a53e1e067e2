/* SPDX-License-Identifier: MIT */
/*
 * Exit qualifications as small structs. Pure.
 * SDM "Basic VM-Exit Information", tables "Exit Qualification for ...".
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"

struct cr_access {
	u8 cr;
	enum { CR_MOVE_TO, CR_MOVE_FROM, CR_CLTS, CR_LMSW } type;
	bool lmsw_memory; /* the LMSW operand was memory */
	u8 register_index;
	u16 lmsw_source;
};

static inline struct cr_access decode_cr_access(u64 q)
{
	return (struct cr_access){
		.cr = (u8)bits_get(q, 3, 0),
		.type = bits_get(q, 5, 4),
		.lmsw_memory = q & BIT(6),
		.register_index = (u8)bits_get(q, 11, 8),
		.lmsw_source = (u16)bits_get(q, 31, 16),
	};
}

struct dr_access {
	u8 dr;
	bool read; /* MOV from DR */
	u8 register_index;
};

static inline struct dr_access decode_dr_access(u64 q)
{
	return (struct dr_access){
		.dr = (u8)bits_get(q, 2, 0),
		.read = q & BIT(4),
		.register_index = (u8)bits_get(q, 11, 8),
	};
}

struct io_exit {
	unsigned size; /* bytes */
	bool in, string, rep, immediate;
	u16 port;
};

static __always_inline struct io_exit decode_io(u64 q)
{
	return (struct io_exit){
		.size = (unsigned)(q & 7) + 1,
		.in = q & BIT(3),
		.string = q & BIT(4),
		.rep = q & BIT(5),
		.immediate = q & BIT(6),
		.port = (u16)(q >> 16),
	};
}

struct ept_exit {
	bool read, write, fetch;
	u8 permissions; /* R, W, X of the EPT entries on the way */
	bool gva_valid;
	bool table_walk; /* valid with gva_valid: the access was to a paging structure */
	bool nmi_unblocked;
};

static inline struct ept_exit decode_ept_violation(u64 q)
{
	return (struct ept_exit){
		.read = q & BIT(0),
		.write = q & BIT(1),
		.fetch = q & BIT(2),
		.permissions = (u8)bits_get(q, 5, 3),
		.gva_valid = q & BIT(7),
		.table_walk = q & BIT(7) && !(q & BIT(8)),
		.nmi_unblocked = q & BIT(12),
	};
}

struct task_switch {
	u16 selector;
	enum { TASK_CALL, TASK_IRET, TASK_JMP, TASK_GATE } source;
};

static inline struct task_switch decode_task_switch(u64 q)
{
	return (struct task_switch){
		.selector = (u16)bits_get(q, 15, 0),
		.source = bits_get(q, 31, 30),
	};
}

/*
 * VM-exit instruction information of instructions with a memory operand.
 * SDM "VM-Exit Instruction Information", the formats for INS/OUTS and for
 * LIDT, LGDT, SIDT, SGDT, LLDT, LTR, SLDT, STR.
 */
struct instruction_info {
	u8 scale;	 /* shift */
	u8 address_size; /* 16, 32, 64 */
	bool is_register;
	u8 register1;	 /* when is_register (LLDT, LTR, SLDT, STR) */
	bool operand_32; /* LGDT, LIDT outside of 64-bit mode */
	u8 segment;
	u8 index, base;
	bool has_index, has_base;
	u8 identity; /* bits 29:28: which instruction */
};

static inline struct instruction_info decode_instruction_info(u32 i)
{
	return (struct instruction_info){
		.scale = i & 3,
		.register1 = (u8)bits_get(i, 6, 3),
		.address_size = (u8)(16 << bits_get(i, 9, 7)),
		.is_register = i & BIT(10),
		.operand_32 = i & BIT(11),
		.segment = (u8)bits_get(i, 17, 15),
		.index = (u8)bits_get(i, 21, 18),
		.has_index = !(i & BIT(22)),
		.base = (u8)bits_get(i, 26, 23),
		.has_base = !(i & BIT(27)),
		.identity = (u8)bits_get(i, 29, 28),
	};
}
