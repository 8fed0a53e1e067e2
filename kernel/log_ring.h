/* SPDX-License-Identifier: MIT */
/*
 * The ring of log lines: many writers in any context, one reader at a time.
 * No writer ever waits. Tickets number the lines; a line with ticket t lives
 * in record t % count, whose state word says what is going on there:
 *
 *     DONE    ──writer claims──▶ WRITING ──▶ READY ──reader──▶ SHOWING ──▶ DONE
 *
 * A full ring overwrites its oldest line: a writer that claims a READY
 * record has destroyed a line nobody saw and counts it in `dropped`. A
 * record whose owner is slow (WRITING, SHOWING) is never touched by others:
 * they pass it by, leaving a hole in the tickets. Every line that was put is
 * thus shown once or counted once.
 */
#pragma once

#include "kernel/log.h"
#include "lib/types.h"

struct log_record {
	u64 state; /* ticket and what is going on: log_ring.c */
	u64 time_ns;
	const char *subsystem; /* NULL: a report, shown without prefix */
	u16 cpu;
	u8 level;
	u8 length; /* of text, which has no final zero */
	char text[LOG_LINE_MAX];
};

struct log_ring {
	u64 head;    /* next ticket to give out */
	u64 tail;    /* next ticket to show; belongs to the reader */
	u64 dropped; /* lines lost so far, for ever counting up */
	u64 count;   /* records; a power of two */
	struct log_record *records;
};

/* For a ring of `n` zeroed records: tickets start at n, so that zero means an old DONE. */
#define LOG_RING_INIT(storage, n)                                                                  \
	{                                                                                          \
		.head = (n), .tail = (n), .count = (n), .records = (storage)                       \
	}

/* Add a copy of `line` (its state is ignored). Any context; bounded; counts what is lost. */
void log_ring_put(struct log_ring *ring, const struct log_record *line);

/*
 * The next line to show, which then belongs to the caller until
 * log_ring_done(); NULL when there is none, or when its writer is not done
 * yet (the writer drains when it is). With `forced` a line whose writer is
 * not done is given up, and one that another reader began is shown again.
 */
const struct log_record *log_ring_take(struct log_ring *ring, bool forced);
void log_ring_done(struct log_ring *ring, const struct log_record *line);

/* Would log_ring_take() make progress now? May be asked by anybody. */
bool log_ring_pending(const struct log_ring *ring);

/* Copy the line with this ticket, shown or not, if it is still there. */
bool log_ring_peek(const struct log_ring *ring, u64 ticket, struct log_record *copy);

u64 log_ring_dropped(const struct log_ring *ring);
