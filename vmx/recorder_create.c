/* SPDX-License-Identifier: MIT */
/*
 * The memory of the flight recorder and of the statistics: taken with the
 * vCPU, given back with it.
 */
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"

#define STATS_ORDER 6
_Static_assert(sizeof(struct stats) <= PAGE_SIZE << STATS_ORDER, "");

int stats_create(struct stats **out)
{
	*out = frame_alloc_zeroed(STATS_ORDER, FRAME_WATCH);
	if (!*out)
		return -ERR_NOMEM;
	stats_reset(*out);
	return 0;
}

void stats_destroy(struct stats *s)
{
	if (s)
		frame_free(virt_to_phys(s), STATS_ORDER, FRAME_WATCH);
}

static u64 ring_bytes(const struct vcpu *v)
{
	return (u64)(v->recorder.end - v->recorder.ring) * sizeof(struct exit_record);
}

int recorder_create(struct vcpu *v, unsigned records, bool stats, u8 vm_number)
{
	struct recorder *rec = &v->recorder;
	u64 bytes;

	v->watch = WATCH_NOTHING;
	if (!records && !stats)
		return 0;
	/* Whole pages; statistics need two of them even where nobody wants to see the records. */
	bytes = ALIGN_UP(MAX(records, (unsigned)RECORDER_MIN) * sizeof(struct exit_record),
			 PAGE_SIZE);
	rec->ring = frame_alloc_zeroed(frame_order(bytes), FRAME_WATCH);
	if (!rec->ring)
		return -ERR_NOMEM;
	rec->end = rec->ring + bytes / sizeof(struct exit_record);
	if (stats && stats_create(&rec->stats)) {
		recorder_destroy(v);
		return -ERR_NOMEM;
	}
	for (struct exit_record *r = rec->ring; r < rec->end; r++) {
		r->vcpu = (u8)v->index;
		r->vm = vm_number;
		r->mark = RECORD_MARK;
		r->n = ~0U;
	}
	rec->next = rec->taken = rec->ring;
	v->watch = stats ? WATCH_STATS : WATCH_RECORDS;
	return 0;
}

void recorder_destroy(struct vcpu *v)
{
	struct recorder *rec = &v->recorder;

	stats_destroy(rec->stats);
	if (rec->ring)
		frame_free(virt_to_phys(rec->ring), frame_order(ring_bytes(v)), FRAME_WATCH);
	memset(rec, 0, sizeof(*rec));
	v->watch = WATCH_NOTHING;
}
