/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU was about to execute, and its stack, as bytes. Reads RAM only.
 * The vCPU must be loaded.
 */
#pragma once

#include "vmx/vcpu.h"

/*
 * One line: code: vm= vcpu= mode=16|32|64 rip= linear= bytes=. Up to 16
 * bytes before RIP, then <the byte at RIP> in angle brackets, and up to 31
 * more; "bytes=-" where RIP is nowhere. scripts/trivet-log disassembles it.
 */
void dump_code(struct vcpu *v);

/* Sixteen words from SS:RSP up. */
void dump_stack(struct vcpu *v);

/* Linear addresses of CS:RIP and of SS:RSP. */
gva_t dump_code_address(const struct vcpu *v);
gva_t dump_stack_address(const struct vcpu *v);
