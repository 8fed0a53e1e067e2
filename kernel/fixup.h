/* SPDX-License-Identifier: MIT */
/*
 * Instructions that are allowed to fault, and where to go on when they do.
 */
#pragma once

#include "lib/types.h"

/*
 * For inline assembly: a fault of the instruction at local label `at`
 * continues at local label `to` of the same asm statement. Distances, not
 * addresses, keep an entry at 8 bytes and free of relocations.
 */
#define FIXUP(at, to)                                                                              \
	".pushsection .fixups, \"a\", @progbits\n\t"                                               \
	".balign 4\n\t"                                                                            \
	".long " at " - ., " to " - .\n\t"                                                         \
	".popsection\n\t"

/* Where to go on after a fault at `rip`, or 0. Any context. */
u64 fixup_find(u64 rip);
