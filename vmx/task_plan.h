/* SPDX-License-Identifier: MIT */
/*
 * The first half of a hardware task switch: find and check all that can
 * be refused while the old task still runs, and translate every piece of
 * memory that will be written. Nothing is changed. SDM "Task Switching".
 */
#pragma once

#include "vmx/decode.h"
#include "vmx/descriptor.h"
#include "vmx/guest_memory.h"
#include "vmx/vcpu.h"

struct task_plan {
	struct task_switch request;
	bool nests;    /* CALL, or an event: the old task stays busy and is linked */
	u32 resume_at; /* EIP that the old task goes on at */
	struct vcpu_event event; /* what came through a task gate; else not valid */
	struct descriptor_faults faults;

	struct segment_register old, new; /* task registers; `new` is busy already */
	bool old_wide, new_wide;	  /* a TSS of 32 bits */
	struct guest_span old_saved;	  /* the part of the old TSS that is saved */
	struct guest_span new_tss, new_link;
	struct guest_span old_type, new_type; /* type bytes of the two descriptors */
};

/*
 * Plan the switch that an exit reports. NEXT; AGAIN: the old task has a
 * fault to take; STOP: something is not RAM.
 */
enum verdict task_plan_make(struct vcpu *v, const struct task_switch *request,
			    struct task_plan *plan) __must_check;
