/* SPDX-License-Identifier: MIT */
/*
 * Events on their way into a guest: exceptions raised by handlers, NMIs,
 * interrupts, and an event whose delivery an exit interrupted.
 * SDM "Priority Among Concurrent Events", "Event Injection",
 * "Information for VM Exits That Occur During Event Delivery".
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"

struct vcpu;

struct vcpu_event {
	u32 info;   /* interruption information; INTR_VALID says if there is one */
	u32 error;  /* with INTR_HAS_ERROR */
	u32 length; /* of the instruction, for software events */
};

struct vcpu_events {
	struct vcpu_event next; /* goes in at the next entry, before all others */
	bool nmi_pending;
	bool nmi_pending_second; /* one more may wait while the first is handled */
	bool interrupt_line;	 /* INTR: ask ops->interrupt_acknowledge for the vector */
};

/* Raise an exception at the current instruction. Combines with one on its way as the SDM's table says (#DF, shutdown). */
void event_exception(struct vcpu *v, u8 vector);
void event_exception_error(struct vcpu *v, u8 vector, u32 error);
void event_page_fault(struct vcpu *v, u64 address, u32 error);

/*
 * Raise #DB for these causes (bits of DR6: B0 to B3, BD, BS), with what its
 * delivery does to DR6 and DR7. And for the single step that ended with an
 * instruction, or an iteration of one, that we emulated.
 */
void event_debug(struct vcpu *v, u64 causes);
void event_single_step(struct vcpu *v);

/* The guest's own INT1 (ICEBP), intercepted: goes in as what it was, so RIP ends up behind it. */
void event_int1(struct vcpu *v, u32 instruction_length);

/* The guest's NMI pin; edge. */
void event_nmi(struct vcpu *v);

/* The interrupt controller's INTR output; level. */
void event_interrupt_line(struct vcpu *v, bool high);

/* After an exit: keep the event whose delivery it interrupted. */
void event_requeue(struct vcpu *v);

/*
 * Before an entry: put the most urgent event that can go in now into the
 * VMCS, and ask for a window for what must wait. Returns false when
 * exceptions combined to a shutdown (triple fault).
 */
bool event_deliver(struct vcpu *v);

/* Is there something that would wake the guest from HLT now? Must be loaded. */
bool event_wakes(const struct vcpu *v);

/*
 * Pure: the exception that results when `second` is raised while `first` is
 * delivered. SDM "Conditions for Generating a Double Fault".
 */
enum event_combination { EVENT_SECOND, EVENT_DOUBLE_FAULT, EVENT_SHUTDOWN };
enum event_combination event_combine(u32 first_info, u8 second);
