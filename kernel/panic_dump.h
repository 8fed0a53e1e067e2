/* SPDX-License-Identifier: MIT */
/*
 * The parts of a panic's text that show the processor: registers with their
 * flags in words, and the backtrace.
 */
#pragma once

#include "kernel/traps.h"
#include "lib/types.h"

/* All registers of an exception. */
void panic_dump_frame(const struct trap_frame *frame);

/* Control registers as they are now, with the names of the bits that are set. */
void panic_dump_control(void);

/* Return addresses from the frame that RBP = `frame_pointer` describes. */
void panic_dump_backtrace(u64 frame_pointer);

/* As above, for an exception: from the instruction that caused it. */
void panic_dump_backtrace_trap(const struct trap_frame *frame);

/*
 * Names of the set bits of `value`, separated by blanks, in `text`. `names`
 * is indexed by bit and has `count` entries, NULL where a bit has no name.
 * Returns text. Pure.
 */
const char *panic_flags(char *text, size_t size, u64 value, const char *const *names,
			unsigned count);
