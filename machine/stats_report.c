/* SPDX-License-Identifier: MIT */
#include "machine/stats_report.h"

#include "kernel/log.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"

#define SUBJECT_TEXT_MAX 40
#define KEYS_SHOWN	 6
#define RIPS_SHOWN	 3
#define RIP_SAMPLES_MIN	 8
#define KEY_SHARE_MIN	 2 /* of 1000 */

/* One line: the exits of a reason, or of a key of it. */
struct row {
	const struct vm *vm;
	const struct vcpu *v;
	unsigned reason;
	u64 count, ticks;
	u64 all_count, all_ticks; /* of the vCPU: what shares are shares of */
	u64 elapsed_ns;
};

static u64 permille(u64 part, u64 whole)
{
	return whole ? part * 1000 / whole : 0;
}

static u64 per_second(u64 count, u64 ns)
{
	u64 us = ns / 1000;

	return us ? count * 1000000 / us : 0;
}

/* What the statistics know of a reason; all zero without them. */
static void times_of(const struct vcpu *v, unsigned reason, struct stats_times *handler,
		     struct stats_times *guest)
{
	memset(handler, 0, sizeof(*handler));
	memset(guest, 0, sizeof(*guest));
	if (v->recorder.stats)
		stats_of_reason(v->recorder.stats, reason, handler, guest);
}

/* ---- For programs ---------------------------------------------------------------- */

static void print_reason(const struct row *r, const struct stats_times *t)
{
	u64 count = permille(r->count, r->all_count), time = permille(r->ticks, r->all_ticks);
	char more[128];

	more[0] = '\0';
	if (t->sum)
		format(more, sizeof(more),
		       " min_ticks=%lu p50_ticks=%lu p99_ticks=%lu max_ticks=%lu", t->min,
		       stats_percentile(t, 500), stats_percentile(t, 990), t->max);
	log_report("exit: vm=%s vcpu=%u reason=%s count=%lu share=%lu.%lu%% time=%lu.%lu%% "
		   "mean_ticks=%lu mean_ns=%lu%s",
		   r->vm->name, r->v->index, exit_reason_name(r->reason), r->count, count / 10,
		   count % 10, time / 10, time % 10, r->ticks / r->count,
		   time_tsc_to_ns(r->ticks) / r->count, more);
}

/* Buckets as number:count, of which the number is the log2 of the ticks; in as many lines as it takes. */
static void print_histogram(const struct row *r, const char *of, const struct stats_times *t)
{
	char text[LOG_LINE_MAX + 1], pair[32];
	size_t head = format(text, sizeof(text),
			     "exit-histogram: vm=%s vcpu=%u reason=%s of=%s sum=%lu min=%lu max=%lu log2=",
			     r->vm->name, r->v->index, exit_reason_name(r->reason), of, t->sum,
			     t->min, t->max);
	size_t n = head;

	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		if (!t->bucket[i])
			continue;
		if (n + format(pair, sizeof(pair), ",%u:%lu", i, t->bucket[i]) > LOG_LINE_MAX) {
			log_report("%s", text);
			n = head;
		}
		n += format(text + n, sizeof(text) - n, "%s", pair + (n == head));
	}
	log_report("%s", text);
}

static void print_key(const struct row *r, const struct stats_cell *cell)
{
	u64 count = stats_count(&cell->handler);
	char key[SUBJECT_TEXT_MAX];

	if (!stats_key_text(cell, key, sizeof(key)))
		return;
	log_report("exit-key: vm=%s vcpu=%u reason=%s key=\"%s\" count=%lu ticks=%lu min_ticks=%lu "
		   "p50_ticks=%lu p99_ticks=%lu max_ticks=%lu",
		   r->vm->name, r->v->index, exit_reason_name(r->reason), key, count,
		   cell->handler.sum, cell->handler.min, stats_percentile(&cell->handler, 500),
		   stats_percentile(&cell->handler, 990), cell->handler.max);
}

static void print_details(const struct row *r, const struct stats_times *handler,
			  const struct stats_times *guest)
{
	const struct stats *s = r->v->recorder.stats;
	const struct stats_rip *rips = s->rips[r->reason];

	print_histogram(r, "handler", handler);
	print_histogram(r, "guest", guest);
	for (const struct stats_cell *c = s->cells + 1; c < s->cells + s->count; c++)
		if (SUBJECT_REASON(c->subject) == r->reason)
			print_key(r, c);
	for (unsigned i = 0; i < STATS_RIPS; i++)
		if (rips[i].samples)
			log_report("exit-rip: vm=%s vcpu=%u reason=%s rip=%#lx samples=%lu",
				   r->vm->name, r->v->index, exit_reason_name(r->reason),
				   rips[i].rip, rips[i].samples);
}

/* ---- For people ------------------------------------------------------------------ */

/* Four times of the handler, two of the guest, in ns. */
static void table_line(const struct row *r, const char *indent, const char *name,
		       const struct stats_times *handler, const struct stats_times *guest)
{
	u64 count = stats_count(handler);
	u64 share = permille(count, r->all_count), time = permille(handler->sum, r->all_ticks);

	log_report("%s%-*s %9lu %3lu.%lu%% %8lu %3lu.%lu%% %7lu %7lu %7lu %7lu %8lu %9lu %9lu",
		   indent, 24 - (int)strlen(indent), name, count, share / 10, share % 10,
		   per_second(count, r->elapsed_ns), time / 10, time % 10,
		   time_tsc_to_ns(handler->min), time_tsc_to_ns(handler->sum) / count,
		   time_tsc_to_ns(stats_percentile(handler, 500)),
		   time_tsc_to_ns(stats_percentile(handler, 990)), time_tsc_to_ns(handler->max),
		   time_tsc_to_ns(guest->sum) / count,
		   time_tsc_to_ns(stats_percentile(guest, 500)));
}

static const struct stats_cell *next_largest(const struct stats *s, unsigned reason, u64 below,
					     const struct stats_cell *after)
{
	const struct stats_cell *best = NULL;

	for (const struct stats_cell *c = s->cells + 1; c < s->cells + s->count; c++) {
		if (SUBJECT_REASON(c->subject) != reason || c->handler.sum > below ||
		    (c->handler.sum == below && c <= after))
			continue;
		if (!best || c->handler.sum > best->handler.sum)
			best = c;
	}
	return best;
}

static void table_keys(const struct row *r)
{
	const struct stats *s = r->v->recorder.stats;
	const struct stats_cell *c = NULL;
	u64 below = ~0UL;
	char key[SUBJECT_TEXT_MAX];

	for (unsigned i = 0; i < KEYS_SHOWN; i++) {
		c = next_largest(s, r->reason, below, c);
		if (!c)
			return;
		below = c->handler.sum;
		/* What takes no time worth speaking of is in the lines for programs. */
		if (i && permille(below, r->all_ticks) < KEY_SHARE_MIN)
			return;
		if (stats_key_text(c, key, sizeof(key)))
			table_line(r, "  ", key, &c->handler, &c->guest);
	}
}

static const struct stats_rip *next_rip(const struct stats_rip *rips, u64 below,
					const struct stats_rip *after)
{
	const struct stats_rip *best = NULL;

	for (const struct stats_rip *p = rips; p < rips + STATS_RIPS; p++) {
		if (!p->samples || p->samples > below || (p->samples == below && p <= after))
			continue;
		if (!best || p->samples > best->samples)
			best = p;
	}
	return best;
}

static void table_rips(const struct row *r)
{
	const struct stats_rip *rips = r->v->recorder.stats->rips[r->reason];
	const struct stats_rip *best = NULL;
	u64 all = 0, below = ~0UL;
	char text[LOG_LINE_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < STATS_RIPS; i++)
		all += rips[i].samples;
	if (all < RIP_SAMPLES_MIN)
		return;
	for (unsigned shown = 0; shown < RIPS_SHOWN; shown++) {
		best = next_rip(rips, below, best);
		if (!best)
			break;
		below = best->samples;
		n += format(text + n, sizeof(text) - n, " %#lx (%lu%%)", best->rip,
			    best->samples * 100 / all);
	}
	log_report("  from RIP%s of %lu samples", text, all);
}

/* ---- All of it ------------------------------------------------------------------- */

static void report_reason(const struct row *r, bool details, bool table)
{
	struct stats_times handler, guest;

	times_of(r->v, r->reason, &handler, &guest);
	if (!table) {
		print_reason(r, &handler);
		if (details && handler.sum)
			print_details(r, &handler, &guest);
	} else if (handler.sum) {
		table_line(r, "", exit_reason_name(r->reason), &handler, &guest);
		table_keys(r);
		table_rips(r);
	}
}

/* The reasons there were, those that took the most time first. */
static unsigned sort_reasons(struct vcpu *v, u8 *order, struct row *sum)
{
	u64 ticks[EXIT_REASONS], count;
	unsigned reasons = 0, at;

	for (unsigned reason = 0; reason < EXIT_REASONS; reason++) {
		vcpu_exits(v, reason, &count, &ticks[reason]);
		if (!count)
			continue;
		sum->all_count += count;
		sum->all_ticks += ticks[reason];
		for (at = reasons++; at && ticks[order[at - 1]] < ticks[reason]; at--)
			order[at] = order[at - 1];
		order[at] = (u8)reason;
	}
	return reasons;
}

void stats_report_some(struct vm *vm, struct vcpu *v, bool details, unsigned reason)
{
	struct row row = {.vm = vm, .v = v};
	u8 order[EXIT_REASONS];
	unsigned reasons = sort_reasons(v, order, &row);

	row.elapsed_ns = vm->run_ns - vm->stats_from_ns;
	log_report("%s: %lu exits in %lu.%03lu s, %lu ticks in handlers", vm->name, row.all_count,
		   row.elapsed_ns / 1000000000, row.elapsed_ns / 1000000 % 1000, row.all_ticks);
	for (unsigned table = 0; table < 2; table++) {
		if (table && (!v->recorder.stats || !reasons))
			break;
		if (table)
			log_report("%-24s %9s %6s %8s %6s %7s %7s %7s %7s %8s %9s %9s",
				   "exits; times in ns", "count", "share", "rate/s", "time", "min",
				   "mean", "p50<=", "p99<=", "max", "guest", "p50<=");
		for (unsigned i = 0; i < reasons; i++) {
			row.reason = order[i];
			if (reason < EXIT_REASONS && reason != row.reason)
				continue;
			vcpu_exits(v, row.reason, &row.count, &row.ticks);
			report_reason(&row, details, table);
		}
	}
}

void stats_report(struct vm *vm, struct vcpu *v, bool details)
{
	stats_report_some(vm, v, details, EXIT_REASONS);
}

void stats_restart(struct vm *vm, struct vcpu *v)
{
	recorder_catch_up(v);
	memset(&v->counters, 0, sizeof(v->counters));
	if (v->recorder.stats)
		stats_reset(v->recorder.stats);
	vm->stats_from_ns = vm->run_ns; /* in a pause the clock itself is ahead */
}
