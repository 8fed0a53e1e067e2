/* SPDX-License-Identifier: MIT */
/*
 * The chain of return addresses by frame pointers. Pure: it reads nothing
 * but the stacks it is given, whatever the frame pointer is.
 */
#pragma once

#include "kernel/cpu.h"
#include "lib/types.h"

/*
 * Write up to `max` return addresses, innermost first, starting with the
 * frame that RBP = `frame_pointer` describes. The chain ends where a frame
 * lies outside of all `stacks`, is not aligned, or does not lie above the
 * one before; it may change stacks (an exception on its own stack) once for
 * each. Returns the number written.
 */
unsigned backtrace_walk(u64 frame_pointer, const struct cpu_stack *stacks, unsigned stack_count,
			u64 *addresses, unsigned max);

/* The word at `address` when that is on one of the stacks, else 0. */
u64 backtrace_read(u64 address, const struct cpu_stack *stacks, unsigned stack_count);
