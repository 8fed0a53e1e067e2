/* SPDX-License-Identifier: MIT */
/*
 * The tracer: it sees each exit of a vCPU whose watch is WATCH_TRACE, and
 * writes those that its filter lets pass: as text on the log, in binary on
 * COM2, or into a ring that is printed at the end. It may format text: that
 * is what was asked for. What cannot be written at once is lost and counted;
 * the guest waits for nobody but the line. docs/tracing.md
 */
#pragma once

#include "vmx/trace_filter.h"
#include "vmx/trace_state.h"
#include "vmx/vcpu.h"

/* The start of a binary trace. docs/trace-format.md */
struct trace_header {
	char magic[8];
	u32 version, record_size;
	u64 tsc_hz;
	u32 flags;
	u32 reserved[9];
};
_Static_assert(sizeof(struct trace_header) == sizeof(struct exit_record), "docs/trace-format.md");

#define TRACE_IS_RING 1

/* The registers around one exit: at the entry before it, at it, at the entry after it. */
struct trace_change {
	struct trace_state entry, exit, after;
	u64 exit_n; /* of which exit `exit` and `entry` are; ~0: of none */
};

struct trace_ring {
	struct trace_header header;
	struct exit_record record[];
};

struct trace {
	struct trace_filter filter;
	enum watch watch;   /* the vCPU's without a trace */
	u64 next;	    /* the first exit that was not looked at */
	u64 passed, written, lost, lost_shown;
	bool entered;	    /* change.entry is known */
	u64 paused;	    /* since this TSC the guest's time stands still; 0: it does not */
	u64 hidden;	    /* ticks that tracing has taken so far */
	u64 reading;	    /* of them, not in `hidden` yet: the registers at this exit */
	struct trace_change change;

	/* last=, to=ring: the last `slots` of those that passed. */
	struct trace_ring *ring;
	struct trace_change *changes; /* one a slot, with regs */
	unsigned slots;
	unsigned ring_order, changes_order;
	u64 kept;   /* so many were put into the ring */
	u64 kept_n; /* number of the last one */
};

/* After the exit was recorded, before its handler runs. */
void trace_exit(struct vcpu *v);

/* Before an entry, with what is injected known: the last exit's record is complete. */
void trace_entry(struct vcpu *v);

/*
 * Trace as these words say, from the next exit on; "off" ends it. 0, or
 * -ERR_... with a complaint of one line: then all is as before, but without
 * memory nothing is traced. Called on the CPU that runs v, between two exits
 * (at creation, or by the monitor: it allocates), or when v is stopped.
 */
int trace_configure(struct vcpu *v, const char *words, char *complaint, size_t size) __must_check;

/* One line about what is traced and how much was written and lost, for the monitor. */
void trace_describe(const struct vcpu *v, char *text, size_t size);

/* End it: write what was kept, tell how many. Nothing if nothing is traced. As trace_configure(). */
void trace_finish(struct vcpu *v);

/* Give the memory back. */
void trace_destroy(struct vcpu *v);
