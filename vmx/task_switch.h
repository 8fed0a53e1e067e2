/* SPDX-License-Identifier: MIT */
/*
 * A hardware task switch, in two halves. The first finds and checks all
 * that can be refused, and changes nothing. The second commits: it saves the
 * old task, becomes the new one, and raises in the new task whatever its
 * state is not good for. SDM "Task Switching".
 */
#pragma once

#include "vmx/decode.h"
#include "vmx/descriptor.h"
#include "vmx/guest_memory.h"
#include "vmx/vcpu.h"

struct task_switch_plan {
	struct task_switch request;
	bool nests;    /* CALL, or an event: the old task stays busy and is linked */
	u32 resume_at; /* EIP that the old task goes on at */
	struct vcpu_event event; /* what came through a task gate; not valid otherwise */
	struct descriptor_faults faults;

	struct segment_register old, new; /* task registers; `new` is busy already */
	bool old_wide, new_wide;	  /* a TSS of 32 bits */
	struct guest_span old_saved;	  /* the part of the old TSS that is saved */
	struct guest_span new_tss, new_link;
	struct guest_span old_type, new_type; /* type bytes of the two descriptors */
};

/* The first half. NEXT; AGAIN: the old task has a fault; STOP. */
enum verdict task_switch_plan(struct vcpu *v, struct task_switch_plan *plan) __must_check;

/* The second half. AGAIN, maybe with a fault in the new task; STOP. */
enum verdict task_switch_commit(struct vcpu *v, const struct task_switch_plan *plan) __must_check;
