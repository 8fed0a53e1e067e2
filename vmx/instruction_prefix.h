/* SPDX-License-Identifier: MIT */
/*
 * What a VM exit does not report of its instruction and only its bytes
 * tell. SDM "Instruction Prefixes", "REX Prefixes".
 */
#pragma once

#include "vmx/mmio_decode.h"
#include "vmx/vcpu.h"

/* Pure: operand size in bytes, by the prefixes before the opcode and the code segment's default (2 or 4). */
unsigned prefix_operand_size(const u8 *code, unsigned length, bool long_code, unsigned by_default);

/*
 * Operand size in bytes of the instruction that exited, of the kind that
 * is 32 bits wide in 64-bit code. NEXT, AGAIN (its bytes are not mapped any
 * more: #PF), STOP (they are not in RAM).
 */
enum verdict instruction_operand_size(struct vcpu *v, unsigned *size) __must_check;
