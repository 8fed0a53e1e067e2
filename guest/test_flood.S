/* SPDX-License-Identifier: MIT */
/* Text without end, with interrupts off: for tests/boot/test_monitor.py. */
#include "guest/asm.h"

	START
	cli
1:	SAY	"flood: text that goes on and on, and never stops to look at anything", rm
	jmp	1b

	ROUTINES rm
