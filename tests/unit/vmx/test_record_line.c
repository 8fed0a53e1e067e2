/* SPDX-License-Identifier: MIT */
/*
 * Records as text: the words of docs/trace-format.md, lines that go on, the
 * words for people, and the flight recorder's dump.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/x86.h"
#include "mm/frame.h"
#include "sim/pool.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/controls.h"
#include "vmx/dump_exit.h"
#include "vmx/record_line.h"
#include "vmx/recorder.h"

static struct vcpu *const v = &fake.vcpu;

static const struct exit_record cpuid = {
	.in = 123456, .out = 123550, .rip = 0x7d22, .reason = EXIT_CPUID, .key = 1,
	.length_verdict = 2 | NEXT << RECORD_VERDICT_SHIFT, .n = 17, .mark = RECORD_MARK,
};

static void write_record(const struct exit_record *r, u64 n, const char *more)
{
	struct record_line line;

	record_line_begin(&line, "trace", r, n);
	record_line_add(&line, more);
	record_line_end(&line);
}

static void a_record_is_a_line(void **state)
{
	(void)state;
	write_record(&cpuid, 17, "");
	fake_sink_expect("trace: vm=vm0 vcpu=0 n=17 in=123456 out=123550 reason=CPUID key=0x1 "
			 "qual=0x0 rip=0x7d22 len=2 intr=0x0 idt=0x0 event=0x0 verdict=NEXT", NULL);
	write_record(&cpuid, 17, "guest.rax=0x0->0x1 rax=0x1->0x16");
	fake_sink_expect("trace: vm=vm0 vcpu=0 n=17 in=123456 out=123550 reason=CPUID key=0x1 "
			 "qual=0x0 rip=0x7d22 len=2 intr=0x0 idt=0x0 event=0x0 verdict=NEXT "
			 "guest.rax=0x0->0x1 rax=0x1->0x16", NULL);
}

/* All numbers at their widest. No line is too long, no word is split, none is lost. */
static void a_long_record_goes_on(void **state)
{
	struct exit_record r;
	static const char *const words[] = {
		"trace:", "vm=vm255", "vcpu=255", "n=18446744073709551615", "in=18446744073709551615",
		"out=18446744073709551615", "reason=79", "key=0xffffffff", "qual=0xffffffffffffffff",
		"rip=0xffffffffffffffff", "len=255", "intr=0xffffffff", "idt=0xffffffff",
		"event=0xffffffff", "verdict=NONE", "guest.rflags=0xffffffffffffffff->0x0"};
	char all[1024] = "", text[LOG_LINE_MAX + 1];
	const char *head = "trace: vm=vm255 vcpu=255 n=18446744073709551615 ";

	(void)state;
	memset(&r, 0xff, sizeof(r));
	r.reason = 35; /* has no name */
	write_record(&r, ~0UL, "guest.rflags=0xffffffffffffffff->0x0 rax=0x0->0xffffffffffffffff "
			       "rip=0xffffffffffffffff->0xfffffffffffffffe");
	assert_true(fake_sink_count() > 1);
	for (unsigned i = 0; i < fake_sink_count(); i++) {
		strcpy(text, fake_sink_line(i));
		assert_true(strlen(text) <= LOG_LINE_MAX);
		assert_memory_equal(text, head, strlen(head));
		assert_int_equal(strstr(text, " in=") != NULL, i == 0);
		strcat(strcat(all, i ? text + strlen(head) : text), " ");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		char *word = strtok(i ? NULL : all, " ");

		assert_string_equal(word, i == 6 ? "reason=35" : words[i]);
	}
	assert_string_equal(strtok(NULL, " "), "rax=0x0->0xffffffffffffffff");
	assert_string_equal(strtok(NULL, " "), "rip=0xffffffffffffffff->0xfffffffffffffffe");
	assert_null(strtok(NULL, " "));
}

/* A line is filled to the last character before another begins. */
static void lines_are_filled(void **state)
{
	char more[LOG_LINE_MAX];
	size_t room;

	(void)state;
	write_record(&cpuid, 17, "");
	room = LOG_LINE_MAX - strlen(fake_sink_line(0));
	fake_sink_clear();
	memset(more, 'x', sizeof(more));
	more[room - 1] = '\0'; /* one for the blank */
	write_record(&cpuid, 17, more);
	assert_int_equal(fake_sink_count(), 1);
	assert_int_equal(strlen(fake_sink_line(0)), LOG_LINE_MAX);
	fake_sink_clear();
	more[room - 1] = 'x';
	more[room] = '\0';
	write_record(&cpuid, 17, more);
	assert_int_equal(fake_sink_count(), 2);
	assert_true(strlen(fake_sink_line(0)) < LOG_LINE_MAX);
}

static void expect_words(const struct exit_record *r, u64 guest_ticks, const char *wanted)
{
	char text[LOG_LINE_MAX + 1];
	size_t n = record_words(r, 17, guest_ticks, text, sizeof(text));

	assert_string_equal(text, wanted);
	assert_int_equal(n, strlen(wanted));
}

static void words_for_people(void **state)
{
	struct exit_record r = cpuid;
	char small[20], words[3][DUMP_EXIT_TEXT], wanted[500];

	(void)state;
	expect_words(&r, 3000, "  17 CPUID leaf=0x1 rip=0x7d22 NEXT guest=3000 handler=94");
	r.out = 0;
	r.length_verdict = RECORD_NONE << RECORD_VERDICT_SHIFT;
	expect_words(&r, 0, "  17 CPUID leaf=0x1 rip=0x7d22 NONE");
	r.reason = EXIT_EPT_VIOLATION;
	r.key = 0xfee00;
	r.qualification = 2;
	r.idt = INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_PF | INTR_HAS_ERROR;
	r.event = INTR_VALID | 0x20;
	record_words(&r, 17, 0, small, sizeof(small));
	assert_string_equal(small, "  17 EPT_VIOLATION ");
	r.length_verdict = AGAIN << RECORD_VERDICT_SHIFT;
	qualification_text(r.reason, 2, words[0], sizeof(words[0]));
	interruption_text(r.idt & ~(u32)INTR_HAS_ERROR, 0, words[1], sizeof(words[1]));
	interruption_text(r.event, 0, words[2], sizeof(words[2]));
	snprintf(wanted, sizeof(wanted), "  17 EPT_VIOLATION page=0xfee00000 (%s) rip=0x7d22 "
		 "interrupted=\"%s\" AGAIN injected=\"%s\"", words[0], words[1], words[2]);
	expect_words(&r, 0, wanted);
}

static int setup(void **state)
{
	pool_open_frames(MIB(16), 512);
	fake_sink_setup(state);
	assert_int_equal(recorder_create(v, 128, false, 1), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	recorder_destroy(v);
	pool_close();
	return 0;
}

static unsigned exits_left;

static void play(struct vcpu *vcpu)
{
	if (!--exits_left)
		vcpu_attend(vcpu, ATTENTION_STOP);
	sim_exit(EXIT_CPUID, 0, 2);
}

static void the_last_exits_are_printed(void **state)
{
	(void)state;
	recorder_print(v, 16, RECORD_KEYS);
	assert_int_equal(fake_sink_count(), 0);
	exits_left = 200;
	sim_vmx.guest = play;
	vcpu_run(v);
	recorder_print(v, 3, RECORD_KEYS);
	assert_int_equal(fake_sink_count(), 3);
	for (unsigned i = 0; i < 3; i++) {
		char start[] = "record: vm=vm1 vcpu=0 n=197 in=";

		start[strlen("record: vm=vm1 vcpu=0 n=19")] += (char)i;
		assert_non_null(fake_sink_find(start));
	}
	fake_sink_clear();
	recorder_print(v, 3, RECORD_WORDS);
	assert_string_equal(fake_sink_line(0), "last exits of vcpu 0, of 200 (times in ticks):");
	assert_non_null(strstr(fake_sink_line(1), "  197 CPUID leaf=0x11111111 rip="));
	assert_null(strstr(fake_sink_line(1), " guest="));
	assert_non_null(strstr(fake_sink_line(3), " NEXT guest="));
	fake_sink_clear();
	/* All there are. */
	recorder_print(v, 1000, RECORD_KEYS);
	assert_int_equal(fake_sink_count(), 128);
}

static void an_exit_that_is_being_handled_is_printed(void **state)
{
	(void)state;
	exits_left = 2;
	sim_vmx.guest = play;
	vcpu_run(v);
	fake_sink_clear();
	sim_exit(EXIT_HLT, 0, 1);
	recorder_open(v, time_tsc_halves(), EXIT_HLT);
	recorder_print(v, 1, RECORD_KEYS);
	assert_int_equal(fake_sink_count(), 2);
	assert_non_null(strstr(fake_sink_line(1), "n=2 "));
	assert_non_null(strstr(fake_sink_line(1), " out=0 reason=HLT "));
	assert_non_null(strstr(fake_sink_line(1), " verdict=NONE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_record_is_a_line, fake_sink_setup),
		cmocka_unit_test_setup(a_long_record_goes_on, fake_sink_setup),
		cmocka_unit_test_setup(lines_are_filled, fake_sink_setup),
		cmocka_unit_test_setup(words_for_people, fake_sink_setup),
		cmocka_unit_test_setup_teardown(the_last_exits_are_printed, setup, teardown),
		cmocka_unit_test_setup_teardown(an_exit_that_is_being_handled_is_printed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
