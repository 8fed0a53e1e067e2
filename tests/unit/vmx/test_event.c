/* SPDX-License-Identifier: MIT */
/*
 * Injection: what goes in first, what waits for which window, how
 * exceptions combine.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "kernel/asm.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/controls.h"

#define HARD(vector) (INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | (vector))

static u32 entered(void)
{
	return (u32)sim_get(VMCS_ENTRY_INTERRUPTION_INFO);
}

/* SDM "Conditions for Generating a Double Fault": the whole table. */
static void exceptions_combine(void **state)
{
	static const u8 benign[] = { VECTOR_DB, VECTOR_BP, VECTOR_UD, VECTOR_NM, VECTOR_MF, VECTOR_AC };
	static const u8 contributory[] = { VECTOR_DE, VECTOR_TS, VECTOR_NP, VECTOR_SS, VECTOR_GP };
	const enum event_combination second = EVENT_SECOND, df = EVENT_DOUBLE_FAULT,
				     down = EVENT_SHUTDOWN;

	(void)state;
	for (unsigned b = 0; b < ARRAY_SIZE(benign); b++)
		for (unsigned c = 0; c < ARRAY_SIZE(contributory); c++) {
			assert_int_equal(event_combine(HARD(benign[b]), contributory[c]), second);
			assert_int_equal(event_combine(HARD(contributory[c]), benign[b]), second);
			assert_int_equal(event_combine(HARD(contributory[c]), contributory[c]), df);
			assert_int_equal(event_combine(HARD(contributory[c]), VECTOR_PF), second);
			assert_int_equal(event_combine(HARD(VECTOR_PF), contributory[c]), df);
			assert_int_equal(event_combine(HARD(VECTOR_DF), contributory[c]), down);
			assert_int_equal(event_combine(HARD(VECTOR_DF), benign[b]), second);
		}
	assert_int_equal(event_combine(HARD(VECTOR_PF), VECTOR_PF), df);
	assert_int_equal(event_combine(HARD(VECTOR_DF), VECTOR_PF), down);
	/* Interrupts, NMIs and software events do not combine. */
	assert_int_equal(event_combine(INTR_VALID | 0x20, VECTOR_GP), second);
	assert_int_equal(event_combine(INTR_VALID | INTR_SOFT_INTERRUPT << 8 | VECTOR_GP, VECTOR_GP),
			 second);
	assert_int_equal(event_combine(0, VECTOR_GP), second);
}

static void exception_goes_in_with_its_error_code(void **state)
{
	(void)state;
	event_exception_error(&fake.vcpu, VECTOR_GP, 0x18);
	assert_true(fake.vcpu.attention & ATTENTION_EVENT);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_GP) | INTR_HAS_ERROR);
	assert_int_equal(sim_get(VMCS_ENTRY_EXCEPTION_ERROR_CODE), 0x18);
	/* Only once. */
	sim_set(VMCS_ENTRY_INTERRUPTION_INFO, 0);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), 0);
}

static void real_mode_has_no_error_codes(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	event_exception_error(&fake.vcpu, VECTOR_GP, 0x18);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_GP));
}

static void page_fault_sets_cr2(void **state)
{
	(void)state;
	event_page_fault(&fake.vcpu, 0xdead000, PF_WRITE);
	assert_int_equal(sim.cr2, 0xdead000);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_PF) | INTR_HAS_ERROR);
	assert_int_equal(sim_get(VMCS_ENTRY_EXCEPTION_ERROR_CODE), PF_WRITE);
}

static void third_fault_is_a_shutdown(void **state)
{
	(void)state;
	event_exception_error(&fake.vcpu, VECTOR_GP, 0);
	event_exception_error(&fake.vcpu, VECTOR_NP, 0);
	assert_int_equal(fake.vcpu.events.next.info, HARD(VECTOR_DF) | INTR_HAS_ERROR);
	event_exception_error(&fake.vcpu, VECTOR_GP, 0);
	event_exception(&fake.vcpu, VECTOR_UD); /* what comes after a shutdown is too late */
	assert_false(event_deliver(&fake.vcpu));
}

/* An entry with one would be refused for its control fields, which is a panic. */
static void double_fault_in_real_mode_has_no_error_code(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	event_exception_error(&fake.vcpu, VECTOR_GP, 0);
	event_exception_error(&fake.vcpu, VECTOR_GP, 0);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_DF));
}

/* SDM "Instruction-Breakpoint Exception Condition": which exceptions save RF=1. */
static void faults_save_rf_and_debug_exceptions_do_not(void **state)
{
	(void)state;
	event_debug(&fake.vcpu, DR6_BS);
	assert_false(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_RF);
	fake_setup(NULL);
	event_exception(&fake.vcpu, VECTOR_UD);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_RF);
}

static void debug_exception_tells_its_causes(void **state)
{
	(void)state;
	sim.dr6 = DR6_RESET | DR6_BS | BIT(3);
	sim_set(VMCS_GUEST_DR7, DR7_RESET | DR7_GD);
	event_debug(&fake.vcpu, DR6_BD | BIT(0));
	/* B0 to B3 are of this one; BS stays until the guest clears it. */
	assert_int_equal(sim.dr6, DR6_RESET | DR6_BS | DR6_BD | BIT(0));
	assert_int_equal(sim_get(VMCS_GUEST_DR7), DR7_RESET);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_DB));
}

/*
 * A single step over STI: the exit reports no pending BS, but the entry wants
 * one if there still is a shadow. SDM "Checks on Guest Non-Register State".
 */
static void debug_exception_ends_the_shadow(void **state)
{
	static const u64 shadows[] = { INTERRUPTIBILITY_STI, INTERRUPTIBILITY_MOV_SS };

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(shadows); i++) {
		fake_setup(NULL);
		sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF | RFLAGS_TF);
		sim_set(VMCS_GUEST_INTERRUPTIBILITY, shadows[i / 2] | INTERRUPTIBILITY_NMI);
		sim_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
		if (i % 2)
			event_int1(&fake.vcpu, 1);
		else
			event_debug(&fake.vcpu, DR6_BS);
		assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
		assert_int_equal(sim_get(VMCS_GUEST_PENDING_DEBUG), 0);
	}
}

static void int1_goes_in_as_what_it_was(void **state)
{
	(void)state;
	sim.dr6 = DR6_RESET;
	event_int1(&fake.vcpu, 1);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), INTR_VALID | INTR_PRIVILEGED_SOFT_EXCEPTION << INTR_TYPE_SHIFT |
					    VECTOR_DB);
	assert_int_equal(sim_get(VMCS_ENTRY_INSTRUCTION_LENGTH), 1);
	assert_int_equal(sim.dr6, DR6_RESET);
}

/* An interrupt at the same entry would take the place of one that is only pending. */
static void single_step_comes_before_an_interrupt(void **state)
{
	(void)state;
	sim.dr6 = DR6_RESET;
	fake.interrupt_vector = 0x31;
	sim_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS | BIT(12) | BIT(1)); /* held back by MOV SS */
	event_interrupt_line(&fake.vcpu, true);
	event_single_step(&fake.vcpu);
	assert_int_equal(sim.dr6, DR6_RESET | DR6_BS | BIT(1));
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_DB));
	assert_true(fake.vcpu.events.interrupt_line);
	assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_INTERRUPT_WINDOW);
}

/* SDM "Single-Stepping on Branches": no trap after what is none; a #DB switches it off. */
static void branch_stepping_passes_over_what_is_emulated(void **state)
{
	(void)state;
	sim.dr6 = DR6_RESET;
	sim_set(VMCS_GUEST_DEBUGCTL, DEBUGCTL_BTF);
	event_single_step(&fake.vcpu);
	assert_int_equal(sim.dr6, DR6_RESET);
	assert_int_equal(fake.vcpu.events.next.info, 0);
	event_debug(&fake.vcpu, DR6_BS);
	assert_int_equal(sim_get(VMCS_GUEST_DEBUGCTL), 0);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_DB));
}

static void interrupt_goes_in_when_open(void **state)
{
	(void)state;
	fake.interrupt_vector = 0x31;
	event_interrupt_line(&fake.vcpu, true);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), INTR_VALID | 0x31);
	assert_int_equal(fake.vcpu.proc_controls & PROC_INTERRUPT_WINDOW, 0);
}

static void interrupt_waits_for_its_window(void **state)
{
	static const struct {
		u64 rflags, blocking;
	} closed[] = {
		{ RFLAGS_FIXED, 0 },
		{ RFLAGS_FIXED | RFLAGS_IF, INTERRUPTIBILITY_STI },
		{ RFLAGS_FIXED | RFLAGS_IF, INTERRUPTIBILITY_MOV_SS },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(closed); i++) {
		fake_setup(NULL);
		fake.interrupt_vector = 0x31;
		sim_set(VMCS_GUEST_RFLAGS, closed[i].rflags);
		sim_set(VMCS_GUEST_INTERRUPTIBILITY, closed[i].blocking);
		event_interrupt_line(&fake.vcpu, true);
		assert_true(event_deliver(&fake.vcpu));
		assert_int_equal(entered(), 0);
		assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_INTERRUPT_WINDOW);
	}
}

static void exception_comes_before_an_interrupt(void **state)
{
	(void)state;
	fake.interrupt_vector = 0x31;
	event_interrupt_line(&fake.vcpu, true);
	event_exception(&fake.vcpu, VECTOR_UD);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), HARD(VECTOR_UD));
	assert_true(fake.vcpu.events.interrupt_line);
	assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_INTERRUPT_WINDOW);
}

static void nmi_comes_before_an_interrupt(void **state)
{
	(void)state;
	fake.interrupt_vector = 0x31;
	event_interrupt_line(&fake.vcpu, true);
	event_nmi(&fake.vcpu);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), INTR_VALID | INTR_NMI << INTR_TYPE_SHIFT | VECTOR_NMI);
	assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_INTERRUPT_WINDOW);
}

static void second_nmi_waits_and_a_third_is_lost(void **state)
{
	(void)state;
	event_nmi(&fake.vcpu);
	event_nmi(&fake.vcpu);
	event_nmi(&fake.vcpu);
	assert_true(event_deliver(&fake.vcpu));
	assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_NMI_WINDOW);
	assert_true(fake.vcpu.events.nmi_pending);
	assert_true(event_deliver(&fake.vcpu));
	assert_false(fake.vcpu.events.nmi_pending);
}

static void one_nmi_waits_while_another_is_handled(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	for (unsigned i = 0; i < 10; i++)
		event_nmi(v);
	assert_true(event_deliver(v));
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, 0);
	assert_true(v->events.nmi_pending);
	assert_true(event_deliver(v));
	assert_false(v->events.nmi_pending);
}

static void blocked_nmi_waits_for_its_window(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	event_nmi(&fake.vcpu);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), 0);
	assert_true(sim_get(VMCS_PROC_CONTROLS) & PROC_NMI_WINDOW);
}

/* On some processors the NMI window is open under STI, where no NMI may go in: exits without end. */
static void nmi_under_sti_waits_for_the_interrupt_window(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
	event_nmi(&fake.vcpu);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), 0);
	assert_int_equal(sim_get(VMCS_PROC_CONTROLS), PROC_INTERRUPT_WINDOW);
}

static void only_what_can_go_in_wakes(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	assert_false(event_wakes(v));
	event_interrupt_line(v, true);
	assert_true(event_wakes(v));
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	assert_false(event_wakes(v));
	event_nmi(v);
	assert_true(event_wakes(v));
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	assert_false(event_wakes(v));
	event_exception(v, VECTOR_UD);
	assert_true(event_wakes(v));
}

static void interrupted_nmi_unblocks_for_its_second_try(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	sim_set(VMCS_IDT_VECTORING_INFO, INTR_VALID | INTR_NMI << INTR_TYPE_SHIFT | VECTOR_NMI);
	event_requeue(&fake.vcpu);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
	assert_true(event_deliver(&fake.vcpu));
	assert_int_equal(entered(), INTR_VALID | INTR_NMI << INTR_TYPE_SHIFT | VECTOR_NMI);
}

static void fault_during_delivery_combines(void **state)
{
	(void)state;
	sim_set(VMCS_IDT_VECTORING_INFO, HARD(VECTOR_GP) | INTR_HAS_ERROR);
	sim_set(VMCS_IDT_VECTORING_ERROR_CODE, 0x20);
	event_requeue(&fake.vcpu);
	assert_int_equal(fake.vcpu.events.next.error, 0x20);
	event_exception_error(&fake.vcpu, VECTOR_NP, 0);
	assert_int_equal(fake.vcpu.events.next.info, HARD(VECTOR_DF) | INTR_HAS_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, fake_setup)
		TEST(exceptions_combine),
		TEST(exception_goes_in_with_its_error_code),
		TEST(real_mode_has_no_error_codes),
		TEST(page_fault_sets_cr2),
		TEST(third_fault_is_a_shutdown),
		TEST(double_fault_in_real_mode_has_no_error_code),
		TEST(faults_save_rf_and_debug_exceptions_do_not),
		TEST(debug_exception_tells_its_causes),
		TEST(debug_exception_ends_the_shadow),
		TEST(int1_goes_in_as_what_it_was),
		TEST(single_step_comes_before_an_interrupt),
		TEST(branch_stepping_passes_over_what_is_emulated),
		TEST(interrupt_goes_in_when_open),
		TEST(interrupt_waits_for_its_window),
		TEST(exception_comes_before_an_interrupt),
		TEST(nmi_comes_before_an_interrupt),
		TEST(second_nmi_waits_and_a_third_is_lost),
		TEST(one_nmi_waits_while_another_is_handled),
		TEST(blocked_nmi_waits_for_its_window),
		TEST(nmi_under_sti_waits_for_the_interrupt_window),
		TEST(only_what_can_go_in_wakes),
		TEST(interrupted_nmi_unblocks_for_its_second_try),
		TEST(fault_during_delivery_combines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
