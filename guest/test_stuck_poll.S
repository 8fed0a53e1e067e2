/* SPDX-License-Identifier: MIT */
/*
 * Polls the serial port for a byte that does not come, for ever: said while
 * it does, once. The bench's time-out ends the run.
 *
 * EXPECT ^poll: now$
 * EXPECT stuck: vm=vm0 vcpu=0 for 2\d\d\d ms polls IO port=0x3fd in \(16550A\) at rip=0x7c[0-9a-f]{2}: waits for input on COM1
 * REJECT (?s)stuck: .*stuck: |outcome=
 * OPTIONS log=warn
 * STATUS 124
 * TIMEOUT 25
 */
#include "guest/asm.h"

	START
	cli
	SAY	"poll: now", rm
	mov	$(COM1 + 5), %dx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	SAY	"FAIL: a byte", rm
	POWER_OFF

	ROUTINES rm
