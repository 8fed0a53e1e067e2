/* SPDX-License-Identifier: MIT */
/*
 * HLT with interrupts off: nothing could wake it, and that is said.
 *
 * EXPECT ^stuck: now$
 * EXPECT waits for ever: HLT with interrupts off \(RFLAGS.IF=0\) at RIP 0x7c
 * EXPECT ^stuck: vm=vm0 vcpu=0 HLT before rip=0x7c.*; interrupts are off \(RFLAGS.IF=0\)$
 * EXPECT ^run: outcome=guest-fault reason="vm0: waits for ever
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"stuck: now", rm
	cli
	hlt
	SAY	"FAIL: still here", rm
	POWER_OFF

	ROUTINES rm
