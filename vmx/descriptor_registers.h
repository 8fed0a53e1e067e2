/* SPDX-License-Identifier: MIT */
/*
 * What LGDT, LIDT, LLDT, LTR, far JMP and a MOV to a segment register do with their
 * operand, whoever has fetched it, and checked who may do that. NEXT; AGAIN:
 * the fault is raised; STOP: a table is not RAM.
 */
#pragma once

#include "vmx/segment.h"

/* GDTR and IDTR in memory; outside of 64-bit code the base has 4 bytes. */
struct __packed table_operand {
	u16 limit;
	u64 base;
};

/* GDTR, or IDTR. */
enum verdict descriptor_set_table(struct vcpu *v, bool idt, u64 base, u16 limit) __must_check;

enum verdict descriptor_set_ldtr(struct vcpu *v, u16 selector) __must_check;
enum verdict descriptor_set_tr(struct vcpu *v, u16 selector) __must_check;

/*
 * CS for a far JMP to `target` in it; RIP is the caller's to set. STOP, too, for a
 * gate or a TSS in a code segment's place.
 */
enum verdict descriptor_jump(struct vcpu *v, u16 selector, u64 target) __must_check;

/* ES, DS, FS or GS, in any mode. */
enum verdict descriptor_set_data(struct vcpu *v, enum segment segment, u16 selector) __must_check;
