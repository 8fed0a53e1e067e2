/* SPDX-License-Identifier: MIT */
/*
 * No handler, and none for the double fault: the guest is stopped and told
 * of, with its state.
 *
 * EXPECT ^triple: now$
 * EXPECT triple fault: at RIP 0x7c[0-9a-f]{2}$
 * EXPECT rax=00000000deadbeef
 * EXPECT cs +selector=0000 base=0000000000000000
 * EXPECT last exit: reason=0x2 \(TRIPLE_FAULT\)
 * EXPECT memory: owner="guest" now=0K
 * EXPECT ^run: outcome=guest-fault reason="vm0: triple fault
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"triple: now", rm
	lidtl	nothing
	mov	$0xdeadbeef, %eax
	ud2
	SAY	"FAIL: still here", rm
	POWER_OFF

	ROUTINES rm

	.data
nothing:
	.word	0
	.long	0
