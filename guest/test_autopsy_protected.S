/* SPDX-License-Identifier: MIT */
/*
 * 32-bit protected mode: INT 5 whose gate names a segment that is data; and
 * a gate for #GP that is none; and nothing beyond.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=8:7c
 * EXPECT ^autopsy:   INT 0x5 cannot be delivered: segment 0x10 is no code$
 * EXPECT ^autopsy: 1\. #GP error=0x10$
 * EXPECT ^autopsy:   #GP cannot be delivered: gate 13 has type 2, which is no gate$
 * EXPECT ^autopsy: 2\. #GP error=0x6b: #DF$
 * EXPECT ^autopsy:   #DF cannot be delivered: code segment 0x60 is beyond the limit of its table$
 * EXPECT ^autopsy: 3\. #GP error=0x61: triple fault$
 * STATUS 1
 */
#include "guest/asm32.h"

	START32
	SAY	"autopsy: now", pm
	lidtl	bad_register
	int	$5
	SAY	"FAIL: still here", pm
	POWER_OFF

	ROUTINES32

	.data
	.balign	8
bad_idt:
	.fill	5, 8, 0
	.word	0x1000, DATA32
	.byte	0, 0x8e
	.word	0
	.fill	2, 8, 0
	.word	0x1000, 0x60		/* #DF: beyond the GDT */
	.byte	0, 0x8e
	.word	0
	.fill	4, 8, 0
	.word	0x1000, CODE32		/* #GP: an LDT descriptor's type */
	.byte	0, 0x82
	.word	0
bad_register:
	.word	bad_register - bad_idt - 1
	.long	bad_idt
