/* SPDX-License-Identifier: MIT */
/*
 * A guest that loops with interrupts off is its own fault: Trivet and the
 * bench stay alive, and the bench's time-out ends the run, in words.
 *
 * EXPECT ^spin: now$
 * REJECT FAIL|panic|outcome=
 * STATUS 124
 * TIMEOUT 20
 */
#include "guest/asm.h"

	START
	cli
	SAY	"spin: now", rm
1:	jmp	1b

	ROUTINES rm
