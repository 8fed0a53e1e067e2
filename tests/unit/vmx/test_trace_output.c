/* SPDX-License-Identifier: MIT */
/*
 * Where a trace goes: the binary format on COM2, the ring, what is lost,
 * and what is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/error.h"
#include "unit/vmx/fake_output.h"
#include "vmx/recorder.h"

static struct vcpu *const v = &fake.vcpu;
static struct fake_exit list[20];

static int setup(void **state)
{
	for (unsigned i = 0; i < 20; i++)
		list[i] = (struct fake_exit){i % 2 ? EXIT_VMCALL : EXIT_CPUID, 0, 2 + i % 2, NULL};
	return fake_output_setup(state);
}

static u64 number(size_t at, unsigned bytes)
{
	u64 value = 0;

	memcpy(&value, output.port + at, bytes);
	return value;
}

/* docs/trace-format.md, byte by byte. */
static void binary_records(void **state)
{
	static const u8 magic[] = "TRIVETTR";

	(void)state;
	v->regs.rax = 0x40000000;
	fake_output_trace("to=com2,cpuid");
	fake_output_run(list, 20);
	assert_int_equal(fake_sink_count(), 0);
	assert_int_equal(output.port_used, 64 + 10 * 64);
	assert_memory_equal(output.port, magic, 8);
	assert_int_equal(number(8, 4), 1);
	assert_int_equal(number(12, 4), 64);
	assert_int_equal(number(16, 8), 2000000000);
	assert_int_equal(number(24, 4), 0);
	for (unsigned i = 28; i < 64; i++)
		assert_int_equal(output.port[i], 0);
	for (unsigned i = 0; i < 10; i++) {
		size_t at = 64 + 64 * i;

		assert_true(number(at, 8) && number(at + 8, 8) > number(at, 8));
		assert_int_equal(number(at + 16, 8), 0x1000 + 5 * i);
		assert_int_equal(number(at + 24, 8), 0);
		assert_int_equal(number(at + 32, 2), EXIT_CPUID);
		assert_int_equal(number(at + 34, 2), 0x100); /* vCPU 0 of machine 1 */
		assert_int_equal(number(at + 36, 4), i ? 0x11111111 : 0x40000000);
		assert_int_equal(number(at + 40, 4), 2);
		assert_int_equal(number(at + 44, 8) | number(at + 52, 4), 0);
		assert_int_equal(number(at + 56, 4), 2 * i);
		assert_memory_equal(output.port + at + 60, "TREC", 4);
	}
	trace_finish(v);
	fake_sink_expect("trace: vcpu=0 to=com2 passed=10 written=10 kept=0 lost=0", NULL);
}

static void the_ring_keeps_the_last(void **state)
{
	struct trace_ring *ring;

	(void)state;
	fake_output_trace("last=3,regs");
	ring = v->trace->ring;
	assert_memory_equal(ring->header.magic, "TRIVETTR", 8);
	assert_int_equal(ring->header.flags, TRACE_IS_RING);
	assert_int_equal(ring->record[0].mark, 0);
	fake_output_run(list, 20);
	assert_int_equal(fake_sink_count(), 0);
	assert_int_equal(output.pauses, 0);
	assert_int_equal(ring->record[19 % 3].n, 19);
	assert_int_equal(ring->record[19 % 3].mark, RECORD_MARK);
	trace_finish(v);
	assert_int_equal(fake_sink_count(), 4);
	for (unsigned i = 0; i < 3; i++) {
		char wanted[40];

		snprintf(wanted, sizeof(wanted), " n=%u ", 17 + i);
		assert_non_null(strstr(fake_sink_line(i), wanted));
		assert_non_null(strstr(fake_sink_line(i), i == 1 ? " rip=0x102d->0x102f" : "->"));
	}
	assert_string_equal(fake_sink_line(3), "trace: vcpu=0 to=log passed=20 written=3 kept=0 lost=0");
}

static void a_ring_that_is_not_full(void **state)
{
	(void)state;
	fake_output_trace("to=ring");
	fake_output_run(list, 2);
	trace_finish(v);
	assert_int_equal(fake_sink_count(), 3);
	assert_non_null(strstr(fake_sink_line(0), " n=0 "));
	assert_non_null(strstr(fake_sink_line(1), " n=1 "));
}

static void a_ring_can_go_to_com2(void **state)
{
	(void)state;
	fake_output_trace("last=4,to=com2");
	fake_output_run(list, 20);
	assert_int_equal(output.port_used, 64);
	trace_finish(v);
	assert_int_equal(output.port_used, 64 + 4 * 64);
	assert_int_equal(number(64 + 56, 4), 16);
}

/* Numbers of more than 32 bits come out of a ring whole. */
static void numbers_in_a_ring(void **state)
{
	(void)state;
	v->recorder.page_n = 0xffffffff;
	fake_output_trace("last=3");
	fake_output_run(list, 3);
	trace_finish(v);
	assert_non_null(strstr(fake_sink_line(0), " n=4294967295 "));
	assert_non_null(strstr(fake_sink_line(1), " n=4294967296 "));
}

/* Full or busy: these exits are lost, others are not, and all is told. */
static void what_is_lost_is_counted(void **state)
{
	(void)state;
	fake_output_trace("on");
	output.log_is_full = true;
	fake_output_run(list, 7);
	assert_int_equal(fake_sink_count(), 0);
	output.log_is_full = false;
	fake_output_run(list, 2);
	assert_string_equal(fake_sink_line(0), "trace: lost=7 vcpu=0");
	assert_non_null(strstr(fake_sink_line(1), " n=7 "));
	assert_non_null(strstr(fake_sink_line(2), " n=8 "));
	trace_finish(v);
	assert_string_equal(fake_sink_line(3), "trace: vcpu=0 to=log passed=9 written=2 kept=0 lost=7");

	fake_sink_clear();
	fake_output_trace("to=com2");
	output.port_busy = 3;
	fake_output_run(list, 5);
	assert_int_equal(output.port_used, 64 + 2 * 64);
	trace_finish(v);
	fake_sink_expect("trace: vcpu=0 to=com2 passed=5 written=2 kept=0 lost=3", NULL);
}

static void refuse(const char *words, int error, const char *complaint)
{
	char said[LOG_LINE_MAX];

	assert_int_equal(trace_configure(v, words, said, sizeof(said)), error);
	assert_string_equal(said, complaint);
}

static void what_is_refused(void **state)
{
	char text[LOG_LINE_MAX];

	(void)state;
	trace_describe(v, text, sizeof(text));
	assert_string_equal(text, "trace: off");
	fake_output_trace("first=1");
	output.port_missing = "nothing answers";
	refuse("to=com2", -ERR_NOENT, "trace: \"to=com2\": nothing answers; use to=log or to=ring");
	refuse("cpu", -ERR_INVAL, "trace: \"cpu\": no exit reason and no other word; write for example "
				  "cpuid,io,!hlt");
	/* The old one goes on. */
	assert_int_equal(v->watch, WATCH_TRACE);
	assert_int_equal(v->trace->filter.first, 1);
	trace_describe(v, text, sizeof(text));
	assert_string_equal(text, "trace: vcpu=0 to=log passed=0 written=0 kept=0 lost=0");
	refuse("last=65536,regs", -ERR_NOMEM,
	       "trace: no memory for the last 65536 exits; give less");
	assert_int_equal(v->watch, WATCH_STATS);
	fake_output_run(list, 2);
	assert_int_equal(fake_sink_count(), 1); /* the end of the old one */
}

static void a_trace_needs_a_recorder(void **state)
{
	(void)state;
	recorder_destroy(v);
	refuse("on", -ERR_INVAL, "trace: the flight recorder is off; start with recorder=256");
	fake_output_trace("off");
	assert_int_equal(v->watch, WATCH_NOTHING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(binary_records),
		TEST(the_ring_keeps_the_last),
		TEST(a_ring_that_is_not_full),
		TEST(a_ring_can_go_to_com2),
		TEST(numbers_in_a_ring),
		TEST(what_is_lost_is_counted),
		TEST(what_is_refused),
		TEST(a_trace_needs_a_recorder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
