/* SPDX-License-Identifier: MIT */
/*
 * What is not progress: exits that are the host's own, and those by which
 * a guest asks for something (reads of ports, MSRs and memory) or selects
 * what it will ask for. Everything else is, output above all.
 */
#include "machine/stuck.h"

#include "kernel/log.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "vmx/decode.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"

#define RECORDS 64 /* of a look; the others are taken to be like them */

static void start_anew(struct stuck *s, u64 now)
{
	s->since_ns = now;
	s->site_count = 0;
	s->state_count = 0;
	s->kind = STUCK_NOT;
	s->told = false;
}

static bool selects(u16 port)
{
	static const u16 ports[] = { PORT_PIC_MASTER, PORT_PIC_SLAVE,  PORT_PIT + 3, PORT_RTC,
				     PORT_POST,	      PORT_PCI_ADDRESS };

	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool is_host(unsigned reason)
{
	return reason == EXIT_EXTERNAL_INTERRUPT || reason == EXIT_PREEMPTION_TIMER ||
	       reason == EXIT_INTERRUPT_WINDOW;
}

/*
 * The first touch of RAM is no question. A write to nothing is output, as to a
 * screen that is not there; one to an APIC is not: it ends an interrupt.
 */
static bool asks_memory(const struct vcpu *v, const struct exit_record *r)
{
	gpa_t page = (gpa_t)r->key << PAGE_SHIFT;

	if (ram_contains(&v->vm->ram, page, 1))
		return false;
	return !decode_ept_violation(r->qualification).write || stuck_page_device(v->vm, page);
}

static bool asks(const struct vcpu *v, const struct exit_record *r)
{
	if (r->reason == EXIT_IO)
		return r->key & RECORD_KEY_IN || selects((u16)r->key);
	if (r->reason == EXIT_EPT_VIOLATION)
		return asks_memory(v, r);
	return r->reason == EXIT_RDMSR || r->reason == EXIT_PAUSE || r->reason == EXIT_RDTSC ||
	       r->reason == EXIT_RDTSCP;
}

static bool add_site(struct stuck *s, const struct exit_record *r)
{
	struct stuck_site site = { r->rip, record_subject(r) };

	for (unsigned i = 0; i < s->site_count; i++)
		if (s->sites[i].rip == site.rip && s->sites[i].subject == site.subject)
			return true;
	if (s->site_count == STUCK_SITES)
		return false;
	s->sites[s->site_count++] = site;
	return true;
}

/* The exits since the last look. False: progress. */
static bool look_at_exits(struct stuck *s, struct vcpu *v)
{
	u64 total = recorder_total(v), n = MAX(s->seen, recorder_first(v));
	unsigned asked = 0;
	struct exit_record r;

	/* In a HLT no exits come, and none are missed. */
	if (total && recorder_get(v, total - 1, &r) && r.reason == EXIT_HLT)
		return false;
	if (total - n > RECORDS)
		n = total - RECORDS;
	s->seen = total;
	for (; n < total; n++) {
		if (!recorder_get(v, n, &r) || is_host(r.reason))
			continue;
		if (!asks(v, &r) || !add_site(s, &r))
			return false;
		asked++;
	}
	/* Who does not ask any more computes: that is for the registers to tell. */
	if (!asked)
		s->site_count = 0;
	return true;
}

/* Without exits the registers must tell. False: progress. */
static bool look_at_registers(struct stuck *s, const struct vcpu *v)
{
	u64 hash = vmcs_read(VMCS_GUEST_RSP);

	for (unsigned i = 0; i < ARRAY_SIZE(v->regs.by_index); i++)
		hash = (hash ^ v->regs.by_index[i]) * 0x9e3779b97f4a7c15UL;
	for (unsigned i = 0; i < s->state_count; i++)
		if (s->states[i].rip == s->rip && s->states[i].registers == hash)
			return true;
	if (s->state_count == STUCK_STATES)
		return false;
	s->states[s->state_count++] = (struct stuck_state){ s->rip, hash };
	return true;
}

static bool reads(const struct stuck_site *site)
{
	return SUBJECT_REASON(site->subject) != EXIT_IO ||
	       SUBJECT_KEY(site->subject) & RECORD_KEY_IN;
}

static bool polls(const struct stuck *s)
{
	for (unsigned i = 0; i < s->site_count; i++)
		if (reads(&s->sites[i]))
			return true;
	return false;
}

/* Once for each place: who polls for input does it again after each line. */
static void tell(struct vcpu *v, struct stuck *s, u64 now)
{
	u64 place = s->site_count ? s->sites[0].rip : s->rip / 256;
	char text[LOG_LINE_MAX];

	if (s->told || (s->told_ns && now - s->told_ns < STUCK_TOLD_NS))
		return;
	s->told = true;
	if (s->told_ns && s->told_place == place)
		return;
	s->told_ns = now;
	s->told_place = place;
	if (stuck_sentence(v->vm, text, sizeof(text)))
		log_warn("vm", "stuck: %s", text);
}

void stuck_poll(struct vcpu *v, u64 now)
{
	struct stuck *s = &v->vm->stuck;

	if (now - s->looked_ns < STUCK_LOOK_NS || !v->recorder.ring)
		return;
	s->looked_ns = now;
	s->rip = vmcs_read(VMCS_GUEST_RIP);
	s->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	if (!look_at_exits(s, v) || (!s->site_count && !look_at_registers(s, v))) {
		start_anew(s, now);
		return;
	}
	if (now - s->since_ns < STUCK_AFTER_NS)
		return;
	s->kind = s->site_count ? (polls(s) ? STUCK_POLLS : STUCK_NOT) : STUCK_SPINS;
	if (s->kind != STUCK_NOT)
		tell(v, s, now);
}
