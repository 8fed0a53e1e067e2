/* SPDX-License-Identifier: MIT */
/*
 * The flight recorder in the run loop: what a record says of each kind of
 * exit, the ring, and what it may cost in VMREADs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "mm/frame.h"
#include "sim/pool.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/controls.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"

#define HARD(vector) (INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | (vector))
#define VERDICT(r)   ((r).length_verdict >> RECORD_VERDICT_SHIFT)

static struct vcpu *const v = &fake.vcpu;
static u32 reason, idt;
static u64 qualification;
static unsigned exits_left;

static int setup(void **state)
{
	pool_open_frames(MIB(16), 512);
	fake_setup(state);
	v->index = 3;
	idt = 0;
	assert_int_equal(recorder_create(v, 256, true, 7), 0);
	return 0;
}

static int teardown(void **state)
{
	struct frame_stats stats;

	(void)state;
	recorder_destroy(v);
	assert_int_equal(v->watch, WATCH_NOTHING);
	frame_get_stats(&stats);
	assert_int_equal(stats.bytes[FRAME_WATCH], 0);
	pool_close();
	return 0;
}

static unsigned switch_at; /* exits_left, when the watching is switched on */

static void play(struct vcpu *vcpu)
{
	if (exits_left == switch_at) {
		vcpu->watch = WATCH_STATS;
		vcpu_attend(vcpu, ATTENTION_WATCH);
	}
	if (!--exits_left)
		vcpu_attend(vcpu, ATTENTION_STOP);
	sim_exit(reason, qualification, 2);
	sim_set(VMCS_IDT_VECTORING_INFO, idt);
}

static void run(u32 exit_reason, u64 exit_qualification, unsigned times)
{
	reason = exit_reason;
	qualification = exit_qualification;
	exits_left = times;
	sim_vmx.guest = play;
	v->stop.cause = STOP_NONE;
	v->attention = 0;
	sim_vmx_count();
	vcpu_run(v);
}

static struct exit_record get(u64 n)
{
	struct exit_record r;

	assert_true(recorder_get(v, n, &r));
	assert_int_equal(r.n, (u32)n);
	assert_int_equal(r.mark, RECORD_MARK);
	assert_int_equal(r.vcpu, 3);
	assert_int_equal(r.vm, 7);
	return r;
}

static void a_record_says_what_the_exit_was(void **state)
{
	struct exit_record r;

	(void)state;
	v->regs.rax = 0x40000001;
	run(EXIT_CPUID, 0, 1);
	assert_int_equal(recorder_total(v), 1);
	r = get(0);
	assert_int_equal(r.reason, EXIT_CPUID);
	assert_int_equal(r.key, 0x40000001); /* as it was before the handler wrote RAX */
	assert_int_equal(r.rip, 0x1000);
	assert_int_equal(r.length_verdict, 2 | NEXT << RECORD_VERDICT_SHIFT);
	assert_true(r.in && r.out > r.in);
	assert_int_equal(r.qualification | r.intr | r.idt | r.event, 0);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1002);
}

static void keys(void **state)
{
	static const struct {
		u32 reason, key;
		u64 qualification;
	} cases[] = {
		{EXIT_IO, 0x3f8, 0x03f80000},
		{EXIT_IO, 0x3fd | RECORD_KEY_IN, 0x03fd0008},
		{EXIT_RDMSR, 0x1b, 0},
		{EXIT_CR_ACCESS, 0x13, 0x313}, /* MOV from CR3 to RBX */
		{EXIT_PAUSE, 0, 0},
	};

	(void)state;
	fake.msr_error = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		v->regs.rcx = 0x1b;
		run(cases[i].reason, cases[i].qualification, 1);
		assert_int_equal(get(i).key, cases[i].key);
		assert_int_equal(get(i).qualification, cases[i].qualification);
	}
}

/* An interrupt of the host that does not come must not keep the machine waiting. */
static void who_exits_all_the_time_is_polled(void **state)
{
	(void)state;
	v->slice = 1U << 30;
	run(EXIT_CPUID, 0, 2 * RECORDS_A_PAGE);
	assert_int_equal(fake.polls, 0);
	v->slice = 1;
	run(EXIT_CPUID, 0, RECORDS_A_PAGE + 1);
	assert_int_equal(fake.polls, 1);
	v->slice = 0;
	run(EXIT_CPUID, 0, 2 * RECORDS_A_PAGE);
	assert_int_equal(fake.polls, 1);
}

static void other_verdicts(void **state)
{
	struct exit_record r;

	(void)state;
	fake.memory_verdict = AGAIN;
	sim_set(VMCS_GUEST_PHYSICAL_ADDRESS, 0xfee00300);
	idt = INTR_VALID | 0x31;
	run(EXIT_EPT_VIOLATION, 0x182, 1);
	r = get(0);
	assert_int_equal(VERDICT(r), AGAIN);
	assert_int_equal(r.key, 0xfee00);
	assert_int_equal(r.idt, INTR_VALID | 0x31);
	assert_int_equal(r.length_verdict & 0xff, 0); /* the processor does not say */

	idt = 0;
	run(EXIT_MONITOR_TRAP_FLAG, 0, 1);
	r = get(1);
	assert_int_equal(VERDICT(r), STOP);
	assert_int_equal(r.out, 0);
	assert_int_equal(v->stop.cause, STOP_UNHANDLED);
}

static void an_event_belongs_to_the_exit_before_it(void **state)
{
	(void)state;
	run(EXIT_VMXON, 0, 2); /* #UD goes in at the second entry */
	assert_int_equal(get(0).event, HARD(VECTOR_UD));
	assert_int_equal(get(1).event, 0);
	/* Its slot is used again by another exit: nothing of it is left. */
	run(EXIT_CPUID, 0, 256);
	assert_int_equal(get(256).event, 0);
}

static void the_ring_keeps_the_last_ones(void **state)
{
	struct exit_record r;

	(void)state;
	run(EXIT_CPUID, 0, 1000);
	assert_int_equal(recorder_total(v), 1000);
	assert_int_equal(recorder_first(v), 1000 - 256);
	assert_false(recorder_get(v, 1000 - 257, &r));
	assert_false(recorder_get(v, 1000, &r)); /* nothing is being handled */
	for (u64 n = recorder_first(v); n < 1000; n++)
		assert_int_equal(get(n).rip, 0x1000 + 2 * n);
}

static unsigned seen;

static enum verdict look(struct vcpu *vcpu)
{
	struct exit_record r;

	seen++;
	assert_true(recorder_get(vcpu, recorder_total(vcpu), &r));
	assert_int_equal(VERDICT(r), RECORD_NONE);
	assert_int_equal(r.out, 0);
	assert_int_equal(r.reason, EXIT_CPUID);
	assert_int_equal(r.n, 300 + seen - 1);
	/* It has taken the oldest one's slot. */
	assert_int_equal(recorder_first(vcpu), r.n - 255);
	assert_false(recorder_get(vcpu, r.n - 256, &r));
	return NEXT;
}

/* What a panic in a handler sees. */
static void the_exit_that_is_handled_is_there(void **state)
{
	struct vcpu_ops ops = *v->ops;

	(void)state;
	run(EXIT_VMCALL, 0, 300);
	ops.cpuid = look;
	v->ops = &ops;
	seen = 0;
	run(EXIT_CPUID, 0, 100); /* over a page's end */
	assert_int_equal(seen, 100);
}

static void failed_entries_are_recorded(void **state)
{
	(void)state;
	run(EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 4, 1);
	assert_int_equal(get(0).reason, EXIT_ENTRY_GUEST_STATE);
	assert_int_equal(get(0).qualification, 4);
	assert_int_equal(VERDICT(get(0)), STOP);
	run(0xfff0, 0, 1); /* not even a reason */
	assert_int_equal(get(1).reason, EXIT_RESERVED);
	run(EXIT_REASON_FAILED_ENTRY | 0x7777, 0, 1);
	assert_int_equal(get(2).reason, EXIT_RESERVED);
}

/* The limit of the exit path holds with all of it on. */
static void cpuid_costs_no_more_vmcs_accesses(void **state)
{
	(void)state;
	run(EXIT_CPUID, 0, 1);
	assert_in_range(sim_vmx.reads + sim_vmx.writes, 1, 6);
	run(EXIT_IO, 0x03fd0008, 1);
	assert_in_range(sim_vmx.reads + sim_vmx.writes, 1, 8);
}

static void watching_can_change_while_it_runs(void **state)
{
	(void)state;
	v->watch = WATCH_NOTHING;
	run(EXIT_CPUID, 0, 5);
	assert_int_equal(recorder_total(v), 0);
	assert_int_equal(v->counters.count[EXIT_CPUID], 5);
	switch_at = 3;
	run(EXIT_CPUID, 0, 5); /* the third of these is the last one of the old kind */
	switch_at = 0;
	assert_int_equal(recorder_total(v), 2);
	assert_int_equal(v->counters.count[EXIT_CPUID], 5 + 3); /* the statistics have the others */
}

static void exits_are_counted_once(void **state)
{
	u64 count, ticks;

	(void)state;
	run(EXIT_CPUID, 0, 77);
	v->watch = WATCH_RECORDS; /* as with stats=off: counters count */
	run(EXIT_CPUID, 0, 3);
	vcpu_exits(v, EXIT_CPUID, &count, &ticks);
	assert_int_equal(count, 77 + 3 + 3); /* but statistics were on as well */
	vcpu_exits(v, EXIT_HLT, &count, &ticks);
	assert_int_equal(count, 0);
}

static u64 waited;

static void wait_a_while(struct vcpu *vcpu)
{
	u64 start = time_tsc(), now;

	do
		now = time_tsc();
	while (now - start < 100000);
	waited += now - start;
	event_interrupt_line(vcpu, true);
}

/* HLT: the time waited is neither the handler's nor the guest's. */
static void a_wait_is_not_in_the_statistics(void **state)
{
	struct stats_times handler, guest;
	struct vcpu_ops ops = *v->ops;
	struct exit_record r;
	u64 start, all;

	(void)state;
	ops.idle = wait_a_while;
	v->ops = &ops;
	fake.interrupt_vector = 0x20;
	waited = 0;
	start = time_tsc();
	run(EXIT_HLT, 0, 2);
	all = time_tsc() - start;
	r = get(0);
	assert_int_equal(VERDICT(r), WAIT);
	stats_of_reason(v->recorder.stats, EXIT_HLT, &handler, &guest);
	assert_int_equal(stats_count(&handler), 2);
	assert_true(r.out - r.in >= 100000);
	assert_true(handler.sum + guest.sum + waited <= all);
}

static void off_is_off(void **state)
{
	struct exit_record r;

	(void)state;
	recorder_destroy(v);
	assert_int_equal(recorder_create(v, 0, false, 0), 0);
	assert_int_equal(v->watch, WATCH_NOTHING);
	run(EXIT_CPUID, 0, 3);
	assert_int_equal(recorder_total(v), 0);
	assert_int_equal(recorder_first(v), 0);
	assert_false(recorder_get(v, 0, &r));
}

static void no_memory(void **state)
{
	(void)state;
	recorder_destroy(v);
	while (frame_alloc(FRAME_ORDER_4K, FRAME_TEST) != FRAME_NONE)
		;
	assert_int_not_equal(recorder_create(v, 256, true, 0), 0);
	assert_null(v->recorder.ring);
	assert_int_equal(v->watch, WATCH_NOTHING);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_record_says_what_the_exit_was),
		TEST(keys),
		TEST(who_exits_all_the_time_is_polled),
		TEST(other_verdicts),
		TEST(an_event_belongs_to_the_exit_before_it),
		TEST(the_ring_keeps_the_last_ones),
		TEST(the_exit_that_is_handled_is_there),
		TEST(failed_entries_are_recorded),
		TEST(cpuid_costs_no_more_vmcs_accesses),
		TEST(watching_can_change_while_it_runs),
		TEST(exits_are_counted_once),
		TEST(a_wait_is_not_in_the_statistics),
		TEST(off_is_off),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
