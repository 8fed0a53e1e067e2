/* SPDX-License-Identifier: MIT */
/*
 * A state word is ticket << 3 | kind and changes by compare-and-swap only
 * where two parties may want it; tickets never repeat, so neither do states.
 * Relies on nothing but the compiler's atomics.
 */
#include "kernel/log_ring.h"

#include "lib/string.h"

enum kind {
	DONE,	   /* shown, or never used */
	WRITING,   /* its writer copies the text in */
	READY,	   /* to be shown */
	SHOWING,   /* the reader is at it */
	ABANDONED, /* the reader gave up waiting for the writer, who still owns it */
	EMPTY,	   /* this ticket has no line, and never will */
};

#define STATE(ticket, kind) ((ticket) << 3 | (kind))

static u64 ticket_of(u64 state)
{
	return state >> 3;
}

static enum kind kind_of(u64 state)
{
	return state & 7;
}

static u64 load(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static bool swap(u64 *word, u64 from, u64 to)
{
	return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static struct log_record *record_of(const struct log_ring *ring, u64 ticket)
{
	return &ring->records[ticket & (ring->count - 1)];
}

static void count_drop(struct log_ring *ring)
{
	__atomic_fetch_add(&ring->dropped, 1, __ATOMIC_SEQ_CST);
}

/*
 * Get a record to write in. The record is claimed first and the head moved
 * after it, by whoever comes first: a writer that is interrupted between
 * the two holds up nobody.
 */
static struct log_record *claim(struct log_ring *ring, u64 *ticket)
{
	for (u64 tries = 0; tries < 4 * ring->count; tries++) {
		u64 head = load(&ring->head);
		struct log_record *record = record_of(ring, head);
		u64 state = load(&record->state);
		enum kind kind = kind_of(state);

		if (ticket_of(state) < head && (kind == DONE || kind == READY || kind == EMPTY)) {
			if (!swap(&record->state, state, STATE(head, WRITING)))
				continue;
			swap(&ring->head, head, head + 1);
			if (kind == READY)
				count_drop(ring);
			*ticket = head;
			return record;
		}
		/* Claimed already: help its writer. Or in slow hands: pass it by. */
		swap(&ring->head, head, head + 1);
	}
	return NULL;
}

/* Fill in a claimed record and hand it to the reader. */
static void publish(struct log_ring *ring, struct log_record *record, u64 ticket,
		    const struct log_record *line)
{
	u64 state;

	record->time_ns = line->time_ns;
	record->subsystem = line->subsystem;
	record->cpu = line->cpu;
	record->level = line->level;
	record->length = MIN(line->length, LOG_LINE_MAX);
	memcpy(record->text, line->text, record->length);
	if (swap(&record->state, STATE(ticket, WRITING), STATE(ticket, READY)))
		return;

	/* The reader has gone past this ticket: too late. */
	count_drop(ring);
	do {
		state = load(&record->state);
	} while (!swap(&record->state, state, STATE(ticket_of(state), EMPTY)));
}

void log_ring_put(struct log_ring *ring, const struct log_record *line)
{
	u64 ticket;
	struct log_record *record = claim(ring, &ticket);

	if (record)
		publish(ring, record, ticket, line);
	else
		count_drop(ring);
}

enum step { STOP, SKIP, SHOW };

/* What the reader is to do about ticket `tail`. Changes nothing. */
static enum step look(const struct log_ring *ring, u64 tail, u64 state, bool forced)
{
	u64 head = load(&ring->head);

	if (ticket_of(state) < tail)
		return head > tail ? SKIP : STOP;
	if (ticket_of(state) > tail)
		return SKIP;
	switch (kind_of(state)) {
	case READY:
		return SHOW;
	case SHOWING: /* its reader is dead */
		return forced ? SHOW : STOP;
	case WRITING: /* wait for it, but not until the ring is full */
		return forced || head - tail > ring->count / 2 ? SKIP : STOP;
	default:
		return SKIP;
	}
}

/* Make sure that nobody will put a line under a ticket that the reader leaves behind. */
static bool leave_behind(struct log_record *record, u64 state, u64 ticket)
{
	enum kind kind = kind_of(state);

	if (ticket_of(state) > ticket || (ticket_of(state) == ticket && kind != WRITING))
		return true;
	if (kind != WRITING && kind != ABANDONED)
		return swap(&record->state, state, STATE(ticket, EMPTY));
	return swap(&record->state, state, STATE(ticket, ABANDONED));
}

const struct log_record *log_ring_take(struct log_ring *ring, bool forced)
{
	for (u64 tries = 0; tries < 4 * ring->count; tries++) {
		u64 tail = load(&ring->tail);
		struct log_record *record = record_of(ring, tail);
		u64 state = load(&record->state);

		switch (look(ring, tail, state, forced)) {
		case STOP:
			return NULL;
		case SKIP:
			if (leave_behind(record, state, tail))
				__atomic_store_n(&ring->tail, tail + 1, __ATOMIC_SEQ_CST);
			break;
		case SHOW:
			if (swap(&record->state, state, STATE(tail, SHOWING)))
				return record;
			break;
		}
	}
	return NULL;
}

void log_ring_done(struct log_ring *ring, const struct log_record *line)
{
	struct log_record *record = &ring->records[line - ring->records];
	u64 ticket = ticket_of(load(&record->state));

	__atomic_store_n(&ring->tail, ticket + 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->state, STATE(ticket, DONE), __ATOMIC_SEQ_CST);
}

bool log_ring_pending(const struct log_ring *ring)
{
	u64 tail = load(&ring->tail);

	return look(ring, tail, load(&record_of(ring, tail)->state), false) != STOP;
}

bool log_ring_peek(const struct log_ring *ring, u64 ticket, struct log_record *copy)
{
	const struct log_record *record = record_of(ring, ticket);
	u64 state = load(&record->state);
	enum kind kind = kind_of(state);

	if (ticket < ring->count || ticket_of(state) != ticket ||
	    (kind != READY && kind != SHOWING && kind != DONE))
		return false;
	memcpy(copy, record, sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* Shown meanwhile is fine, overwritten is not. */
	return ticket_of(load(&record->state)) == ticket;
}

u64 log_ring_dropped(const struct log_ring *ring)
{
	return load(&ring->dropped);
}
