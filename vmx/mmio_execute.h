/* SPDX-License-Identifier: MIT */
/*
 * Carrying out what vmx/mmio_decode.h decoded. For vmx/mmio*.c only.
 * All return NEXT (done; RIP is not moved), AGAIN (a fault waits, or a
 * string instruction has more to do), or STOP.
 */
#pragma once

#include "vmx/mmio_decode.h"
#include "vmx/mmio_operand.h"

/* Whatever it is, at `rip`. */
enum verdict mmio_execute(const struct mmio *m, const struct mmio_instruction *i, u64 rip);

/* mmio_string.c: MOVS, CMPS, STOS, LODS, SCAS, repeated or not. */
enum verdict mmio_execute_string(const struct mmio *m, const struct mmio_instruction *i);

/* mmio_stack.c: PUSH and POP of the operand at `offset`, for POP computed with the new RSP. */
enum verdict mmio_execute_stack(const struct mmio *m, const struct mmio_instruction *i, u64 offset);

/* And the near CALL and JMP at `rip` to the address at `offset`: AGAIN, RIP is there. */
enum verdict mmio_execute_branch(const struct mmio *m, const struct mmio_instruction *i,
				 u64 offset, u64 rip);

/* mmio_pair.c: MUL, IMUL, MULX, DIV, IDIV, CMPXCHG8B, CMPXCHG16B; the operand is `span`. */
enum verdict mmio_execute_pair(const struct mmio *m, const struct mmio_instruction *i,
			       const struct guest_span *span);

/* mmio_system.c: segment registers and descriptor tables, to and from memory at `offset`. */
enum verdict mmio_execute_system(const struct mmio *m, const struct mmio_instruction *i,
				 u64 offset);

/* The same file: far JMP to the pointer at `offset`: AGAIN, CS and RIP are there. */
enum verdict mmio_execute_far(const struct mmio *m, const struct mmio_instruction *i, u64 offset);

/* mmio_masked.c: moves of some elements of a vector; the whole of it is at `offset`. */
enum verdict mmio_execute_masked(const struct mmio *m, const struct mmio_instruction *i,
				 u64 offset);

/* mmio_vector.c: moves of MMX, XMM, YMM and ZMM registers; the operand is `span`. */
enum verdict mmio_execute_vector(const struct mmio *m, const struct mmio_instruction *i,
				 const struct guest_span *span);

/*
 * Also mmio_vector.c: a vector register as the instruction uses it, 64 bytes
 * of which it may take less; and what a processor without the state would
 * raise, because the host must not: the vector, or 0.
 */
void mmio_vector_read(const struct mmio_instruction *i, unsigned reg, u64 *value);
void mmio_vector_write(const struct mmio_instruction *i, const u64 *value);
u8 mmio_vector_fault(const struct vcpu *v, const struct mmio_instruction *i);

/* Set a register by an operand's size. Bytes may be AH, CH, DH and BH, by `shift`. */
void mmio_set_register(struct vcpu *v, unsigned reg, unsigned shift, unsigned size, u64 value);
