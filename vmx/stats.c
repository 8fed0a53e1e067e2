/* SPDX-License-Identifier: MIT */
#include "vmx/stats.h"

#include "lib/string.h"

void stats_reset(struct stats *s)
{
	memset(s, 0, sizeof(*s));
	/* Nothing has this subject: the first record looks for its cell. */
	s->cells[0].subject = ~0UL;
	s->last = &s->cells[0];
	s->count = 1;
}

static struct stats_cell *new_cell(struct stats *s, u16 *index, u64 subject)
{
	struct stats_cell *cell = &s->cells[s->count];

	*index = (u16)++s->count;
	cell->subject = subject;
	cell->handler.min = cell->guest.min = ~0UL;
	return cell;
}

static u64 others(u64 subject)
{
	return (subject & 0xffffffff) | (u64)STATS_KEY_OTHER << 32;
}

/* Is there room for one more key of this reason, with a cell left for the rest of each? */
static bool has_room(struct stats *s, unsigned reason)
{
	return s->keys[reason] < STATS_KEYS && s->count < STATS_CELLS - EXIT_REASONS;
}

static __noinline struct stats_cell *find(struct stats *s, u64 subject)
{
	unsigned reason = SUBJECT_REASON(subject);

	for (;;) {
		unsigned at = (unsigned)((subject * 0x9e3779b97f4a7c15UL) >> 55);

		for (; s->index[at]; at = (at + 1) % STATS_INDEX)
			if (s->cells[s->index[at] - 1].subject == subject)
				return &s->cells[s->index[at] - 1];
		if (SUBJECT_KEY(subject) == STATS_KEY_OTHER || has_room(s, reason)) {
			s->keys[reason]++;
			return new_cell(s, &s->index[at], subject);
		}
		subject = others(subject);
	}
}

/* Number of the highest set bit; not of 0. Compilers need one or two instructions more. */
static __always_inline u64 highest_bit(u64 x)
{
	u64 n;

	asm("bsrq %1, %0" : "=r"(n) : "r"(x) : "cc");
	return n;
}

static __always_inline void add(struct stats_times *t, u64 ticks)
{
	t->sum += ticks;
	t->bucket[highest_bit(ticks)]++;
	if (unlikely(ticks < t->min))
		t->min = ticks;
	if (unlikely(ticks > t->max))
		t->max = ticks;
}

/* Keeps the most frequent ones: a newcomer takes the place, and the count, of the rarest. */
static void sample(struct stats_rip *rips, u64 rip)
{
	struct stats_rip *rarest = rips;

	for (struct stats_rip *r = rips; r < rips + STATS_RIPS; r++) {
		if (r->rip == rip && r->samples) {
			r->samples++;
			return;
		}
		if (r->samples < rarest->samples)
			rarest = r;
	}
	rarest->rip = rip;
	rarest->samples++;
}

/* The guest went on before this exit when the one before had ended. */
static __always_inline struct stats_cell *take(struct stats *s, struct stats_cell *cell,
					       const struct exit_record *r, const u64 *resumed)
{
	u64 subject = record_subject(r);

	if (unlikely(subject != cell->subject))
		cell = find(s, subject);
	add(&cell->handler, r->out - r->in);
	add(&cell->guest, r->in - *resumed);
	return cell;
}

void stats_take(struct stats *s, const struct exit_record *r, const struct exit_record *end,
		u64 resumed)
{
	const struct exit_record *sampled = r + s->phase;
	struct stats_cell *cell = s->last;

	if (r < end)
		cell = take(s, cell, r++, &resumed);
	/* Unrolled: this is part of every exit's cost. */
	for (; end - r >= 4; r += 4) {
		cell = take(s, cell, r, &r[-1].out);
		cell = take(s, cell, r + 1, &r[0].out);
		cell = take(s, cell, r + 2, &r[1].out);
		cell = take(s, cell, r + 3, &r[2].out);
	}
	for (; r < end; r++)
		cell = take(s, cell, r, &r[-1].out);
	s->last = cell;
	for (; sampled < end; sampled += STATS_RIP_STRIDE)
		sample(s->rips[sampled->reason], sampled->rip);
	s->phase = (u32)(sampled - end);
}

u64 stats_count(const struct stats_times *t)
{
	u64 n = 0;

	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		n += t->bucket[i];
	return n;
}

u64 stats_percentile(const struct stats_times *t, unsigned permille)
{
	u64 count = stats_count(t), rank = (count * permille + 999) / 1000, seen = 0;

	if (!count)
		return 0;
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		seen += t->bucket[i];
		if (seen >= MAX(rank, 1UL))
			return MIN(t->max, (2UL << i) - 1);
	}
	return t->max;
}

static void merge(struct stats_times *to, const struct stats_times *from)
{
	to->sum += from->sum;
	to->min = MIN(to->min, from->min);
	to->max = MAX(to->max, from->max);
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

static void clear(struct stats_times *t)
{
	memset(t, 0, sizeof(*t));
	t->min = ~0UL;
}

void stats_of_reason(const struct stats *s, unsigned reason, struct stats_times *handler,
		     struct stats_times *guest)
{
	clear(handler);
	if (guest)
		clear(guest);
	for (const struct stats_cell *c = s->cells + 1; c < s->cells + s->count; c++) {
		if (SUBJECT_REASON(c->subject) != reason)
			continue;
		merge(handler, &c->handler);
		if (guest)
			merge(guest, &c->guest);
	}
}
