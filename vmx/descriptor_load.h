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
/* CS for a far JMP, which leaves the privilege level as it is. */
enum verdict descriptor_load_jump(struct vcpu *v, u16 selector, unsigned cpl,
				  const struct descriptor_faults *f, struct segment_register *s)
	__must_check;
enum verdict descriptor_load_stack(struct vcpu *v, u16 selector, unsigned cpl,
				   const struct descriptor_faults *f, struct segment_register *s)
	__must_check;
enum verdict descriptor_load_data(struct vcpu *v, u16 selector, unsigned cpl,
				  const struct descriptor_faults *f, struct segment_register *s)
	__must_check;
