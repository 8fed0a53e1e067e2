/* SPDX-License-Identifier: MIT */
/*
 * A guest that resets its machine, by the keyboard controller as every PC
 * can: a clean end.
 *
 * EXPECT ^reset: now$
 * EXPECT vm0: reset: keyboard controller
 * EXPECT ^run: outcome=clean reason="vm0: reset:
 */
#include "guest/asm.h"

	START
	/* Port 92H and CF9H: what does not raise the bit is no reset. */
	in	$0x92, %al
	out	%al, $0x92
	mov	$0xcf9, %dx
	mov	$2, %al
	out	%al, %dx
	SAY	"reset: now", rm
	mov	$0xfe, %al
	out	%al, $0x64
	SAY	"FAIL: still here", rm
	incl	failures
	POWER_OFF

	ROUTINES rm
