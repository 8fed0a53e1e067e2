/* SPDX-License-Identifier: MIT */
/*
 * The tracer in the run loop: which exits it writes, what it says of
 * registers, and that the guest sees nothing of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/x86.h"
#include "unit/vmx/fake_output.h"
#include "vmx/recorder.h"

static struct vcpu *const v = &fake.vcpu;

static const struct fake_exit three[] = {
	{EXIT_CPUID, 0, 2, NULL}, {EXIT_IO, 0x3f80000, 1, NULL}, {EXIT_VMCALL, 0, 3, NULL}};

/* The words of a line from this one on, without times. */
static const char *from(unsigned line, const char *word)
{
	const char *found = strstr(fake_sink_line(line), word);

	if (!found)
		fail_msg("no %s in: %s", word, fake_sink_line(line));
	return found;
}

static void every_exit_is_a_line(void **state)
{
	static const char *const wanted[] = {
		"reason=CPUID key=0x7 qual=0x0 rip=0x1000 len=2 intr=0x0 idt=0x0 event=0x0 verdict=NEXT",
		"reason=IO key=0x3f8 qual=0x3f80000 rip=0x1002 len=1 intr=0x0 idt=0x0 event=0x0 verdict=NEXT",
		"reason=VMCALL key=0x11111111 qual=0x0 rip=0x1003 len=3 intr=0x0 idt=0x0 event=0x0 verdict=NEXT"};

	(void)state;
	v->regs.rax = 7;
	fake_output_trace("on");
	fake_output_run(three, 3);
	assert_int_equal(fake_sink_count(), 3);
	for (unsigned i = 0; i < 3; i++) {
		u64 n, in, out;

		assert_int_equal(sscanf(fake_sink_line(i), "trace: vm=vm1 vcpu=0 n=%lu in=%lu out=%lu ",
					&n, &in, &out), 3);
		assert_int_equal(n, i);
		assert_true(out > in);
		assert_string_equal(from(i, "reason="), wanted[i]);
	}
}

static void load_rcx(struct vcpu *vcpu)
{
	vcpu->regs.rcx = 5;
	vcpu->regs.r15 = ~0UL;
	sim_set(VMCS_GUEST_RIP, 0x2000);
	sim_set(VMCS_GUEST_RSP, 0x8000);
}

static void load_segments(struct vcpu *vcpu)
{
	(void)vcpu;
	sim_set(VMCS_GUEST_DS_SELECTOR, 0x10);
	sim_set(VMCS_GUEST_DS_BASE, 0x10000);
	sim_set(VMCS_GUEST_TR_LIMIT, 0x67);
	sim_set(VMCS_GUEST_ES_ACCESS_RIGHTS, 0x93);
	sim_set(VMCS_GUEST_CR3, 0x9000);
	sim_set(VMCS_GUEST_EFER, 0);
	/* TS is the guest's own; NE is not, it sees the shadow's. */
	sim_set(VMCS_GUEST_CR0, sim_get(VMCS_GUEST_CR0) | CR0_TS);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE | CR4_DE);
}

/* What the handler changed, and what the guest did since the last exit; nothing before the first. */
static void registers_that_changed(void **state)
{
	static const struct fake_exit list[] = {{EXIT_CPUID, 0, 2, NULL},
						{EXIT_CPUID, 0, 2, load_rcx},
						{EXIT_PAUSE, 0, 2, load_segments}};

	(void)state;
	fake_output_trace("regs");
	fake_output_run(list, 3);
	assert_string_equal(from(0, "verdict="), "verdict=NEXT rax=0x0->0x11111111 rip=0x1000->0x1002");
	assert_string_equal(from(1, "verdict="),
			    "verdict=NEXT guest.rcx=0x0->0x5 guest.rsp=0x0->0x8000");
	assert_string_equal(from(2, "guest."), "guest.r15=0x0->0xffffffffffffffff "
					       "guest.rip=0x1002->0x2000 rip=0x2000->0x2002");
	assert_string_equal(from(3, "verdict="), "verdict=NEXT guest.cr0=0x80000031->0x80000039");
	assert_string_equal(from(4, "guest."),
			    "guest.cr3=0x0->0x9000 guest.cr4=0x20->0x28 guest.efer=0x500->0x0 "
			    "guest.es.rights=0x0->0x93 guest.ds=0x0->0x10 guest.ds.base=0x0->0x10000 "
			    "guest.tr.limit=0x0->0x67");
	assert_string_equal(from(5, "rip="), "rip=0x2002->0x2004");
	assert_int_equal(fake_sink_count(), 6);
}

static unsigned vmcs_writes(const char *words)
{
	fake_output_trace(words);
	sim_vmx_count();
	fake_output_run(three, 3);
	return sim_vmx.writes;
}

/* The VMCS is written no more often than without a trace, and its fields and the registers end alike. */
static void the_guest_sees_nothing(void **state)
{
	unsigned untraced = vmcs_writes("off");
	union vcpu_regs regs = v->regs;
	u64 rip = sim_get(VMCS_GUEST_RIP);

	(void)state;
	fake_output_teardown(NULL);
	fake_output_setup(NULL);
	assert_int_equal(vmcs_writes("regs"), untraced);
	assert_memory_equal(&v->regs, &regs, sizeof(regs));
	assert_int_equal(sim_get(VMCS_GUEST_RIP), rip);
	/* Its time stood still for each line. */
	assert_int_equal(output.pauses, 3);
	assert_int_equal(output.resumes, 3);
}

static void first_and_every(void **state)
{
	struct fake_exit list[10];

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		list[i] = three[i % 2];
	fake_output_trace("cpuid,every=2,first=2");
	fake_output_run(list, 10);
	assert_int_equal(fake_sink_count(), 2);
	from(0, " n=0 ");
	from(1, " n=4 ");
	/* It is done, and the guest runs as fast as without it. */
	assert_int_equal(v->watch, WATCH_STATS);
	trace_finish(v);
	assert_string_equal(fake_sink_line(2), "trace: vcpu=0 to=log passed=3 written=2 kept=0 lost=0");
	trace_finish(v);
	assert_int_equal(fake_sink_count(), 3);
}

static void the_event_that_is_injected(void **state)
{
	static const struct fake_exit list[] = {{EXIT_VMXON, 0, 4, NULL}, {EXIT_CPUID, 0, 2, NULL}};

	(void)state;
	fake_output_trace("vmxon");
	fake_output_run(list, 2);
	assert_string_equal(from(0, "event="), "event=0x80000306 verdict=AGAIN");
	assert_int_equal(fake_sink_count(), 1);
}

static void the_exit_that_stops_it(void **state)
{
	static const struct fake_exit list[] = {{EXIT_TRIPLE_FAULT, 0, 0, NULL},
						{EXIT_CPUID, 0, 2, NULL}};

	(void)state;
	fake_output_trace("on");
	fake_output_run(list, 2);
	assert_int_equal(fake_sink_count(), 1);
	from(0, " out=0 reason=TRIPLE_FAULT ");
	from(0, " verdict=STOP");
}

/* The processor refuses the state: no registers, but a record. */
static void a_failed_entry(void **state)
{
	static const struct fake_exit list[] = {
		{EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 2, 0, load_rcx},
		{EXIT_CPUID, 0, 2, NULL}};

	(void)state;
	fake_output_trace("on,regs");
	fake_output_run(list, 2);
	assert_int_equal(fake_sink_count(), 1);
	assert_string_equal(from(0, "reason="), "reason=ENTRY_GUEST_STATE key=0x0 qual=0x2 rip=0x2000 "
						"len=0 intr=0x0 idt=0x0 event=0x0 verdict=STOP");
}

static void switch_on(struct vcpu *vcpu)
{
	(void)vcpu;
	fake_output_trace("all");
}

static void switch_off(struct vcpu *vcpu)
{
	(void)vcpu;
	fake_output_trace("off");
}

static void switched_while_it_runs(void **state)
{
	static const struct fake_exit list[] = {
		{EXIT_CPUID, 0, 2, NULL},	{EXIT_CPUID, 0, 2, switch_on},
		{EXIT_PAUSE, 0, 2, NULL},	{EXIT_VMCALL, 0, 3, NULL},
		{EXIT_CPUID, 0, 2, switch_off}, {EXIT_CPUID, 0, 2, NULL},
	};

	(void)state;
	fake_output_run(list, 6);
	assert_int_equal(fake_sink_count(), 4);
	for (unsigned i = 0; i < 3; i++) {
		char wanted[] = " n=1 ";

		wanted[3] += (char)i;
		from(i, wanted);
	}
	assert_string_equal(fake_sink_line(3), "trace: vcpu=0 to=log passed=3 written=3 kept=0 lost=0");
	assert_int_equal(recorder_total(v), 6);
	assert_int_equal(v->watch, WATCH_STATS);
}

/* Statistics do not take a line's time for the handler's or the guest's. */
static void times_are_without_the_lines(void **state)
{
	struct exit_record r;
	u64 n, ticks, in[3], out[3];

	(void)state;
	fake_output_trace("on");
	fake_output_run(three, 3);
	for (unsigned i = 0; i < 3; i++)
		sscanf(fake_sink_line(i), "trace: vm=vm1 vcpu=0 n=%lu in=%lu out=%lu ", &n, &in[i],
		       &out[i]);
	assert_true(recorder_get(v, 0, &r));
	assert_true(r.in >= in[0]); /* the tracer was at work before */
	assert_true(r.out > out[0]); /* when the guest really went on */
	assert_true(recorder_get(v, 1, &r));
	assert_true(r.in > in[1] && in[1] >= out[0]);
	assert_int_equal(v->trace->hidden >= r.in - in[1], true);
	vcpu_exits(v, EXIT_CPUID, &n, &ticks);
	assert_int_equal(ticks, out[0] - in[0]);
}

/* Nor does the trace take the reading of registers for the handler's time. */
static void times_are_without_the_registers(void **state)
{
	u64 n, ticks, in, out;

	(void)state;
	fake_output_trace("cpuid regs");
	fake_output_run(three, 3);
	sscanf(fake_sink_line(0), "trace: vm=vm1 vcpu=0 n=%lu in=%lu out=%lu ", &n, &in, &out);
	vcpu_exits(v, EXIT_CPUID, &n, &ticks);
	assert_true(out > in);
	assert_true(ticks > out - in); /* the statistics have it in them */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_output_setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_exit_is_a_line),
		TEST(registers_that_changed),
		TEST(the_guest_sees_nothing),
		TEST(first_and_every),
		TEST(the_event_that_is_injected),
		TEST(the_exit_that_stops_it),
		TEST(a_failed_entry),
		TEST(switched_while_it_runs),
		TEST(times_are_without_the_lines),
		TEST(times_are_without_the_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
