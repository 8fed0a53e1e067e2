/* SPDX-License-Identifier: MIT */
/* VMCALL by the ABI of guest/abi.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/abi.h"
#include "machine/hypercall.h"
#include "machine/vm.h"
#include "tests/unit/machine/fake_vcpu.h"

static struct vm vm;
static struct vcpu v;
static char shown[2 * ABI_TEXT_MAX];
static size_t shown_length;
static u8 memory[2 * ABI_TEXT_MAX]; /* guest-physical 0 up */

u64 time_tsc_hz(void)
{
	return 2400000001;
}

void guest_console_flush(struct guest_console *c)
{
	memcpy(shown + shown_length, c->line, c->length);
	shown_length += c->length;
	c->length = 0;
}

void vcpu_attend(struct vcpu *vcpu, u32 attention)
{
	vcpu->attention |= attention;
}

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	assert_ptr_equal(ram, &vm.ram);
	return gpa <= sizeof(memory) && length <= sizeof(memory) - gpa;
}

void *ram_pointer(struct ram *ram, gpa_t gpa, u64 length)
{
	assert_true(ram_contains(ram, gpa, length));
	assert_int_equal(gpa / PAGE_SIZE, (gpa + length - 1) / PAGE_SIZE);
	return memory + gpa;
}

static int setup(void **state)
{
	(void)state;
	memset(&vm, 0, sizeof(vm));
	memset(&v, 0, sizeof(v));
	v.vm = &vm;
	fake_cpl = 0;
	shown_length = 0;
	return 0;
}

/* Calls, and checks that nothing but RAX changed. */
static s64 call(u64 number, u64 rbx, u64 rcx)
{
	union vcpu_regs before;

	v.regs.rax = number;
	v.regs.rbx = rbx;
	v.regs.rcx = rcx;
	before = v.regs;
	assert_int_equal(hypercall(&v), NEXT);
	before.rax = v.regs.rax;
	assert_memory_equal(&before, &v.regs, sizeof(before));
	return (s64)v.regs.rax;
}

static void test_simple_calls(void **state)
{
	(void)state;
	assert_int_equal(call(ABI_CALL_VERSION, 0, 0), ABI_VERSION);
	assert_int_equal(call(0xffffffff00000000UL | ABI_CALL_VERSION, 0, 0), ABI_VERSION);
	assert_int_equal(call(ABI_CALL_TSC_HZ, 0, 0), 2400000001);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(call(ABI_CALLS, 0, 0), -ABI_ERROR_UNKNOWN);
	assert_int_equal(call(~0UL, 0, 0), -ABI_ERROR_UNKNOWN);
	assert_int_equal(call(0x80000000, 0, 0), -ABI_ERROR_UNKNOWN);
}

static void test_only_at_cpl_0(void **state)
{
	(void)state;
	for (fake_cpl = 1; fake_cpl <= 3; fake_cpl++) {
		for (u64 number = ABI_CALL_POWER_OFF; number < ABI_CALLS; number++)
			assert_int_equal(call(number, 7, 7), -ABI_ERROR_PRIVILEGE);
		assert_int_equal(call(ABI_CALL_VERSION, 0, 0), ABI_VERSION); /* a constant */
		assert_int_equal(call(ABI_CALL_TSC_HZ, 0, 0), 2400000001);
		assert_int_equal(call(ABI_CALLS, 0, 0), -ABI_ERROR_UNKNOWN);
	}
	assert_int_equal(v.stop.cause, STOP_NONE);
}

static void test_power_off(void **state)
{
	(void)state;
	v.regs.rax = ABI_CALL_POWER_OFF;
	v.regs.rbx = 0;
	assert_int_equal(hypercall(&v), STOP);
	assert_int_equal(v.stop.cause, STOP_POWER_OFF);
	assert_int_equal(v.stop.value, 0);
	v.stop.cause = STOP_NONE;
	v.regs.rbx = 0xffffffff00000003UL;
	assert_int_equal(hypercall(&v), STOP);
	assert_int_equal(v.stop.value, 3);
}

static void test_exits(void **state)
{
	(void)state;
	v.counters.count[EXIT_CPUID] = 5;
	v.counters.count[EXIT_VMCALL] = 7;
	v.counters.count[EXIT_REASONS - 1] = 100;
	assert_int_equal(call(ABI_CALL_EXITS, EXIT_CPUID, 0), 5);
	assert_int_equal(call(ABI_CALL_EXITS, EXIT_HLT, 0), 0);
	assert_int_equal(call(ABI_CALL_EXITS, ABI_EXITS_ALL, 0), 112);
	assert_int_equal(call(ABI_CALL_EXITS, EXIT_REASONS, 0), -ABI_ERROR_ARGUMENT);
}

static void test_put_character(void **state)
{
	(void)state;
	assert_int_equal(call(ABI_CALL_PUT_CHARACTER, 'x', 0), 0);
	assert_int_equal(call(ABI_CALL_PUT_CHARACTER, 0x100 | '\n', 0), 0);
	assert_int_equal(shown_length, 2);
	assert_memory_equal(shown, "x\n", 2);
}

static void test_put_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(memory); i++)
		memory[i] = (u8)('a' + i % 26);
	assert_int_equal(call(ABI_CALL_PUT_TEXT, 101, ABI_TEXT_MAX), 0); /* over a page's end */
	guest_console_flush(&vm.console);
	assert_int_equal(shown_length, ABI_TEXT_MAX);
	assert_memory_equal(shown, memory + 101, ABI_TEXT_MAX);
	assert_true(v.attention & ATTENTION_POLL);
	assert_int_equal(call(ABI_CALL_PUT_TEXT, 100, 0), 0);
}

static void test_bad_text(void **state)
{
	(void)state;
	assert_int_equal(call(ABI_CALL_PUT_TEXT, 0, ABI_TEXT_MAX + 1), -ABI_ERROR_ARGUMENT);
	assert_int_equal(call(ABI_CALL_PUT_TEXT, sizeof(memory) - 5, 6), -ABI_ERROR_ARGUMENT);
	assert_int_equal(call(ABI_CALL_PUT_TEXT, ~0UL, 1), -ABI_ERROR_ARGUMENT);
	assert_int_equal(call(ABI_CALL_PUT_TEXT, 0, ~0UL), -ABI_ERROR_ARGUMENT);
	guest_console_flush(&vm.console);
	assert_int_equal(shown_length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_simple_calls, setup),
		cmocka_unit_test_setup(test_unknown, setup),
		cmocka_unit_test_setup(test_only_at_cpl_0, setup),
		cmocka_unit_test_setup(test_power_off, setup),
		cmocka_unit_test_setup(test_exits, setup),
		cmocka_unit_test_setup(test_put_character, setup),
		cmocka_unit_test_setup(test_put_text, setup),
		cmocka_unit_test_setup(test_bad_text, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
