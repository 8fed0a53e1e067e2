/* SPDX-License-Identifier: MIT */
/*
 * HLT with interrupts on, but every one is masked at the 8259s, though a
 * timer runs: nothing could wake it either.
 *
 * EXPECT ^idle: now$
 * EXPECT waits for ever: HLT, but every timer and interrupt is off, at RIP 0x7c
 * EXPECT ^run: outcome=guest-fault reason="vm0: waits for ever
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"idle: now", rm
	mov	$0xff, %al
	out	%al, $0x21
	out	%al, $0xa1
	mov	$0x34, %al
	out	%al, $0x43
	xor	%al, %al
	out	%al, $0x40
	out	%al, $0x40
	sti
	hlt
	SAY	"FAIL: still here", rm
	POWER_OFF

	ROUTINES rm
