/* SPDX-License-Identifier: MIT */
/*
 * The debug exit that test suites use: a value that is not 0 is a failure.
 *
 * EXPECT ^exit: now$
 * EXPECT ^run: outcome=guest-fault reason="vm0: power-off: debug exit port F4 with value 0x21"
 * REJECT still
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"exit: now", rm
	mov	$0x21, %eax
	mov	$0xf4, %dx
	out	%eax, %dx
	SAY	"still here", rm

	ROUTINES rm
