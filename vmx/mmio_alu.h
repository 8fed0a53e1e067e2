/* SPDX-License-Identifier: MIT */
/*
 * What the instructions of vmx/mmio_decode.h compute, and the flags they
 * leave. Pure: operand values in, operand values out. Flags that the manual
 * calls undefined become what processors make of them: AF of a logical
 * operation is cleared, BT and the like leave all but CF alone.
 */
#pragma once

#include "vmx/mmio_decode.h"

struct mmio_values {
	u64 memory;	 /* the memory operand: i->size bytes, the others 0 */
	u64 reg;	 /* the register operand or the immediate */
	u64 second;	 /* the second register */
	u64 accumulator; /* CMPXCHG: RAX in, the value for it out */
	u64 rflags;
	bool keep; /* BSF, BSR: the register stays as it is, all 64 bits of it */
};

/* All but PUSH, POP, pairs, vectors and strings. Outputs may have bits above the operand's size. */
void mmio_compute(const struct mmio_instruction *i, struct mmio_values *x);

/* RFLAGS with SF, ZF and PF of a result, and CF, OF and AF clear. */
u64 mmio_with_result(u64 rflags, u64 result, unsigned size);

/* CMP of two values of `size` bytes: RFLAGS after it. */
u64 mmio_compare(u64 a, u64 b, unsigned size, u64 rflags);
