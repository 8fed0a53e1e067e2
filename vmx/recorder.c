/* SPDX-License-Identifier: MIT */
#include "vmx/recorder.h"

#include "vmx/stats.h"

static struct exit_record *page_of(struct exit_record *r)
{
	return (struct exit_record *)((u64)r & ~(PAGE_SIZE - 1));
}

u64 recorder_total(const struct vcpu *v)
{
	const struct recorder *rec = &v->recorder;

	return rec->ring ? rec->page_n + (u64)(rec->next - page_of(rec->next)) : 0;
}

static struct exit_record *slot(const struct vcpu *v, u64 n)
{
	return v->recorder.ring + n % (u64)(v->recorder.end - v->recorder.ring);
}

static struct exit_record *last(const struct vcpu *v)
{
	const struct recorder *rec = &v->recorder;

	return rec->next == rec->ring ? rec->end - 1 : rec->next - 1;
}

/* Is the next slot an exit that is being handled, and not one of a round ago? */
static bool is_open(const struct vcpu *v, u64 total)
{
	const struct exit_record *next = v->recorder.next;

	return next->in > (total ? last(v)->in : 0);
}

u64 recorder_first(const struct vcpu *v)
{
	u64 total = recorder_total(v), kept = (u64)(v->recorder.end - v->recorder.ring);

	if (!kept)
		return 0;
	/* The exit that is being handled has taken the oldest one's slot. */
	return total - MIN(total, kept - is_open(v, total));
}

bool recorder_get(const struct vcpu *v, u64 n, struct exit_record *to)
{
	u64 total = recorder_total(v);
	u16 plan;

	if (v->recorder.ring == v->recorder.end || n < recorder_first(v) || n > total ||
	    (n == total && !is_open(v, total)))
		return false;
	*to = *slot(v, n);
	plan = to->reason < EXIT_REASONS ? record_plan[to->reason] : 0;
	if (!(plan & RECORD_DETAILS))
		plan = RECORD_LENGTH;
	if (!(plan & RECORD_QUALIFICATION))
		to->qualification = 0;
	if (!(plan & RECORD_INTR))
		to->intr = 0;
	if (!(plan & RECORD_IDT))
		to->idt = 0;
	if (!(plan & RECORD_LENGTH))
		to->length_verdict &= ~0xffU;
	if (to->n != (u32)n)
		to->event = 0;
	to->n = (u32)n;
	if (n == total) {
		to->out = 0;
		to->length_verdict |= RECORD_NONE << RECORD_VERDICT_SHIFT;
	}
	return true;
}

void recorder_event(struct vcpu *v, u32 info)
{
	u64 total = recorder_total(v);

	if (!total)
		return;
	last(v)->event = info;
	last(v)->n = (u32)(total - 1);
}

void recorder_resume(struct vcpu *v)
{
	struct recorder *rec = &v->recorder;
	u64 now = time_tsc();

	if (!rec->ring)
		return;
	if (recorder_total(v) && last(v)->out)
		last(v)->out = now;
	if (rec->taken == rec->next)
		rec->resumed = now;
}

void recorder_catch_up(struct vcpu *v)
{
	struct recorder *rec = &v->recorder;

	if (rec->taken == rec->next)
		return;
	if (rec->stats)
		stats_take(rec->stats, rec->taken, rec->next, rec->resumed);
	rec->taken = rec->next;
	rec->resumed = last(v)->out;
}

void recorder_page_full(struct vcpu *v)
{
	struct recorder *rec = &v->recorder;

	vcpu_poll_if_overdue(v);
	recorder_catch_up(v);
	rec->page_n += RECORDS_A_PAGE;
	if (rec->next == rec->end)
		rec->next = rec->ring;
	rec->taken = rec->next;
	recorder_resume(v);
}

static u32 key_of(u16 plan, const struct exit_record *r)
{
	u64 q = r->qualification;

	switch (plan & RECORD_KEY) {
	case RECORD_KEY_PAGE:
		return (u32)(vmcs_read(VMCS_GUEST_PHYSICAL_ADDRESS) >> 12);
	case RECORD_KEY_VECTOR:
		return r->intr & 0xff;
	case RECORD_KEY_CR:
		return q & 0x3f;
	case RECORD_KEY_DR:
		return q & 0x17;
	case RECORD_KEY_LOW:
		return (u32)q & 0xffff;
	}
	return 0;
}

/* Ports first: there is no commoner exit. Bit 3 of the qualification is the direction. */
void recorder_details(struct exit_record *r, u16 plan)
{
	u32 q = (u32)(r->qualification = vmcs_read(VMCS_EXIT_QUALIFICATION));

	if (likely((plan & RECORD_KEY) == RECORD_KEY_PORT)) {
		r->key = q >> 16 | (q << 13 & RECORD_KEY_IN);
		return;
	}
	if (plan & RECORD_INTR)
		r->intr = (u32)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	if (plan & RECORD_IDT)
		r->idt = (u32)vmcs_read(VMCS_IDT_VECTORING_INFO);
	r->key = key_of(plan, r);
}

/*
 * A wait is not the handler's time, and the guest's neither: the statistics
 * take the record as it is before it. A STOP has no entry that follows.
 */
void recorder_close(struct vcpu *v, enum verdict verdict)
{
	struct recorder *rec = &v->recorder;
	struct exit_record *r = rec->next;

	r->length_verdict = (r->length_verdict & 0xff) | (u32)verdict << RECORD_VERDICT_SHIFT;
	recorder_next(v, r);
	if (verdict == AGAIN)
		return;
	recorder_catch_up(v);
	if (verdict == STOP)
		r->out = 0;
}
