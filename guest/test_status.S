/* SPDX-License-Identifier: MIT */
/*
 * A guest that switches off with a status: not a clean end.
 *
 * EXPECT power-off: hypercall with status 0x2a
 * EXPECT ^run: outcome=guest-fault reason="vm0: power-off: hypercall with status 0x2a"
 * STATUS 1
 */
#include "guest/asm.h"

	START
	mov	$ABI_CALL_POWER_OFF, %eax
	mov	$42, %ebx
	vmcall
