/* SPDX-License-Identifier: MIT */
/*
 * Hints: each symptom just above and just below its threshold, and a
 * healthy guest that gets none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/log.h"
#include "machine/hints.h"
#include "tests/unit/machine/fake_vcpu.h"
#include "vmx/exits.h"
#include "vmx/stats.h"
#include "vmx/surprise.h"

#define NS 1000000000UL

static struct vm vm;
static struct vcpu vcpu;
static struct stats stats;
static u8 bus_map[BUS_PORTS];
static char text[4096];

enum verdict exit_undefined(struct vcpu *v)
{
	(void)v;
	return AGAIN;
}

const exit_handler_fn exit_handlers[EXIT_REASONS] = {
	[EXIT_VMXON] = exit_undefined,
	[EXIT_MONITOR] = exit_undefined,
};

const char *exit_reason_name(unsigned reason)
{
	return reason == EXIT_MONITOR ? "MONITOR" : reason == EXIT_RDMSR ? "RDMSR" : "WRMSR";
}

void log_report(const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	strcat(text, "\n");
}

static u32 in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return 0;
}

static int setup(void **state)
{
	static const struct port_device device = { "a device", 1, in, NULL };

	(void)state;
	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(bus_map, 0, sizeof(bus_map));
	strcpy(vm.name, "vm0");
	vm.cpus[0].vcpu = &vcpu;
	vm.run_ns = NS;
	vcpu.vm = &vm;
	vcpu.recorder.stats = &stats;
	vcpu.cr4_allowed = 0xff;
	vcpu.xcr0_allowed = 7;
	stats_reset(&stats);
	bus_init(&vm.bus, bus_map);
	assert_int_equal(bus_attach(&vm.bus, 0x3f8, 0x3ff, &device, NULL), 0);
	text[0] = 0;
	return 0;
}

/* So many exits, in the statistics and in the totals. */
static void exits(u16 reason, u32 key, unsigned count)
{
	struct exit_record r = { .reason = reason, .key = key, .in = 2, .out = 3 };

	vcpu.counters.count[reason] += count;
	while (count--)
		stats_take(&stats, &r, &r + 1, 1);
}

static void says(const char *wanted)
{
	hints_report(&vm);
	assert_string_equal(text, wanted);
}

static void healthy(void **state)
{
	(void)state;
	exits(EXIT_IO, 0x3f8, 500);
	exits(EXIT_RDMSR, 0x10, 10);
	exits(EXIT_CPUID, 0, 100000);
	for (unsigned page = 0; page < 5000; page++)
		exits(EXIT_EPT_VIOLATION, page, 1);
	says("");
}

static void busy_port(void **state)
{
	(void)state;
	exits(EXIT_IO, 0x3fd | RECORD_KEY_IN, HINT_EXITS - 1);
	says("");
	exits(EXIT_IO, 0x3fd | RECORD_KEY_IN, 1);
	says("hint: vm=vm0 vcpu=0 port=0x3fd in (a device): 10000 exits, 100% of all, 9990/s: use its "
	     "interrupt, FIFO or string I/O, or io_bitmap_set(); docs/troubleshooting.md#hint-exits\n");
	/* Not in so long a time, and not if it is lost among others. */
	text[0] = 0;
	vm.run_ns = 11 * NS;
	says("");
	vm.stats_from_ns = 10 * NS;
	hints_report(&vm);
	assert_non_null(strstr(text, "port=0x3fd"));
	exits(EXIT_CPUID, 0, 9 * HINT_EXITS);
	text[0] = 0;
	hints_report(&vm);
	assert_non_null(strstr(text, ", 10% of all"));
	text[0] = 0;
	exits(EXIT_CPUID, 0, 1);
	says("");
}

static void busy_msr(void **state)
{
	(void)state;
	exits(EXIT_WRMSR, 0x6e0, 20000);
	says("hint: vm=vm0 vcpu=0 WRMSR msr=0x6e0: 20000 exits, 100% of all, 19980/s: keep its value in "
	     "the guest, or msr_bitmap_allow(); docs/troubleshooting.md#hint-exits\n");
}

static void violations(void **state)
{
	(void)state;
	exits(EXIT_EPT_VIOLATION, 0xfee00, HINT_VIOLATIONS - 1);
	says("");
	exits(EXIT_EPT_VIOLATION, 0xfee00, 1);
	says("hint: vm=vm0 vcpu=0 page 0xfee00000: 1000 EPT violations: if it is a device, touch it less; "
	     "if it is RAM, ept_map() does not open it; docs/troubleshooting.md#hint-ept\n");
}

static void refused_msrs(void **state)
{
	struct msr_state *m = &vm.cpus[0].msr;

	(void)state;
	assert_true(msr_refused_add(&m->refused, 0x12345));
	assert_true(msr_refused_add(&m->refused, 0x48b));
	exits(EXIT_RDMSR, 0x12345, 5);
	exits(EXIT_WRMSR, 0x12345, 2);
	exits(EXIT_RDMSR, 0x1b, 3);
	exits(EXIT_RDMSR, 0x48b, 1);
	says("hint: vm=vm0 vcpu=0 2 MSRs that are not offered raised #GP, 8 times, first 0x12345: check "
	     "CPUID before, or offer them in msr_read(); docs/troubleshooting.md#hint-msr\n"
	     "hint: vm=vm0 vcpu=0 MSR 0x48b belongs to VMX, which CPUID does not offer; "
	     "docs/troubleshooting.md#hint-cpuid\n");
	/* Without statistics: at least once each. */
	assert_true(msr_refused_add(&m->refused, 0x491));
	text[0] = 0;
	vcpu.recorder.stats = NULL;
	hints_report(&vm);
	assert_non_null(strstr(text, "3 MSRs that are not offered raised #GP, 3 times"));
	assert_non_null(strstr(text, "2 MSRs from 0x48b on belong to VMX, which"));
}

static void refused_writes(void **state)
{
	(void)state;
	vcpu.notes = (struct vcpu_notes){
		.refused_writes = 3, .refused_value = 0x80000000, .refused_rip = 0x1234
	};
	says("hint: vm=vm0 vcpu=0 3 refused writes of control registers, the last at rip=0x1234: "
	     "CR0=0x80000000; docs/troubleshooting.md#hint-cr\n");
	text[0] = 0;
	vcpu.notes.refused_register = 4;
	vcpu.notes.refused_value = 0x4020;
	says("hint: vm=vm0 vcpu=0 3 refused writes of control registers, the last at rip=0x1234: "
	     "CR4=0x4020; docs/troubleshooting.md#hint-cr\n"
	     "hint: vm=vm0 vcpu=0 bits 0x4000 of that value need features that CPUID does not offer; "
	     "docs/troubleshooting.md#hint-cpuid\n");
	text[0] = 0;
	vcpu.notes.refused_register = REFUSED_XCR0;
	vcpu.notes.refused_value = 0x203;
	hints_report(&vm);
	assert_non_null(strstr(text, "XCR0=0x203;"));
	assert_non_null(strstr(text, "bits 0x200 of"));
}

static void instructions(void **state)
{
	static const struct surprise invpcid = { "INVPCID", .leaf_low = 7, .reg = 1, .bit = 10 };

	(void)state;
	vcpu.counters.count[EXIT_MONITOR] = 2;
	vcpu.counters.count[EXIT_CPUID] = 2;
	vm.cpus[0].cpuid.max_basic = 7;
	vcpu.notes = (struct vcpu_notes){ .surprises = 4, .surprise = &invpcid, .surprise_rip = 0x99 };
	says("hint: vm=vm0 vcpu=0 MONITOR, which CPUID does not offer, raised #UD 2 times; "
	     "docs/troubleshooting.md#hint-cpuid\n"
	     "hint: vm=vm0 vcpu=0 INVPCID at rip=0x99, which CPUID does not offer, raised #UD; 4 such; "
	     "docs/troubleshooting.md#hint-cpuid\n");
	/* Offered: #UD had another reason. */
	text[0] = 0;
	vcpu.counters.count[EXIT_MONITOR] = 0;
	vm.cpus[0].cpuid.basic[7].ebx = 1 << 10;
	says("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(healthy, setup),
		cmocka_unit_test_setup(busy_port, setup),
		cmocka_unit_test_setup(busy_msr, setup),
		cmocka_unit_test_setup(violations, setup),
		cmocka_unit_test_setup(refused_msrs, setup),
		cmocka_unit_test_setup(refused_writes, setup),
		cmocka_unit_test_setup(instructions, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
