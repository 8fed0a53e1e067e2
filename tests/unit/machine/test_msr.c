/* SPDX-License-Identifier: MIT */
/* The MSR policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "machine/vm.h"
#include "tests/unit/machine/fake_time.h"
#include "tests/unit/machine/fake_vcpu.h"

static u32 attention;

void vcpu_attend(struct vcpu *vcpu, u32 why)
{
	(void)vcpu;
	attention |= why;
}

static struct vm vm;
static struct vcpu v;
static unsigned lines;
static char line[LOG_LINE_MAX];

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	assert_int_equal(level, LOG_INFO);
	assert_string_equal(subsystem, "msr");
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	lines++;
}

static bool misc_enable_missing;
static u64 misc_enable;

int rdmsr_safe(u32 msr, u64 *value)
{
	if (msr == MSR_ARCH_CAPABILITIES) {
		assert_true(cpu_features.arch_capabilities); /* a lenient emulator has any MSR */
		*value = ~0UL;
		return 0;
	}
	assert_int_equal(msr, MSR_MISC_ENABLE);
	*value = misc_enable;
	return misc_enable_missing ? -ERR_FAULT : 0;
}

static u32 page[1024];

u64 time_tsc_hz(void)
{
	return 2397000000;
}

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks / 2;
}

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	return gpa + length <= ram->size;
}

static int setup(void **state)
{
	struct lapic *l = &vm.cpus[0].lapic;

	(void)state;
	memset(&vm, 0xee, sizeof(vm));
	memset(&v, 0, sizeof(v));
	strcpy(vm.name, "vm0");
	v.vm = &vm;
	misc_enable = 0x850089; /* as a PC's firmware leaves it */
	misc_enable_missing = false;
	cpu_features.arch_capabilities = false;
	msr_reset(&vm.cpus[0].msr, 40);
	vm.ram.size = MIB(64);
	memset(l, 0, sizeof(*l));
	timers_init(&vm.timers, &vm.clock);
	timer_add(&vm.timers, &l->timer.timer, lapic_timer_due, l);
	l->page = page;
	l->vcpu = &v;
	l->physical_bits = 40;
	l->timer.clock = &vm.clock;
	lapic_reset(l, true);
	lines = 0;
	fake_tsc = 1000;
	return 0;
}

static u64 get(u32 msr)
{
	u64 value;

	assert_int_equal(msr_read(&v, msr, &value), 0);
	return value;
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(get(MSR_TSC), 1000);
	assert_int_equal(get(MSR_TSC_ADJUST), 0);
	assert_int_equal(get(MSR_APIC_BASE), 0xfee00900); /* the boot CPU */
	assert_int_equal(get(MSR_MISC_ENABLE), 0x1801);	  /* fast strings; no BTS, no PEBS */
	assert_int_equal(get(MSR_MCG_CAP), 0);
	assert_int_equal(get(MSR_MCG_STATUS), 0);
	assert_int_equal(get(MSR_PLATFORM_INFO), 0x180000001800); /* 24 times 100 MHz */
	assert_int_equal(get(MSR_BIOS_SIGN_ID) >> 32, 1);
	assert_int_equal(get(MSR_MTRRCAP), 0x508);
	assert_int_equal(get(MSR_MTRR_DEF_TYPE), 0x806);
	assert_int_equal(lines, 0);
}

static void test_refused(void **state)
{
	static const u32 none[] = {0x0,	  0x3a,	 0x48,	0x49,  0x10a, 0x10b,	  0x186,     0x38f,
				   0x480, 0x6e1, 0x7ff, 0x900, 0xda0, 0xc0010015, 0xffffffff};
	u64 value;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(msr_read(&v, none[i], &value), -ERR_NOENT);
		assert_int_equal(msr_write(&v, none[i], 0), -ERR_NOENT);
	}
	assert_int_equal(lines, ARRAY_SIZE(none));
}

static void test_one_line_a_number(void **state)
{
	u64 value;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(msr_read(&v, 0x123, &value), -ERR_NOENT);
	assert_int_equal(lines, 1);
	assert_string_equal(line, "vm0: vcpu=0 RDMSR msr=0x123 is not offered: #GP");
	assert_int_equal(msr_write(&v, 0x124, 0), -ERR_NOENT);
	assert_int_equal(lines, 2);
	assert_string_equal(line, "vm0: vcpu=0 WRMSR msr=0x124 is not offered: #GP");
}

/* Each number that a processor may have has its line; all others together have a bounded number. */
static void test_every_number(void **state)
{
	static const u32 first[] = { 0x1000, 0x40000000, 0xc0001000, 0xc0011000 };
	u64 value;

	(void)state;
	for (unsigned twice = 0; twice < 2; twice++)
		for (unsigned i = 0; i < ARRAY_SIZE(first); i++)
			for (u32 msr = first[i]; msr < first[i] + 0x1000; msr++)
				assert_int_equal(msr_read(&v, msr, &value), -ERR_NOENT);
	assert_int_equal(lines, 4 * 0x1000);
	assert_string_equal(line, "vm0: vcpu=0 RDMSR msr=0xc0011fff is not offered: #GP");

	lines = 0;
	for (u32 msr = 0x2000; msr < 0x3000; msr++)
		assert_int_equal(msr_read(&v, msr, &value), -ERR_NOENT);
	assert_int_equal(lines, MSR_REFUSED_OTHERS);
	assert_string_equal(line, "vm0: vcpu=0 RDMSR msr=0x203f is not offered: #GP; "
				  "further numbers that no processor has are not told");
	assert_int_equal(msr_read(&v, 0xfff, &value), -ERR_NOENT);
	assert_int_equal(lines, MSR_REFUSED_OTHERS + 1);
}

static void test_tsc_and_its_adjustment(void **state)
{
	(void)state;
	assert_int_equal(msr_write(&v, MSR_TSC, 5000), 0);
	assert_int_equal(fake_tsc, 5000);
	assert_int_equal(get(MSR_TSC_ADJUST), 4000);
	fake_tsc += 100; /* time goes on */
	assert_int_equal(msr_write(&v, MSR_TSC_ADJUST, 0), 0);
	assert_int_equal(get(MSR_TSC), 1100);
	assert_int_equal(msr_write(&v, MSR_TSC_ADJUST, (u64)-100), 0);
	assert_int_equal(get(MSR_TSC), 1000);
	assert_int_equal(get(MSR_TSC_ADJUST), (u64)-100);
}

/* The counter below both goes on: what a write takes is not lost. */
static void test_no_tick_is_lost(void **state)
{
	u64 below;

	(void)state;
	below = fake_tsc - get(MSR_TSC_ADJUST);
	fake_tsc_step = 7;
	for (u64 i = 0; i < 10; i++) {
		assert_int_equal(msr_write(&v, MSR_TSC, i << 40), 0);
		assert_int_equal(msr_write(&v, MSR_TSC_ADJUST, i << 33), 0);
	}
	fake_tsc_step = 0;
	assert_int_equal(fake_tsc - get(MSR_TSC_ADJUST), below + 7 * fake_tsc_reads);
}

static void test_writes_that_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfee00900), 0);
	assert_int_equal(msr_write(&v, MSR_BIOS_SIGN_ID, 0), 0);
	assert_int_equal(get(MSR_BIOS_SIGN_ID) >> 32, 1);
	assert_int_equal(msr_write(&v, MSR_MCG_STATUS, 0), 0);
	assert_int_equal(msr_write(&v, MSR_MCG_STATUS, 1), -ERR_INVAL);
}

static void test_apic(void **state)
{
	struct cpuid_table *cpuid = &vm.cpus[0].cpuid;
	u64 value;

	(void)state;
	assert_int_equal(msr_read(&v, 0x802, &value), -ERR_INVAL);
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfee00901), -ERR_INVAL);
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfee00d00), 0);
	assert_int_equal(get(0x803), 0x01050014);
	assert_int_equal(msr_write(&v, 0x808, 0x20), 0);
	assert_int_equal(get(0x808), 0x20);
	assert_int_equal(msr_write(&v, 0x808, 0x100), -ERR_INVAL);
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfee00100), 0);
	assert_int_equal(cpuid->basic[1].edx >> 9 & 1, 0);
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfee00900), 0);
	assert_int_equal(cpuid->basic[1].edx >> 9 & 1, 1);
	assert_int_equal(lines, 0);
}

static void test_apic_moves(void **state)
{
	(void)state;
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0xfed40900), 0);
	assert_string_equal(line, "vm0: vcpu=0 moves its APIC to 0xfed40000");
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0x00100900), 0);
	assert_int_equal(get(MSR_APIC_BASE), 0x00100900);
	assert_int_equal(lines, 1);
	setup(NULL);
	assert_int_equal(msr_write(&v, MSR_APIC_BASE, 0x00100900), 0);
	assert_string_equal(line,
			    "vm0: vcpu=0 moves its APIC to 0x100000, but RAM is in front of it");
}

/* The deadline is by the TSC as the guest has it. */
static void test_deadline(void **state)
{
	struct lapic *l = &vm.cpus[0].lapic;

	(void)state;
	assert_int_equal(msr_write(&v, MSR_TSC_DEADLINE, 5000), 0);
	assert_int_equal(get(MSR_TSC_DEADLINE), 0); /* not in this mode */
	lapic_page_write(l, 0x320, 4, 0x500ec);
	assert_int_equal(msr_write(&v, MSR_TSC_DEADLINE, 5000), 0);
	assert_int_equal(get(MSR_TSC_DEADLINE), 5000);
	assert_int_equal(msr_write(&v, MSR_TSC, 4000), 0);
	assert_in_range(l->timer.timer.deadline, fake_now + 500, fake_now + 501);
	assert_int_equal(msr_write(&v, MSR_TSC_ADJUST, 9000), 0);
	assert_int_equal(get(MSR_TSC_DEADLINE), 0); /* it has gone by */
}

static void test_misc_enable(void **state)
{
	(void)state;
	assert_int_equal(msr_write(&v, MSR_MISC_ENABLE, 0x1800), 0);
	assert_int_equal(get(MSR_MISC_ENABLE), 0x1800);
	assert_int_equal(msr_write(&v, MSR_MISC_ENABLE, 0x1801 | 1UL << 1), -ERR_INVAL);
	assert_int_equal(msr_write(&v, MSR_MISC_ENABLE, 0x1801 | 1UL << 50), -ERR_INVAL);
	assert_int_equal(get(MSR_MISC_ENABLE), 0x1800);
	/* What is kept, and what is read-only: no performance monitoring, no BTS, no PEBS. */
	assert_int_equal(msr_write(&v, MSR_MISC_ENABLE, 0x400c50089), 0);
	assert_int_equal(get(MSR_MISC_ENABLE), 0x400c51809);
}

/* Bochs has none, and a guest should not believe otherwise. */
static void test_fast_strings_are_the_hosts(void **state)
{
	(void)state;
	misc_enable = 0x850088;
	msr_reset(&vm.cpus[0].msr, 40);
	assert_int_equal(get(MSR_MISC_ENABLE), 0x1800);
	misc_enable = 1;
	misc_enable_missing = true;
	msr_reset(&vm.cpus[0].msr, 40);
	assert_int_equal(get(MSR_MISC_ENABLE), 0x1800);
}

/* What the host is immune against; bits that announce MSRs which are not offered are not told. */
static void test_arch_capabilities(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(msr_read(&v, MSR_ARCH_CAPABILITIES, &value), -ERR_NOENT);
	cpu_features.arch_capabilities = true;
	msr_reset(&vm.cpus[0].msr, 40);
	assert_int_equal(get(MSR_ARCH_CAPABILITIES), 0x400000001d1ae177);
	assert_int_not_equal(msr_write(&v, MSR_ARCH_CAPABILITIES, 0), 0);
}

/* A bad value for an MSR that exists is #GP, but no news. */
static void test_bad_value_is_not_logged(void **state)
{
	(void)state;
	assert_int_equal(msr_write(&v, MSR_MTRR_DEF_TYPE, 3), -ERR_INVAL);
	assert_int_equal(attention, 0);
	assert_int_equal(msr_write(&v, MSR_MTRR_DEF_TYPE, 0), 0);
	assert_int_equal(attention, ATTENTION_POLL);
	assert_int_equal(lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_one_line_a_number, setup),
		cmocka_unit_test_setup(test_every_number, setup),
		cmocka_unit_test_setup(test_tsc_and_its_adjustment, setup),
		cmocka_unit_test_setup(test_no_tick_is_lost, setup),
		cmocka_unit_test_setup(test_writes_that_change_nothing, setup),
		cmocka_unit_test_setup(test_apic, setup),
		cmocka_unit_test_setup(test_apic_moves, setup),
		cmocka_unit_test_setup(test_deadline, setup),
		cmocka_unit_test_setup(test_misc_enable, setup),
		cmocka_unit_test_setup(test_fast_strings_are_the_hosts, setup),
		cmocka_unit_test_setup(test_arch_capabilities, setup),
		cmocka_unit_test_setup(test_bad_value_is_not_logged, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
