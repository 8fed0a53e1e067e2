/* SPDX-License-Identifier: MIT */
/*
 * The monitor as its user sees it: keys in, text out. Opening and closing,
 * pausing and stepping, every command, and what is said of bad arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/x86.h"
#include "tests/sim/kernel/asm.h"
#include "tests/sim/vmx.h"
#include "tests/unit/machine/fake_below.h"
#include "vmx/record.h"

#define HOTKEY 0x1d

#define NO_ADDRESS    "not an address; write for example 0x7c00 or $rip"
#define NO_FORMAT     "not N, format and unit; write for example x/8xb, N up to 1024"
#define NO_RAM	      "no RAM at this guest-physical address; a linear one is gva:ADDRESS"
#define NO_INTERRUPTS "the guest takes no interrupts now; step on, or inject nmi"
#define KEY    "\x1d"

static struct vcpu *v;

static int setup(void **state)
{
	(void)state;
	v = fake_below_reset();
	monitor_init(&fake_vm.monitor);
	fake_vm.console.hotkey = HOTKEY;
	fake_vm.console.diverted = true;
	fake_tsc = 1UL << 40;
	sim_set(VMCS_GUEST_RIP, 0x7c00);
	return 0;
}

/* Poll once with these keys, as after the hotkey. */
static void poll(const char *keys)
{
	fake_keys = keys;
	v->attention = 0;
	monitor_poll(v);
}

/* Run one command in a machine that is paused, and keep what it says. */
static void run(const char *line)
{
	static char keys[20000];

	strcpy(keys, line);
	strcat(keys, "\r");
	if (!fake_vm.monitor.open)
		poll("");
	fake_said_clear();
	poll(keys);
}

static void expect(const char *text)
{
	if (!strstr(fake_said, text))
		fail_msg("\"%s\" is not in: %s", text, fake_said);
}

static void expect_not(const char *text)
{
	if (strstr(fake_said, text))
		fail_msg("\"%s\" is in: %s", text, fake_said);
}

#define SAYS(line, text)                                                                           \
	do {                                                                                       \
		run(line);                                                                         \
		expect(text "\n");                                                                 \
	} while (0)

/* ---- Open and close -------------------------------------------------------------- */

static void test_opens_paused(void **state)
{
	(void)state;
	poll("");
	assert_true(fake_vm.monitor.open);
	expect("vm0: paused at rip=0x7c00; help lists the commands");
	assert_string_equal(fake_said + strlen(fake_said) - 8, "trivet> ");
	assert_int_not_equal(sim.waits, 0); /* it does not spin */
}

static void test_twice_is_for_the_guest(void **state)
{
	(void)state;
	poll(KEY);
	expect("<to the guest: 1d>");
	assert_false(fake_vm.monitor.open);
	assert_false(fake_vm.console.diverted);
}

static void test_hotkey_closes(void **state)
{
	(void)state;
	poll("vm\r" KEY "abc");
	expect_not("<to the guest");
	assert_false(fake_vm.monitor.open);
	assert_string_equal(fake_keys, "abc"); /* they are the guest's */
}

static void test_other_ways_to_close(void **state)
{
	static const char *const ways[] = { "close\r", "\x04", "cl\r" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		fake_vm.console.diverted = true;
		poll(ways[i]);
		assert_false(fake_vm.monitor.open);
		assert_false(fake_vm.console.diverted);
	}
}

static void test_no_hotkey(void **state)
{
	const char zero[] = "";

	(void)state;
	fake_vm.console.hotkey = 0; /* option paused, and monitor=off */
	poll(zero);
	poll(KEY "vm\r");
	assert_true(fake_vm.monitor.open);
	expect("vcpu 0");
}

/* ---- Time ------------------------------------------------------------------------ */

static void test_pause_hides_time(void **state)
{
	u64 before = fake_tsc;

	(void)state;
	poll("vm\rclose\r");
	assert_int_not_equal(fake_skipped, 0);
	assert_int_equal(before - fake_tsc, fake_skipped);
	assert_false(fake_vm.monitor.paused);
}

static void test_running_hides_nothing(void **state)
{
	u64 skipped;

	(void)state;
	poll("cont\r");
	assert_true(fake_vm.monitor.open);
	assert_false(fake_vm.monitor.paused);
	skipped = fake_skipped;
	poll("vm\r");
	expect("vm0: running, 1.234567 s");
	assert_int_equal(fake_skipped, skipped);
	poll("pause\r");
	expect("vm0: paused at rip");
	assert_true(fake_skipped > skipped);
}

/* A pause is no time of a handler: what was recorded before is counted first. */
static void test_statistics_before_a_pause(void **state)
{
	struct exit_record none;

	(void)state;
	v->recorder.ring = &none;
	poll("");
	assert_int_equal(fake_catch_ups, 1);
}

static void test_a_flood_lets_the_guest_run(void **state)
{
	static char flood[10001];

	(void)state;
	poll("cont\r");
	memset(flood, 'x', 10000);
	poll(flood);
	assert_true(strlen(fake_keys) > 9000); /* the rest is for later polls */
	fake_said_clear();
	while (*fake_keys)
		poll(fake_keys);
	poll("\r");
	expect("too long: no command needs more than");
}

static void test_noise(void **state)
{
	static char noise[10001];

	(void)state;
	srandom(3);
	for (unsigned i = 0; i < 10000; i++)
		do
			noise[i] = (char)random();
		while (!noise[i] || noise[i] == HOTKEY || noise[i] == 4);
	poll(noise);
	run("\x15" "close"); /* Ctrl-U */
	assert_false(fake_vm.monitor.open);
}

/* ---- Steps ----------------------------------------------------------------------- */

static void exit_happens(void)
{
	if (v->recorder.ring)
		fake_total++;
	else
		v->counters.count[EXIT_CPUID]++;
}

static void step_three(void)
{
	poll("step 3\r");
	for (unsigned i = 0; i < 3; i++) {
		assert_false(fake_vm.monitor.paused);
		assert_true(v->attention & ATTENTION_POLL); /* so it is asked after the next exit */
		exit_happens();
		fake_said_clear();
		poll("");
	}
	expect("vm0: paused at rip=0x7c00 after 3 exit(s)\n");
}

static void test_step(void **state)
{
	(void)state;
	step_three();
	expect_not("exits\n");
}

/* Who has no recorder counts by reason. */
static void test_exits_without_a_recorder(void **state)
{
	(void)state;
	exit_happens();
	exit_happens();
	run("vm");
	expect(" exits=2\n");
}

static void test_step_shows_exits(void **state)
{
	struct exit_record none;

	(void)state;
	v->recorder.ring = &none;
	fake_total = 1000;
	step_three();
	expect("3 exits\n");
}

static void test_step_is_interrupted(void **state)
{
	(void)state;
	poll("step 1000\r");
	exit_happens();
	poll("pause\r");
	expect("vm0: paused at rip");
	v->attention = 0;
	poll("cont\r");
	assert_false(v->attention & ATTENTION_POLL);
}

static void test_step_arguments(void **state)
{
	(void)state;
	SAYS("step x", "\"x\": not a number; write for example 16 or 0x10");
	SAYS("step 0", "\"0\": is nothing to do; write for example step 1");
	SAYS("step 1 2", "\"2\": too much; write step [N]");
}

/* ---- Stops ----------------------------------------------------------------------- */

static void test_quit(void **state)
{
	(void)state;
	run("quit");
	assert_int_equal(v->stop.cause, STOP_REQUESTED);
	assert_string_equal(v->stop.detail, "quit in the monitor");
	assert_true(v->attention & ATTENTION_STOP);
	assert_false(monitor_keeps(v));
}

static void test_reboot(void **state)
{
	(void)state;
	run("reboot");
	assert_int_equal(v->stop.cause, STOP_RESET);
	assert_false(monitor_keeps(v));
}

static bool stopped(enum stop_cause cause, const char *keys)
{
	poll("cont\r");
	(void)vcpu_stop(v, cause, NULL, 0);
	v->attention = 0;
	fake_keys = keys;
	fake_said_clear();
	return monitor_keeps(v);
}

static void test_a_closed_monitor_keeps_nothing(void **state)
{
	(void)state;
	(void)vcpu_stop(v, STOP_TRIPLE_FAULT, NULL, 0);
	assert_false(monitor_keeps(v));
	assert_string_equal(fake_said, "");
}

static void test_a_fault_keeps_the_prompt(void **state)
{
	(void)state;
	assert_false(stopped(STOP_TRIPLE_FAULT, "vm\rcont\rstep\rinject exception 13\rregs\rquit\r"));
	expect("vm0: triple fault; quit ends the run\n");
	expect("vm0: triple fault, 1.2");
	expect("\"cont\": the guest has stopped for good; quit or reboot\n");
	expect("\"step\": the guest has stopped for good; quit or reboot\n");
	expect("\"inject\": the guest has stopped for good; quit or reboot\n");
	expect_not("exception 13 error");
	expect("registers\n");
	assert_int_equal(v->stop.cause, STOP_TRIPLE_FAULT); /* that is how it ended */
}

static void test_reboot_after_a_fault(void **state)
{
	(void)state;
	assert_false(stopped(STOP_TRIPLE_FAULT, "reboot\r"));
	assert_int_equal(v->stop.cause, STOP_RESET);
}

static void test_a_clean_end_ends(void **state)
{
	(void)state;
	assert_false(stopped(STOP_RESET, "vm\r"));
	assert_string_equal(fake_said, "");
}

static void test_a_stuck_guest_is_woken(void **state)
{
	(void)state;
	assert_false(stopped(STOP_STUCK, "cont\rclose\r"));
	expect("\"cont\": the guest waits for an event; inject one, quit or reboot\n");
	setup(NULL);
	v->events.interrupt_line = true; /* what the stand-in's event_wakes() looks at */
	assert_true(stopped(STOP_STUCK, "cont\r"));
	assert_int_equal(v->stop.cause, STOP_NONE);
	assert_true(fake_vm.monitor.open);
}

/* ---- Commands -------------------------------------------------------------------- */

static void test_help(void **state)
{
	(void)state;
	run("help");
	expect("  vmcs [GROUP]: ");
	expect("  x/NFU ADDRESS: ");
	expect("  quit: ");
	run("help step");
	expect("  step [N]: ");
	expect_not("quit");
	SAYS("help frob", "\"frob\": unknown command; help lists all");
}

static void test_unknown(void **state)
{
	(void)state;
	SAYS("frob", "\"frob\": unknown command; help lists all");
	SAYS("st", "\"st\": several commands begin so; press Tab to see them");
	SAYS("sta", "stats of 80");
	SAYS("VM", "\"VM\": unknown command; help lists all");
	SAYS("vm now", "\"now\": too much; write vm");
	SAYS("gva", "\"gva\": needs an argument; write gva ADDRESS");
	run("   ");
	expect_not("\"");
	run("\xff\xfe"); /* such keys are not typed at all */
	expect_not("unknown");
}

static void test_completion(void **state)
{
	(void)state;
	run("reg\t");
	expect("trivet> ");
	expect("registers\n");
	run("st\t\t\x15");
	expect("stats  step  \n");
	run("r\t\t\x15");
	expect("regs  reboot  \n");
	run("nothing\t\x15");
	expect_not("\a");
	run("vmcs gu\t\x15"); /* arguments are not completed */
	expect_not("fields");
}

static void test_looking(void **state)
{
	(void)state;
	SAYS("regs", "registers");
	SAYS("vmcs", "fields of all");
	SAYS("vmcs guest", "fields of guest");
	SAYS("vmcs gust", "\"gust\": no such group; write one of guest host");
	v->regs.rsi = 0x1234;
	sim_set(VMCS_GUEST_RSP, 0x9000);
	SAYS("gva $rsi", "walk gva 0x1234");
	SAYS("gva $rsp", "walk gva 0x9000");
	SAYS("gva $rip", "walk gva 0x7c00");
	SAYS("gva $foo", "\"$foo\": " NO_ADDRESS);
	SAYS("ept 4096", "walk gpa 0x1000");
	SAYS("ept 0x1_0", "\"0x1_0\": " NO_ADDRESS);
	SAYS("ept 0xfffffffffffffffff", "\"0xfffffffffffffffff\": " NO_ADDRESS);
	SAYS("stats", "stats of 80\nhints");
	SAYS("stats all", "stats of 80, details\nhints");
	SAYS("stats CPUID", "stats of 10, details");
	expect_not("hints");
	SAYS("stats reset", "stats reset");
	SAYS("stats cpuid", "\"cpuid\": no exit reason; stats lists those there were");
}

static void test_exits(void **state)
{
	struct exit_record none;

	(void)state;
	SAYS("exits", "\"exits\": the flight recorder is off; boot with recorder=256");
	v->recorder.ring = &none;
	SAYS("exits", "10 exits");
	SAYS("exits 5", "5 exits");
	SAYS("exits 0xffffffffffffffff", "65536 exits");
	SAYS("exits -1", "\"-1\": not a number; write for example 16 or 0x10");
}

static void test_trace(void **state)
{
	(void)state;
	SAYS("trace reasons=CPUID regs", "tracing");
	SAYS("trace foo", "\"foo\": no filter");
	SAYS("trace", "trace: as it is");
}

static void test_log(void **state)
{
	(void)state;
	SAYS("log debug", "level 4");
	SAYS("log quiet", "level 0");
	SAYS("log loud", "\"loud\": no level; write quiet, error, warn, info or debug");
}

static void test_memory(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++)
		fake_ram[0x100 + i] = (u8)(0xf8 + i);
	memcpy(fake_ram + 0x200, "hello\nworld", 12);
	memset(fake_ram + 0x300, 'x', 200);
	SAYS("x 0x100", "0x0000000000000100: 0xfbfaf9f8");
	SAYS("x/8xb 0x100", "0x0000000000000100: 0xf8 0xf9 0xfa 0xfb 0xfc 0xfd 0xfe 0xff");
	run("x/4xg 0x100");
	expect("0x0000000000000100: 0xfffefdfcfbfaf9f8 0x0706050403020100\n"
	       "0x0000000000000110: 0x");
	SAYS("x/2dh 0x100", "0x0000000000000100: -1544 -1030");
	SAYS("x/2uh 0x100", "0x0000000000000100: 63992 64506");
	SAYS("x/3dw 0x100", "0x0000000000000100: -67438088 -66052 50462976");
	SAYS("x/dg 0x100", "0x0000000000000100: -283686952306184");
	SAYS("x/6c 0x200", "0x0000000000000200: 'h' 'e' 'l' 'l' 'o' \\x0a");
	SAYS("x/2s 0x200", "0x000000000000020c: \"\"");
	expect("0x0000000000000200: \"hello.world\"\n");
	run("x/3s 0x300");
	expect("xxx\"...\n0x0000000000000360: \"xxx");
	SAYS("x /2b 0x100", "0x0000000000000100: 0xf8 0xf9");
	SAYS("x/1024xb gva:0x100100",
	     "0x0000000000100100: 0xf8 0xf9 0xfa 0xfb 0xfc 0xfd 0xfe 0xff");
}

static void test_memory_that_is_not_there(void **state)
{
	(void)state;
	SAYS("x 0x10000", "\"0x10000\": " NO_RAM);
	run("x/4xb 0xfffe");
	expect("0x000000000000fffe: 0x00 0x00\n\"0x10000\": no RAM at this");
	run("x/2xg 0xfffc"); /* no half units */
	expect_not("0x000000000000fffc: ");
	SAYS("x gva:0", "\"gva:0\": the guest has no RAM there; gva walks its tables");
	SAYS("x/s 0xffffffffffffffff", "\"0xffffffffffffffff\": " NO_RAM);
	run("x/9xb 0xfffffffffffffff8");
	expect("\"0xfffffffffffffff8\": no RAM");
}

static void test_memory_arguments(void **state)
{
	(void)state;
	SAYS("x", "\"x\": needs an argument; write x/NFU ADDRESS");
	SAYS("x/8xb", "\"x/8xb\": needs an argument; write x/NFU ADDRESS");
	SAYS("x/8i 0", "\"/8i\": " NO_FORMAT);
	SAYS("x/0x 0", "\"/0x\": " NO_FORMAT);
	SAYS("x/1025x 0", "\"/1025x\": " NO_FORMAT);
	SAYS("x/99999999999999999999x 0",
	     "\"/99999999999999999999x\": " NO_FORMAT);
	SAYS("x/x8 0", "\"/x8\": " NO_FORMAT);
	SAYS("x zero", "\"zero\": " NO_ADDRESS);
	SAYS("x gva:", "\"\": " NO_ADDRESS);
	SAYS("x 0 1", "\"0\": " NO_FORMAT);
}

static void test_inject(void **state)
{
	(void)state;
	SAYS("inject nmi", "nmi");
	SAYS("inject exception 6", "exception 6");
	assert_true(v->attention & ATTENTION_EVENT);
	SAYS("inject exception 13", "\"exception\": another event is on its way; write step first");
	v->events.next.info = 0x80000b0d;
	v->events.nmi_pending = v->events.nmi_pending_second = true;
	run("vm");
	expect("waiting: event=\"event 0x80000b0d error 0\" nmi=2 ");
	v->events.next.info = 0;
	run("vm");
	expect("waiting: event=\"none\" nmi=2 ");
	SAYS("inject exception 13 0x18", "exception 13 error 0x18");
	v->events.next.info = 0;
	SAYS("inject exception 14 2 0xdead", "page fault 0xdead error 0x2");
	v->events.next.info = 0;
	SAYS("inject exception 1", "debug 0");
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	run("inject vector 0x40");
	assert_int_equal(v->events.next.info, 0x80000040);
}

static void test_inject_arguments(void **state)
{
	(void)state;
	SAYS("inject", "\"inject\": needs an argument; "
		       "write inject vector N | nmi | exception N [ERROR [CR2]]");
	SAYS("inject foo", "\"foo\": not an event; write vector N, nmi or exception N");
	SAYS("inject vector", "\"vector\": needs a number; "
			      "write for example inject exception 13 0");
	SAYS("inject vector 256", "\"256\": not a vector; write 0 to 255");
	SAYS("inject vector 0x20 1", "\"1\": too much; leave it out");
	SAYS("inject nmi 1", "\"1\": too much; leave it out");
	SAYS("inject exception x", "\"x\": not a number; write for example 16 or 0x10");
	SAYS("inject exception 2", "\"2\": no exception has this vector; write 0 to 31, but 2");
	SAYS("inject exception 32", "\"32\": no exception has this vector; write 0 to 31, but 2");
	SAYS("inject exception 6 0", "\"0\": this exception has no error code; leave it out");
	SAYS("inject exception 13 0x8000", "\"0x8000\": not an error code; write 0 to 0x7fff");
	SAYS("inject exception 21", "\"21\": guests have no CET, so no #CP; inject another");
	SAYS("inject exception 13 0 1", "\"1\": only a page fault has an address; leave it out");
	SAYS("inject vector 0x20", "\"0x20\": " NO_INTERRUPTS);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
	SAYS("inject vector 0x20", "\"0x20\": " NO_INTERRUPTS);
	assert_int_equal(v->events.next.info, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_opens_paused),
		TEST(test_twice_is_for_the_guest),
		TEST(test_hotkey_closes),
		TEST(test_other_ways_to_close),
		TEST(test_no_hotkey),
		TEST(test_pause_hides_time),
		TEST(test_running_hides_nothing),
		TEST(test_statistics_before_a_pause),
		TEST(test_a_flood_lets_the_guest_run),
		TEST(test_noise),
		TEST(test_step),
		TEST(test_exits_without_a_recorder),
		TEST(test_step_shows_exits),
		TEST(test_step_is_interrupted),
		TEST(test_step_arguments),
		TEST(test_quit),
		TEST(test_reboot),
		TEST(test_a_closed_monitor_keeps_nothing),
		TEST(test_a_fault_keeps_the_prompt),
		TEST(test_reboot_after_a_fault),
		TEST(test_a_clean_end_ends),
		TEST(test_a_stuck_guest_is_woken),
		TEST(test_help),
		TEST(test_unknown),
		TEST(test_completion),
		TEST(test_looking),
		TEST(test_exits),
		TEST(test_trace),
		TEST(test_log),
		TEST(test_memory),
		TEST(test_memory_that_is_not_there),
		TEST(test_memory_arguments),
		TEST(test_inject),
		TEST(test_inject_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
