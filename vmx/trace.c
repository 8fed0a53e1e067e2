/* SPDX-License-Identifier: MIT */
/*
 * While the guest runs: exits to records to wherever they go. An exit is
 * written at the entry that follows, when its record is complete.
 */
#include "vmx/trace.h"

#include "kernel/time.h"
#include "kernel/trace_port.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vmx/dump_text.h"
#include "vmx/recorder.h"

void trace_exit(struct vcpu *v)
{
	struct trace *t = v->trace;
	u64 start;

	if (!t->filter.regs || !trace_filter_passes(&t->filter, v->recorder.next))
		return;
	start = time_tsc();
	trace_state_read(v, &t->change.exit);
	t->reading = time_tsc() - start;
	t->change.exit_n = t->entered ? recorder_total(v) : ~0UL;
}

static void write_line(const struct exit_record *r, u64 n, const struct trace_change *change)
{
	struct record_line line;

	record_line_begin(&line, "trace", r, n);
	if (change && change->exit_n == n) {
		trace_state_compare(&line, "guest.", &change->entry, &change->exit);
		trace_state_compare(&line, "", &change->exit, &change->after);
	}
	record_line_end(&line);
}

static void write_record(struct trace *t, const struct exit_record *r, u64 n,
			 const struct trace_change *change)
{
	if (t->filter.com2 ? !trace_port_write(r, sizeof(*r)) : !log_has_room()) {
		t->lost++;
		return;
	}
	t->written++;
	if (t->filter.com2)
		return;
	if (t->lost != t->lost_shown)
		dump_line("trace: lost=%lu vcpu=%u", t->lost - t->lost_shown, r->vcpu);
	t->lost_shown = t->lost;
	write_line(r, n, change);
}

/* A reader with a debugger must not take a half written record for a whole one. */
static void keep(struct trace *t, const struct exit_record *r, u64 n)
{
	unsigned i = (unsigned)(t->kept % t->slots);
	struct exit_record *slot = &t->ring->record[i];

	__atomic_store_n(&slot->mark, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(slot, r, offsetof(struct exit_record, mark));
	if (t->changes)
		t->changes[i] = t->change;
	__atomic_store_n(&slot->mark, RECORD_MARK, __ATOMIC_RELEASE);
	t->kept++;
	t->kept_n = n;
}

/* A line takes its time: neither the guest's clock nor the times in the trace shall show it. */
static void pause(struct vcpu *v)
{
	if (v->trace->paused)
		return;
	v->ops->pause(v);
	v->trace->paused = time_tsc();
}

static void go_on(struct vcpu *v)
{
	struct trace *t = v->trace;

	if (!t->paused)
		return;
	v->polled += (u32)(time_tsc() - t->paused); /* or a trace would be polled more often */
	t->paused = 0;
	v->ops->resume(v);
	recorder_catch_up(v);
	recorder_resume(v);
}

static void take(struct vcpu *v, const struct exit_record *r, u64 n)
{
	struct trace *t = v->trace;
	u64 number = t->passed++;

	if (number % t->filter.every)
		return;
	number /= t->filter.every;
	if (t->filter.last) {
		keep(t, r, n);
	} else {
		pause(v);
		write_record(t, r, n, &t->change);
	}
	if (number + 1 == t->filter.first) {
		v->watch = t->watch;
		vcpu_attend(v, ATTENTION_WATCH);
	}
}

static bool finished(const struct trace *t)
{
	if (!t->filter.on)
		return true;
	return t->filter.first && (t->passed + t->filter.every - 1) / t->filter.every >= t->filter.first;
}

void trace_entry(struct vcpu *v)
{
	struct trace *t = v->trace;
	u64 total = recorder_total(v), start = time_tsc();
	struct exit_record r;

	if (t->filter.regs)
		trace_state_read(v, &t->change.after);
	for (; t->next < total; t->next++) {
		if (finished(t) || !recorder_get(v, t->next, &r) ||
		    !trace_filter_passes(&t->filter, &r))
			continue;
		r.in -= t->hidden;
		r.out -= r.out ? t->hidden + t->reading : 0;
		take(v, &r, t->next);
	}
	if (t->filter.regs) {
		t->change.entry = t->change.after;
		t->entered = true;
	}
	go_on(v);
	t->hidden += t->reading + time_tsc() - start;
	t->reading = 0;
}

/* The ring, oldest first. A record has only the low half of its number. */
static void write_kept(struct trace *t)
{
	u64 first = t->kept > t->slots ? t->kept - t->slots : 0;

	for (u64 i = first; i < t->kept; i++) {
		const struct exit_record *r = &t->ring->record[i % t->slots];
		u64 n = t->kept_n - (u32)((u32)t->kept_n - r->n);

		write_record(t, r, n, t->changes ? &t->changes[i % t->slots] : NULL);
	}
	t->kept = 0;
}

void trace_describe(const struct vcpu *v, char *text, size_t size)
{
	const struct trace *t = v->trace;

	if (!t || !t->filter.on)
		format(text, size, "trace: off");
	else
		format(text, size, "trace: vcpu=%u to=%s passed=%lu written=%lu kept=%lu lost=%lu",
		       v->index, t->filter.com2 ? "com2" : "log", t->passed, t->written,
		       MIN(t->kept, (u64)t->slots), t->lost);
}

void trace_finish(struct vcpu *v)
{
	char text[LOG_LINE_MAX];
	struct trace *t = v->trace;

	if (!t || !t->filter.on)
		return;
	if (t->ring)
		write_kept(t);
	if (t->filter.com2)
		trace_port_flush();
	trace_describe(v, text, sizeof(text));
	dump_line("%s", text);
	t->filter.on = false;
	v->watch = t->watch;
}
