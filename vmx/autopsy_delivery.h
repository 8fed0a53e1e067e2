/* SPDX-License-Identifier: MIT */
/*
 * The delivery of an event through the guest's tables, followed step by
 * step as the processor does it, to say why it fails. Only looks: nothing
 * of the guest changes, and whatever its tables hold, this ends.
 * SDM "Interrupt and Exception Handling", "Exception and Interrupt Handling
 * in 64-bit Mode".
 */
#pragma once

#include "vmx/guest_walk.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

#define DELIVERY_TEXT 128

struct delivery {
	bool fails;
	/* When it fails: the fault that comes of it. */
	u8 fault;
	u32 error;
	/* Once the gate was found: where it leads. */
	u16 selector;
	gva_t handler;
	char text[DELIVERY_TEXT]; /* why it fails, in words; "" when it does not */
	/* The descriptors on the way, as far as they were read: the gate (in real mode 4 bytes), the code segment. */
	struct delivery_descriptor {
		gva_t at;
		u64 raw[2];
		unsigned size; /* in bytes; 0: not read */
	} gate, code;
};

/* Follow the event of this interruption information. The vCPU must be loaded. */
void delivery_follow(struct vcpu *v, u32 info, struct delivery *d);

/* ---- Between autopsy_delivery.c and autopsy_stack.c ------------------------------- */

struct scene {
	struct vcpu *v;
	struct guest_paging paging;
	bool protected, wide; /* CR0.PE; EFER.LMA */
	bool v86;
	u32 ext;	      /* bit 0 of error codes */
	struct delivery *d;
};

/* The gate's size of what is pushed, and for which handler. */
struct frame_wanted {
	unsigned slot;	/* bytes of what is pushed: 2, 4, 8 */
	bool error_code;
	unsigned cpl;	/* of the handler */
	unsigned ist;
};

/* The delivery fails with `fault`: false. */
bool delivery_fail(struct scene *s, u8 fault, u32 error, const char *fmt, ...) __printf(4, 5);

/*
 * Look at memory, or (to == NULL) whether it can be accessed. False: the
 * delivery has failed; `what` is its subject in words, `canonical` the fault
 * that an address raises which is not canonical.
 */
bool delivery_look(struct scene *s, gva_t gva, void *to, unsigned length, unsigned access,
		   u8 canonical, const char *what);

/* Read a segment descriptor, 8 bytes. False: `fault` for the selector. */
bool delivery_segment(struct scene *s, u16 selector, u8 fault, const char *what,
		      struct delivery_descriptor *to);

/* Is there a stack for the handler? */
bool delivery_stack(struct scene *s, const struct frame_wanted *f);
