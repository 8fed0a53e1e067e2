/* SPDX-License-Identifier: MIT */
/*
 * A frame is two words: the caller's RBP, then the return address. A frame
 * pointer is only believed when both lie on a stack we know.
 */
#include "kernel/backtrace.h"

#include "lib/bits.h"

#define FRAME_SIZE 16

static const struct cpu_stack *find_stack(u64 address, u64 size, const struct cpu_stack *stacks,
					  unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct cpu_stack *s = &stacks[i];

		if (IS_ALIGNED(address, 8) && address >= s->base && address < s->top &&
		    s->top - address >= size)
			return s;
	}
	return NULL;
}

u64 backtrace_read(u64 address, const struct cpu_stack *stacks, unsigned stack_count)
{
	return find_stack(address, 8, stacks, stack_count) ? *(const u64 *)address : 0;
}

unsigned backtrace_walk(u64 frame_pointer, const struct cpu_stack *stacks, unsigned stack_count,
			u64 *addresses, unsigned max)
{
	const struct cpu_stack *stack = NULL, *before;
	unsigned n = 0, changes = 0;
	u64 last = 0;

	while (n < max) {
		before = stack;
		stack = find_stack(frame_pointer, FRAME_SIZE, stacks, stack_count);
		if (!stack)
			break;
		if (stack != before) {
			if (changes++ == stack_count)
				break;
		} else if (frame_pointer <= last) {
			break;
		}
		last = frame_pointer;
		addresses[n] = ((const u64 *)frame_pointer)[1];
		if (!addresses[n])
			break;
		n++;
		frame_pointer = ((const u64 *)frame_pointer)[0];
	}
	return n;
}
