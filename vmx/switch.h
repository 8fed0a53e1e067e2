/* SPDX-License-Identifier: MIT */
/*
 * State that VM entries and exits do not switch: FPU and extended state,
 * XCR0, CR2, debug registers, the MSRs of switch_msrs.c. The host uses none
 * of it, so the guest's stays in the processor across exits, and changes
 * hands only when a vCPU is loaded or unloaded.
 */
#pragma once

#include "lib/types.h"
#include "vmx/switch_msrs.h"

struct vcpu;

struct switched_state {
	u64 cr2, dr[4], dr6;
	u64 xcr0;
	u64 msr[SWITCHED_MSRS]; /* by switch_msrs.c's table */
};

/* Make room for the extended state this CPU has. 0 or -ERR_NOMEM. */
int switch_create(struct vcpu *v) __must_check;
void switch_destroy(struct vcpu *v);

/* Power-on values, in the processor and in the vCPU. Must be loaded. */
void switch_reset(struct vcpu *v);

/* Put the guest's state in; take it out again and leave nothing of it behind. */
void switch_in(struct vcpu *v);
void switch_out(struct vcpu *v);
