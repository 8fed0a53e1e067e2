/* SPDX-License-Identifier: MIT */
/*
 * The registers that trace=regs compares, by number: the names of
 * docs/trace-format.md in their order.
 */
#pragma once

#include "vmx/record_line.h"
#include "vmx/vcpu.h"

#define TRACE_SINGLE   22 /* rax to r15, rip, rflags, cr0, cr3, cr4, efer */
#define TRACE_SEGMENTS 8  /* of each: selector, base, limit, rights */
#define TRACE_VALUES   (TRACE_SINGLE + 4 * TRACE_SEGMENTS)

struct trace_state {
	u64 value[TRACE_VALUES];
};

/* As the guest sees them now. Must be loaded. */
void trace_state_read(const struct vcpu *v, struct trace_state *s);

/* Add a word for each register that differs, its name behind `prefix`. */
void trace_state_compare(struct record_line *line, const char *prefix, const struct trace_state *old,
			 const struct trace_state *new);
