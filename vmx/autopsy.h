/* SPDX-License-Identifier: MIT */
/*
 * Why a guest had its triple fault: the chain of faults, found by letting
 * the processor run it once more. The guest is dead, so nobody minds: from
 * the state of the triple fault, with all exceptions intercepted and for one
 * instruction, each fault of the chain is an exit of its own. Its reason is
 * then looked up in the guest's tables (vmx/autopsy_delivery.h).
 *
 * A double fault on the way is watched while the guest lives, too: see
 * v->notes. Its exit does not tell what it was made of. SDM "Information
 * for VM Exits That Occur During Event Delivery".
 */
#pragma once

#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* Words of the report, or nothing if the vCPU did not stop by a triple fault. Must be loaded. */
void autopsy_report(struct vcpu *v);

#define AUTOPSY_STEPS 4

struct autopsy_step {
	u32 info, error; /* the fault, as interruption information */
	u32 during;	 /* the event whose delivery raised it, or 0: the instruction did */
	u32 becomes;	 /* what is delivered next; INTR_OTHER: nothing, a shutdown */
	u16 reason;	 /* EXIT_EXCEPTION_NMI; else the exit for which Trivet raised it */
	u64 address;	 /* of a page fault */
};

enum autopsy_end {
	AUTOPSY_SHUTDOWN,  /* the chain is complete */
	AUTOPSY_NO_FAULT,  /* the instruction did not fault */
	AUTOPSY_DELIVERED, /* the last fault could be delivered */
	AUTOPSY_LOST,	   /* something came in between */
};

struct autopsy {
	struct autopsy_step steps[AUTOPSY_STEPS];
	unsigned count;
	enum autopsy_end end;
};

/*
 * Run the chain. The vCPU's registers are put back; the guest's memory may
 * have changed, if the instruction did not fault. Must be loaded.
 */
void autopsy_reenact(struct vcpu *v, struct autopsy *a);

static inline bool autopsy_is(u32 info, unsigned type)
{
	return info & INTR_VALID && (info >> INTR_TYPE_SHIFT & 7) == type;
}
