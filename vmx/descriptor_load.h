/* SPDX-License-Identifier: MIT */
/*
 * Loading a segment register from a table, with the checks of a task
 * switch. SDM "Task Switching", "Exception Conditions Checked During a Task
 * Switch".
 */
#pragma once

#include "vmx/descriptor.h"

/*
 * Read the descriptor, check it, set its accessed bit in memory. `cpl` is
 * that of the code segment, which is loaded first. A null selector gives an
 * unusable data segment, and is refused for code and stack.
 * NEXT, AGAIN (the fault is raised), STOP (not RAM).
 */
enum verdict descriptor_load_code(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				  struct segment_register *s) __must_check;
enum verdict descriptor_load_stack(struct vcpu *v, u16 selector, unsigned cpl,
				   const struct descriptor_faults *f, struct segment_register *s)
	__must_check;
enum verdict descriptor_load_data(struct vcpu *v, u16 selector, unsigned cpl,
				  const struct descriptor_faults *f, struct segment_register *s)
	__must_check;

/*
 * For a far JMP, whose target is to be checked in between. May it go to that
 * segment from this CPL, which it keeps? 0, or the vector to raise. Pure.
 */
u8 descriptor_check_jump(const struct segment_register *s, unsigned cpl) __must_check;

/* The descriptor at `at` has been used: say so there, and in *s. Verdicts as above. */
enum verdict descriptor_set_accessed(struct vcpu *v, gva_t at, struct segment_register *s)
	__must_check;
