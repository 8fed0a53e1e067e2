/* SPDX-License-Identifier: MIT */
/*
 * Tracing is switched on and off. All memory is taken here, none while the
 * guest runs.
 */
#include "kernel/time.h"
#include "kernel/trace_port.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/recorder.h"
#include "vmx/trace.h"

_Static_assert(sizeof(struct trace) <= PAGE_SIZE, "one frame");

static void *alloc(u64 bytes, unsigned *order)
{
	*order = frame_order(bytes);
	return *order <= FRAME_ORDER_MAX ? frame_alloc_zeroed(*order, FRAME_WATCH) : NULL;
}

static void give_back(const void *block, unsigned order)
{
	if (block)
		frame_free(virt_to_phys(block), order, FRAME_WATCH);
}

static void free_ring(struct trace *t)
{
	give_back(t->ring, t->ring_order);
	give_back(t->changes, t->changes_order);
	t->ring = NULL;
	t->changes = NULL;
}

static void fill_header(struct trace_header *header, u32 flags)
{
	*header = (struct trace_header){
		.version = 1,
		.record_size = sizeof(struct exit_record),
		.tsc_hz = time_tsc_hz(),
		.flags = flags,
	};
	memcpy(header->magic, "TRIVETTR", sizeof(header->magic));
}

static int create_ring(struct trace *t, const struct trace_filter *f)
{
	t->slots = (unsigned)f->last;
	if (!t->slots)
		return 0;
	t->ring = alloc(sizeof(*t->ring) + f->last * sizeof(struct exit_record), &t->ring_order);
	if (f->regs)
		t->changes = alloc(f->last * sizeof(*t->changes), &t->changes_order);
	if (!t->ring || (f->regs && !t->changes)) {
		free_ring(t);
		return -ERR_NOMEM;
	}
	fill_header(&t->ring->header, TRACE_IS_RING);
	return 0;
}

static int open_port(char *complaint, size_t size)
{
	struct trace_header header;
	const char *why;
	int error;

	fill_header(&header, 0);
	error = trace_port_open(&header, sizeof(header), &why);
	if (error)
		format(complaint, size, "trace: \"to=com2\": %s; use to=log or to=ring", why);
	return error;
}

/* Its memory, kept from the last time or new. */
static struct trace *get(struct vcpu *v)
{
	if (!v->trace) {
		v->trace = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_WATCH);
		if (v->trace)
			v->trace->watch = v->watch;
	}
	return v->trace;
}

static void start(struct vcpu *v, struct trace *t, const struct trace_filter *f)
{
	t->filter = *f;
	t->next = recorder_total(v);
	t->passed = t->written = t->lost = t->lost_shown = t->kept = 0;
	t->entered = false;
	t->hidden = t->reading = 0;
	t->change.exit_n = ~0UL;
}

static int trace_on(struct vcpu *v, const struct trace_filter *f, char *complaint, size_t size)
{
	struct trace *t;

	if (!v->recorder.ring) {
		format(complaint, size, "trace: the flight recorder is off; start with recorder=256");
		return -ERR_INVAL;
	}
	if (f->com2 && open_port(complaint, size))
		return -ERR_NOENT;
	t = get(v);
	if (t) {
		trace_finish(v);
		free_ring(t);
	}
	if (!t || create_ring(t, f)) {
		format(complaint, size, "trace: no memory for the last %lu exits; give less", f->last);
		return -ERR_NOMEM;
	}
	start(v, t, f);
	v->watch = WATCH_TRACE;
	return 0;
}

int trace_configure(struct vcpu *v, const char *words, char *complaint, size_t size)
{
	struct trace_filter f;
	int error = trace_filter_parse(&f, words, complaint, size);

	if (error)
		return error;
	if (f.on) {
		error = trace_on(v, &f, complaint, size);
	} else {
		trace_finish(v);
	}
	if (v->trace)
		vcpu_attend(v, ATTENTION_WATCH);
	return error;
}

void trace_destroy(struct vcpu *v)
{
	if (!v->trace)
		return;
	free_ring(v->trace);
	give_back(v->trace, FRAME_ORDER_4K);
	v->trace = NULL;
}
