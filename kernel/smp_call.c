/* SPDX-License-Identifier: MIT */
/*
 * A mailbox goes ABSENT -> IDLE -> TAKEN -> POSTED -> RUNNING -> DONE -> IDLE:
 * callers take it and clean it up, the AP moves it from POSTED to DONE.
 *
 * The AP sleeps with interrupts on, and only there: STI lets none in before
 * HLT, so that a call that comes between the last look and the sleep still
 * ends it. (An NMI would not: nothing holds it back from coming too early.)
 */
#include "kernel/smp_call.h"

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"

#define ANSWER_WAIT_NS 1000000000UL

enum state { ABSENT, IDLE, TAKEN, POSTED, RUNNING, DONE };

static struct mailbox {
	enum state state;
	u32 apic_id;
	void (*fn)(void *arg);
	void *arg;
} mailboxes[CPU_MAX];

static void wake(void)
{
	/* Nothing to do: the interrupt itself ended the sleep. */
}

void smp_call_init(void)
{
	trap_set_handler(VECTOR_CALL, wake);
}

static enum state get(const struct mailbox *m)
{
	return __atomic_load_n(&m->state, __ATOMIC_ACQUIRE);
}

static void set(struct mailbox *m, enum state state)
{
	__atomic_store_n(&m->state, state, __ATOMIC_RELEASE);
}

static bool change(struct mailbox *m, enum state from, enum state to)
{
	return __atomic_compare_exchange_n(&m->state, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

bool smp_call_ready(unsigned index)
{
	return get(&mailboxes[index]) != ABSENT;
}

void smp_call_serve(unsigned index)
{
	struct mailbox *m = &mailboxes[index];

	m->apic_id = this_cpu()->apic_id;
	set(m, IDLE);
	for (;;) {
		if (change(m, POSTED, RUNNING)) {
			m->fn(m->arg);
			set(m, DONE);
		} else {
			cpu_wait_interrupt();
		}
	}
}

int smp_run_on(unsigned index, void (*fn)(void *arg), void *arg)
{
	struct mailbox *m;
	u64 start = time_tsc(), limit = time_ns_to_tsc(ANSWER_WAIT_NS);

	if (index == this_cpu()->index) {
		fn(arg);
		return 0;
	}
	if (index >= CPU_MAX || !smp_call_ready(index))
		return -ERR_NOENT;
	m = &mailboxes[index];
	while (!change(m, IDLE, TAKEN)) {
		if (time_tsc() - start > limit)
			return -ERR_TIMEOUT;
		cpu_pause();
	}
	m->fn = fn;
	m->arg = arg;
	set(m, POSTED);
	(void)apic_send_interrupt(m->apic_id, VECTOR_CALL);
	/* Once it runs it may take its time; until then the call can be taken back. */
	while (get(m) != DONE) {
		if (time_tsc() - start > limit && change(m, POSTED, IDLE))
			return -ERR_TIMEOUT;
		cpu_pause();
	}
	set(m, IDLE);
	return 0;
}
