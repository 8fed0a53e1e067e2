/* SPDX-License-Identifier: MIT */
/*
 * Which trap goes where: handlers, the fixup table, NMIs, panics.
 */
#include "kernel/traps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/apic.h"
#include "kernel/fixup.h"
#include "kernel/panic.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "tests/sim/cpu.h"
#include "tests/sim/panic.h"
#include "tests/unit/kernel/fake_log.h"

#define HANDLED 0x40

const u8 trap_stubs[TRAP_VECTORS * TRAP_STUB_SIZE];

static unsigned handled, eois;
static bool stop_wanted;

void apic_eoi(void)
{
	eois++;
}

bool apic_stop_wanted(void)
{
	return stop_wanted;
}

/* One instruction that may fault. */
u64 fixup_find(u64 rip)
{
	return rip == 0x1000 ? 0x2000 : 0;
}

int rdmsr_safe(u32 msr, u64 *value)
{
	*value = 0x5;
	return msr == MSR_MCG_STATUS ? 0 : -ERR_FAULT;
}

void panic_trap(const struct trap_frame *frame, const char *fmt, ...)
{
	va_list args;

	(void)frame;
	va_start(args, fmt);
	vsnprintf(sim_panic_text, sizeof(sim_panic_text), fmt, args);
	va_end(args);
	longjmp(sim_panic_jump, 1);
}

static void handle(void)
{
	handled++;
}

static int setup(void **state)
{
	(void)state;
	handled = eois = 0;
	stop_wanted = false;
	fake_log_reset();
	trap_set_handler(HANDLED, handle);
	return 0;
}

static void trap(u64 vector, u64 rip, u64 error_code)
{
	struct trap_frame frame = {.vector = vector, .rip = rip, .error_code = error_code};

	trap_handle(&frame);
}

static void an_interrupt_runs_its_handler_and_ends(void **state)
{
	(void)state;
	trap(HANDLED, 0, 0);
	assert_int_equal(handled, 1);
	assert_int_equal(eois, 1);
	trap_run_interrupt(HANDLED);
	assert_int_equal(handled, 2);
	assert_int_equal(eois, 2);
	trap_set_handler(HANDLED, NULL);
	trap(HANDLED, 0, 0);
	assert_int_equal(handled, 2);
	assert_int_equal(eois, 3);
}

static void interrupts_that_are_not_the_apics_are_not_ended_there(void **state)
{
	(void)state;
	trap(VECTOR_SPURIOUS, 0, 0);
	trap(VECTOR_PIC + 7, 0, 0);
	trap(VECTOR_PIC + 15, 0, 0);
	assert_int_equal(eois, 0);
	trap(VECTOR_PIC + 16, 0, 0);
	assert_int_equal(eois, 1);
}

static void a_handler_for_an_exception_is_a_bug(void **state)
{
	(void)state;
	assert_true(SIM_PANICS(trap_set_handler(31, handle)));
	assert_false(SIM_PANICS(trap_set_handler(32, NULL)));
}

static void a_listed_instruction_may_fault(void **state)
{
	struct trap_frame frame = {.vector = VECTOR_GP, .rip = 0x1000};

	(void)state;
	trap_handle(&frame);
	assert_int_equal(frame.rip, 0x2000);
	assert_true(SIM_PANICS(trap(VECTOR_GP, 0x1001, 0)));
	/* These may come at any instruction and do not return. */
	assert_true(SIM_PANICS(trap(VECTOR_DF, 0x1000, 0)));
	assert_true(SIM_PANICS(trap(VECTOR_MC, 0x1000, 0)));
}

static void a_panic_says_what_happened(void **state)
{
	(void)state;
	sim.cr2 = 0x123;
	assert_true(SIM_PANICS(trap(VECTOR_PF, 0, 0)));
	assert_string_equal(sim_panic_text, "#PF page fault: read of 0000000000000123, not mapped");
	assert_true(SIM_PANICS(trap(VECTOR_PF, 0, PF_PRESENT | PF_WRITE)));
	assert_string_equal(sim_panic_text,
			    "#PF page fault: write of 0000000000000123, not permitted");
	assert_true(SIM_PANICS(trap(VECTOR_PF, 0, PF_PRESENT | PF_FETCH)));
	assert_string_equal(sim_panic_text,
			    "#PF page fault: execution of 0000000000000123, not permitted");
	assert_true(SIM_PANICS(trap(VECTOR_PF, 0, PF_PRESENT | PF_RSVD)));
	assert_string_equal(sim_panic_text,
			    "#PF page fault: read of 0000000000000123, reserved bit set");
	assert_true(SIM_PANICS(trap(VECTOR_GP, 0, 0x28)));
	assert_string_equal(sim_panic_text, "#GP general protection vector=13 error_code=0x28");
	assert_true(SIM_PANICS(trap(VECTOR_MC, 0, 0)));
	assert_non_null(strstr(sim_panic_text, "mcg_status=0x5"));
	assert_true(SIM_PANICS(trap(9, 0, 0)));
	assert_non_null(strstr(sim_panic_text, "reserved vector"));
}

/* Last, because the bound is for the whole run. */
static void unknown_nmis_are_told_but_not_for_ever(void **state)
{
	(void)state;
	trap(VECTOR_NMI, 0x1000, 0);
	assert_int_equal(fake_log_warnings, 1);
	assert_non_null(strstr(fake_log_last, "port61=0xff"));
	for (unsigned i = 0; i < 1000; i++)
		trap(VECTOR_NMI, 0x1000, 0);
	assert_in_range(fake_log_warnings, 2, 20);
	assert_int_equal(eois, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_interrupt_runs_its_handler_and_ends, setup),
		cmocka_unit_test_setup(interrupts_that_are_not_the_apics_are_not_ended_there,
				       setup),
		cmocka_unit_test_setup(a_handler_for_an_exception_is_a_bug, setup),
		cmocka_unit_test_setup(a_listed_instruction_may_fault, setup),
		cmocka_unit_test_setup(a_panic_says_what_happened, setup),
		cmocka_unit_test_setup(unknown_nmis_are_told_but_not_for_ever, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
