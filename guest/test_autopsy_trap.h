/* SPDX-License-Identifier: MIT */
/* A step with no gate for #DB, nor for what comes of that. */
#pragma once

#include "guest/guest.h"

static inline void step_without_gates(void)
{
	interrupts_init();
	interrupts_set_present(VECTOR_DB, false);
	interrupts_set_present(VECTOR_NP, false);
	interrupts_set_present(VECTOR_DF, false);
	print("autopsy: now\n");
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop"
		     :
		     :
		     : "memory", "cc");
	print("FAIL: still here\n");
}
