/* SPDX-License-Identifier: MIT */
/*
 * HLT with interrupts on, but all masked: what it waits for.
 *
 * EXPECT ^halt: now$
 * EXPECT waits for ever: HLT, but every timer and interrupt is off
 * EXPECT ^stuck: vm=vm0 vcpu=0 HLT before rip=0x7c[0-9a-f]{2}: waits for an interrupt; no interrupt can come: 8259 masks 0xff/0xff.*8254 is off$
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"halt: now", rm
	sti
	hlt
	SAY	"FAIL: still here", rm
	POWER_OFF

	ROUTINES rm
