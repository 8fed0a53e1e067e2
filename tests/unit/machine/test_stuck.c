/* SPDX-License-Identifier: MIT */
/*
 * A guest that gets nowhere is told of, one that does is not. Exits are put
 * into a recorder's ring by hand, time is a number.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/log.h"
#include "lib/x86.h"
#include "machine/vm.h"
#include "sim/vmx.h"
#include "tests/unit/machine/fake_vcpu.h"
#include "vmx/recorder.h"

#define MS	1000000UL
#define RECORDS 128

/* The first MiB is. */
bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	(void)ram;
	return gpa + length <= MIB(1);
}

static struct vm vm;
static struct vcpu vcpu;
static struct exit_record *ring;
static u8 bus_map[BUS_PORTS];
static char text[4096];
static u64 now;
static bool wakes, nmis;

static void keep(const char *fmt, va_list args)
{
	size_t n = strlen(text);

	vsnprintf(text + n, sizeof(text) - n, fmt, args);
	strcat(text, "\n");
}

void vcpu_poll_if_overdue(struct vcpu *v)
{
	(void)v;
}

void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	assert_int_equal(level, LOG_WARN);
	assert_string_equal(subsystem, "vm");
	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

const char *exit_reason_name(unsigned reason)
{
	return reason == EXIT_IO ? "IO" : reason == EXIT_RDMSR ? "RDMSR" : "EPT_VIOLATION";
}

void vcpu_load(struct vcpu *v)
{
	v->cpu = (struct cpu *)1;
	sim_vmx.loaded = true;
}

void vcpu_unload(struct vcpu *v)
{
	v->cpu = NULL;
	sim_vmx.loaded = false;
}

static bool can_wake(struct vcpu *v)
{
	(void)v;
	return wakes;
}

static bool nmi_can_come(struct vcpu *v)
{
	(void)v;
	return nmis;
}

static u32 in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return 0;
}

const struct port_device pm_timer_ports = { "ACPI PM timer", 4, in, NULL };

static int setup(void **state)
{
	static const struct vcpu_ops ops = { .can_wake = can_wake, .nmi_can_come = nmi_can_come };
	static const struct port_device device = { "16550A", 1, in, NULL };

	(void)state;
	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(bus_map, 0, sizeof(bus_map));
	if (!ring)
		assert_int_equal(posix_memalign((void **)&ring, PAGE_SIZE,
						RECORDS * sizeof(*ring)), 0);
	memset(ring, 0, RECORDS * sizeof(*ring));
	sim_vmx_reset();
	strcpy(vm.name, "vm0");
	vm.cpus[0].vcpu = &vcpu;
	vcpu.vm = &vm;
	vcpu.ops = &ops;
	vcpu.recorder.ring = vcpu.recorder.next = vcpu.recorder.taken = ring;
	vcpu.recorder.end = ring + RECORDS;
	vm.pit.timer.deadline = CLOCK_NEVER;
	bus_init(&vm.bus, bus_map);
	assert_int_equal(bus_attach(&vm.bus, 0x3f8, 0x3ff, &device, NULL), 0);
	assert_int_equal(bus_attach(&vm.bus, 0xb008, 0xb00b, &pm_timer_ports, NULL), 0);
	sim_set(VMCS_GUEST_RIP, 0x1000);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	text[0] = 0;
	now = 0;
	wakes = nmis = false;
	return 0;
}

static void teardown(void)
{
	free(ring);
}

static u64 qualification; /* of the records to come */

static void record(u16 reason, u32 key, u64 rip)
{
	struct exit_record *r = vcpu.recorder.next;

	*r = (struct exit_record){ .qualification = qualification,
				   .reason = reason,
				   .key = key,
				   .rip = rip,
				   .in = now,
				   .out = now };
	recorder_next(&vcpu, r);
}

/* Look every 10 ms for so long, with these exits in between. */
static void run_for(u64 ms, void (*between)(unsigned i))
{
	for (unsigned i = 0; i < ms / 10; i++) {
		now += 10 * MS;
		if (between)
			between(i);
		record(EXIT_PREEMPTION_TIMER, 0, 0x1000 + i);
		stuck_poll(&vcpu, now);
	}
}

static void poll_uart(unsigned i)
{
	(void)i;
	record(EXIT_IO, 0x3fd | RECORD_KEY_IN, 0x1234);
	record(EXIT_EXTERNAL_INTERRUPT, 0x40, 0x1236);
	vcpu.regs.rax++;
	sim_set(VMCS_GUEST_RIP, 0x1234 + vcpu.regs.rax * 2 % 8);
}

static void polls(void **state)
{
	(void)state;
	run_for(1990, poll_uart);
	assert_string_equal(text, "");
	run_for(30, poll_uart);
	assert_string_equal(text, "stuck: vm=vm0 vcpu=0 for 2000 ms polls IO port=0x3fd in (16550A) at "
				  "rip=0x1234: waits for input on COM1\n");
	/* Not once more; but in the report, with the time as it is then. */
	run_for(5000, poll_uart);
	stuck_report(&vm);
	assert_null(strstr(strchr(text, '\n') + 1, "for 2000 ms"));
	assert_non_null(strstr(strchr(text, '\n') + 1, "for 7020 ms polls IO"));
}

static void poll_cmos(unsigned i)
{
	(void)i;
	record(EXIT_IO, 0x70, 0x1230);
	record(EXIT_IO, 0x71 | RECORD_KEY_IN, 0x1234);
}

static void polls_by_index(void **state)
{
	(void)state;
	run_for(2100, poll_cmos);
	assert_non_null(strstr(text, "port=0x71 in (no device) at rip=0x1234: waits for the clock"));
}

static void poll_pm_timer(unsigned i)
{
	(void)i;
	record(EXIT_IO, 0xb008 | RECORD_KEY_IN, 0x1234);
}

/* Firmware may have put it anywhere. */
static void polls_the_pm_timer(void **state)
{
	(void)state;
	run_for(2100, poll_pm_timer);
	assert_non_null(strstr(text, "port=0xb008 in (ACPI PM timer) at rip=0x1234: waits for time to pass"));
}

static void poll_msr(unsigned i)
{
	(void)i;
	record(EXIT_RDMSR, 0x19c, 0x1234);
}

static void polls_an_msr(void **state)
{
	(void)state;
	run_for(2100, poll_msr);
	assert_non_null(strstr(text, "polls RDMSR msr=0x19c at rip=0x1234: waits for "));
}

static u32 polled_page;

static void poll_page(unsigned i)
{
	(void)i;
	record(EXIT_EPT_VIOLATION, polled_page, 0x1234);
}

static void polls_memory(void **state)
{
	static const struct {
		u32 page;
		char device[11];
	} pages[] = { { 0xfee00, "local APIC" }, { 0xfec00, "I/O APIC" }, { 0xd0000, "no device" } };
	char wanted[80];

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		setup(state);
		vm.cpus[0].lapic.base = 0xfee00900;
		polled_page = pages[i].page;
		run_for(2100, poll_page);
		snprintf(wanted, sizeof(wanted), "polls EPT_VIOLATION page=%#lx (%s) at rip=0x1234: ",
			 (u64)pages[i].page << 12, pages[i].device);
		assert_non_null(strstr(text, wanted));
	}
}

/* Output now and then is progress; so are reads from ever new places, and HLT. */
static void write_now_and_then(unsigned i)
{
	poll_uart(i);
	if (i % 150 == 149)
		record(EXIT_IO, 0x3f8, 0x1300);
}

static void read_everywhere(unsigned i)
{
	record(EXIT_IO, 0x3fd | RECORD_KEY_IN, 0x1234 + i % 9);
}

/* To a screen that is not there. */
static void write_to_nothing(unsigned i)
{
	poll_uart(i);
	if (i % 150 == 149) {
		qualification = 0x182; /* a write */
		record(EXIT_EPT_VIOLATION, 0xd0000, 0x1300);
		qualification = 0;
	}
}

static void halt(unsigned i)
{
	(void)i;
	record(EXIT_HLT, 0, 0x1234);
}

static void only_select(unsigned i)
{
	(void)i;
	record(EXIT_IO, 0x80, 0x1234);
}

/* RAM at its first touch, then a long computation: its registers change. */
static void touch_and_compute(unsigned i)
{
	if (!i)
		record(EXIT_EPT_VIOLATION, 0x10, 0x1234);
	vcpu.regs.rax = i;
}

/* One question, then a long computation. */
static void ask_and_compute(unsigned i)
{
	if (!i)
		record(EXIT_IO, 0x3fd | RECORD_KEY_IN, 0x1234);
	vcpu.regs.rax = i;
}

static void progress(void **state)
{
	(void)state;
	run_for(9000, touch_and_compute);
	run_for(9000, ask_and_compute);
	run_for(9000, write_now_and_then);
	run_for(9000, write_to_nothing);
	run_for(9000, read_everywhere);
	run_for(9000, halt);
	run_for(9000, only_select);
	/* One HLT that lasts. */
	record(EXIT_HLT, 0, 0x1234);
	for (unsigned i = 0; i < 1000; i++)
		stuck_poll(&vcpu, now += 10 * MS);
	stuck_report(&vm);
	assert_string_equal(text, "");
}

static void circle(unsigned i)
{
	vcpu.regs.rcx = i % 5;
	sim_set(VMCS_GUEST_RIP, 0x1000 + 4 * (i % 5));
}

static void spins(void **state)
{
	(void)state;
	run_for(1990, circle);
	assert_string_equal(text, "");
	run_for(30, circle);
	assert_non_null(strstr(text, "stuck: vm=vm0 vcpu=0 for 2000 ms loops around rip=0x10"));
	assert_non_null(strstr(text, "the same 5 states again and again"));
	assert_non_null(strstr(text, "; interrupts are off (RFLAGS.IF=0)\n"));
	nmis = true;
	assert_true(stuck_sentence(&vm, text, sizeof(text)));
	assert_non_null(strstr(text, "; interrupts are off (RFLAGS.IF=0), but an NMI can come"));
}

/* With a counter in it, it will end some day. */
static void count(unsigned i)
{
	vcpu.regs.rcx = i;
}

static void spins_with_a_counter(void **state)
{
	(void)state;
	run_for(9000, count);
	stuck_report(&vm);
	assert_string_equal(text, "");
}

static void interrupts_in_words(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
	vm.pic.chips[0].imr = 0xfb;
	vm.pic.chips[0].isr = 1;
	vm.pic.chips[1].imr = 0xff;
	run_for(2100, NULL);
	assert_non_null(strstr(text, "; no interrupt can come: 8259 masks 0xfb/0xff, in service 0x1/0, "
				     "8254 is off\n"));
	text[0] = 0;
	wakes = true;
	stuck_report(&vm);
	assert_non_null(strstr(text, "; interrupts are on\n"));
}

static void rate(void **state)
{
	(void)state;
	run_for(2100, circle);
	assert_non_null(strstr(text, "loops"));
	text[0] = 0;
	halt(0);
	sim_set(VMCS_GUEST_RIP, 0x2000);
	run_for(3000, poll_uart); /* within ten seconds: nothing */
	assert_string_equal(text, "");
	halt(0);
	run_for(9000, poll_uart);
	assert_non_null(strstr(text, "polls"));
	assert_null(strchr(strchr(text, '\n') + 1, '\n'));
	/* The same place again is no news. */
	text[0] = 0;
	halt(0);
	run_for(30000, poll_uart);
	assert_string_equal(text, "");
}

static void halted(void **state)
{
	(void)state;
	vcpu.stop = (struct vcpu_stop){ STOP_STUCK, "HLT", 0x1234 };
	sim_vmx.loaded = false;
	stuck_report(&vm);
	assert_string_equal(text, "stuck: vm=vm0 vcpu=0 HLT before rip=0x1234: waits for an interrupt; "
				  "interrupts are off (RFLAGS.IF=0)\n");
}

static void without_a_recorder(void **state)
{
	(void)state;
	vcpu.recorder.ring = NULL;
	sim_vmx.loaded = false; /* and so it reads nothing */
	stuck_poll(&vcpu, now += 9000 * MS);
	stuck_poll(&vcpu, now += 9000 * MS);
	stuck_report(&vm);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(polls, setup),
		cmocka_unit_test_setup(polls_by_index, setup),
		cmocka_unit_test_setup(polls_the_pm_timer, setup),
		cmocka_unit_test_setup(polls_an_msr, setup),
		cmocka_unit_test_setup(polls_memory, setup),
		cmocka_unit_test_setup(progress, setup),
		cmocka_unit_test_setup(spins, setup),
		cmocka_unit_test_setup(spins_with_a_counter, setup),
		cmocka_unit_test_setup(interrupts_in_words, setup),
		cmocka_unit_test_setup(rate, setup),
		cmocka_unit_test_setup(halted, setup),
		cmocka_unit_test_setup(without_a_recorder, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	teardown();
	return failed;
}
