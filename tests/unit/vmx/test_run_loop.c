/* SPDX-License-Identifier: MIT */
/*
 * The run loop on a simulated processor: verdicts, stepping, counting, and
 * what an exit may cost in VMREADs and VMWRITEs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/controls.h"

#define HARD(vector) (INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | (vector))

/* Guests are lists of exits; behind the last one the vCPU is asked to stop. */
static const struct exit_step {
	u32 reason;
	u64 qualification;
	u32 length;
	u32 interruption_info, idt_vectoring;
} *steps;
static unsigned step_count, step;
static u32 injected[8]; /* what went in with each entry */

static void play(struct vcpu *v)
{
	const struct exit_step *s = &steps[step++];

	injected[step - 1] = (u32)sim_get(VMCS_ENTRY_INTERRUPTION_INFO);
	if (step >= step_count)
		vcpu_attend(v, ATTENTION_STOP);
	sim_exit(s->reason, s->qualification, s->length);
	sim_set(VMCS_EXIT_INTERRUPTION_INFO, s->interruption_info);
	sim_set(VMCS_IDT_VECTORING_INFO, s->idt_vectoring);
	sim_set(VMCS_ENTRY_INTERRUPTION_INFO, 0); /* consumed, as the processor does */
}

static void run(const struct exit_step *list, unsigned count)
{
	steps = list;
	step_count = count;
	step = 0;
	sim_vmx.guest = play;
	sim_vmx_count();
	vcpu_run(&fake.vcpu);
}

static void cpuid_steps_over_and_counts(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	run(list, 1);
	assert_int_equal(fake.cpuids, 1);
	assert_int_equal(fake.vcpu.regs.rax, 0x11111111);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1002);
	assert_int_equal(fake.vcpu.counters.count[EXIT_CPUID], 1);
	assert_int_equal(fake.vcpu.stop.cause, STOP_REQUESTED);
	assert_int_equal(fake.vcpu.launched, 1);
}

/* The limit of the exit path: at most six for a CPUID exit. */
static void cpuid_costs_six_vmcs_accesses(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	run(list, 1);
	assert_in_range(sim_vmx.reads + sim_vmx.writes, 1, 6);
}

static void hlt_waits_for_an_interrupt(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_PAUSE, 0, 2, 0, 0 } };

	(void)state;
	fake.interrupt_vector = 0x20;
	run(list, 2);
	assert_int_equal(fake.idles, 1);
	assert_int_equal(injected[1], INTR_VALID | INTR_EXTERNAL << INTR_TYPE_SHIFT | 0x20);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1003);
}

static u32 again_reason;
static unsigned again_left;

static void play_again(struct vcpu *v)
{
	if (!--again_left)
		vcpu_attend(v, ATTENTION_STOP);
	sim_exit(again_reason, 0, 2);
}

static void run_again(u32 reason, unsigned count)
{
	again_reason = reason;
	again_left = count;
	sim_vmx.guest = play_again;
	fake.vcpu.stop.cause = STOP_NONE;
	vcpu_run(&fake.vcpu);
}

/* Without a recorder, too: now and then where an exit is short, each time where it is long. */
static void who_exits_all_the_time_is_polled(void **state)
{
	(void)state;
	fake.vcpu.slice = 1U << 28; /* never overdue: 16 of them are more than the clock has */
	run_again(EXIT_CPUID, 600);
	assert_int_equal(fake.polls, 0);
	fake.vcpu.slice = 1;
	run_again(EXIT_CPUID, 168);
	assert_int_equal(fake.polls, 0);
	run_again(EXIT_CPUID, 1); /* 768 was three times 256, but a stop comes before a poll */
	assert_int_equal(fake.vcpu.counters.count[EXIT_CPUID], 769);
	run_again(EXIT_CPUID, 257);
	assert_int_equal(fake.polls, 1);
	assert_int_equal(fake.vcpu.counters.count[EXIT_CPUID], 1026);
	fake.memory_verdict = AGAIN;
	run_again(EXIT_EPT_VIOLATION, 5);
	assert_int_equal(fake.polls, 5);
}

static void hlt_with_interrupts_off_is_stuck(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	run(list, 2);
	assert_int_equal(fake.vcpu.stop.cause, STOP_STUCK);
	assert_int_equal(fake.idles, 0);
	assert_int_equal(fake.cpuids, 0);
}

static void hlt_with_interrupts_off_waits_for_an_nmi(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	fake.nmi_can_come = true;
	fake.can_wake = false; /* that is about others */
	run(list, 2);
	assert_int_equal(fake.idles, 1);
	assert_int_equal(fake.cpuids, 1);
	assert_int_equal(injected[1] & ~INTR_VECTOR, INTR_VALID | INTR_NMI << INTR_TYPE_SHIFT);
}

/* In the handler of an NMI no other one comes. */
static void hlt_in_an_nmi_handler_is_stuck(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	fake.nmi_can_come = true;
	run(list, 2);
	assert_int_equal(fake.vcpu.stop.cause, STOP_STUCK);
	assert_int_equal(fake.idles, 0);
}

static void hlt_that_nothing_ends_is_stuck(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	fake.can_wake = false;
	run(list, 2);
	assert_int_equal(fake.vcpu.stop.cause, STOP_STUCK);
}

/* SDM "HLT": a debug exception ends it, too. */
static void single_step_ends_a_hlt(void **state)
{
	static const struct exit_step list[] = { { EXIT_HLT, 0, 1, 0, 0 }, { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	fake.can_wake = false;
	run(list, 2);
	assert_int_equal(fake.cpuids, 1);
	assert_int_equal(injected[1], HARD(VECTOR_DB));
}

static void unknown_exit_stops(void **state)
{
	static const struct exit_step list[] = { { EXIT_MONITOR_TRAP_FLAG, 0, 0, 0, 0 },
						 { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	run(list, 2);
	assert_int_equal(fake.vcpu.stop.cause, STOP_UNHANDLED);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
	assert_int_equal(fake.cpuids, 0);
}

static void failed_entry_stops_that_vcpu(void **state)
{
	static const struct exit_step list[] = {
		{ EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 2, 0, 0, 0 },
		{ EXIT_CPUID, 0, 2, 0, 0 }
	};

	(void)state;
	run(list, 2);
	assert_int_equal(fake.vcpu.stop.cause, STOP_ENTRY_FAILED);
	assert_int_equal(fake.vcpu.stop.value, 2);
}

/* Bochs 2.7 may report "blocking by SMI", which the next entry refuses. */
static void entry_refused_for_smi_blocking_is_tried_again(void **state)
{
	static const struct exit_step list[] = {
		{ EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 0, 0, 0, 0 },
		{ EXIT_CPUID, 0, 2, 0, 0 }
	};

	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_SMI | INTERRUPTIBILITY_NMI);
	run(list, 2);
	assert_int_equal(fake.cpuids, 1);
	assert_int_equal(fake.vcpu.stop.cause, STOP_REQUESTED);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
}

/* Bochs 2.7 lets RIP run over 4 GiB in 32-bit code; in 64-bit code it stands where it is. */
static void entry_refused_for_a_rip_beyond_4g_is_tried_again(void **state)
{
	static const struct exit_step list[] = {
		{ EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 0, 0, 0, 0 },
		{ EXIT_CPUID, 0, 2, 0, 0 }
	};

	(void)state;
	sim_set(VMCS_GUEST_RIP, 0x100000000);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0xb);
	run(list, 2);
	assert_int_equal(fake.cpuids, 1);
	assert_int_equal(fake.vcpu.stop.cause, STOP_REQUESTED);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 2);

	fake_setup(NULL);
	sim_set(VMCS_GUEST_RIP, 0x100000000);
	sim_set(VMCS_GUEST_EFER, EFER_LMA);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_L | 0xb);
	run(list, 1);
	assert_int_equal(fake.vcpu.stop.cause, STOP_ENTRY_FAILED);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x100000000);
}

static void vmx_instructions_raise_ud(void **state)
{
	static const u32 reasons[] = { EXIT_VMXON, EXIT_VMREAD, EXIT_VMLAUNCH, EXIT_GETSEC, EXIT_RSM,
				       EXIT_INVEPT, EXIT_MWAIT, EXIT_XSAVES };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct exit_step list[] = { { reasons[i], 0, 3, 0, 0 } };

		fake_setup(NULL);
		run(list, 1);
		assert_int_equal(fake.vcpu.events.next.info,
				 INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_UD);
		assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
	}
}

static void stepping_ends_the_sti_shadow(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI | INTERRUPTIBILITY_NMI);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
}

static void stepping_with_tf_raises_a_debug_exception(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	run(list, 1);
	assert_int_equal(fake.vcpu.events.next.info, HARD(VECTOR_DB));
	assert_int_equal(sim_get(VMCS_GUEST_PENDING_DEBUG), 0);
}

static void stepping_ends_rf(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_RF);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

/* The last instruction below 4 GiB, in 32-bit code and in 64-bit code. */
static void stepping_wraps_in_32_bit_code_only(void **state)
{
	static const struct exit_step list[] = { { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_RIP, 0xfffffffe);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x100000000);

	fake_setup(NULL);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0xb);
	sim_set(VMCS_GUEST_RIP, 0xfffffffe);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0);
}

/* Bochs 2.7 leaves one at any exit with TF; in a shadow it is the guest's own. */
static void no_single_step_before_the_instruction(void **state)
{
	static const struct exit_step list[] = { { EXIT_EPT_VIOLATION, 0x182, 3, 0, 0 } };

	(void)state;
	fake.memory_verdict = AGAIN;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	sim_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_PENDING_DEBUG), 0);
	assert_int_equal(fake.vcpu.events.next.info, 0);

	fake_setup(NULL);
	fake.memory_verdict = AGAIN;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS);
	sim_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
	run(list, 1);
	assert_int_equal(sim_get(VMCS_GUEST_PENDING_DEBUG), PENDING_DEBUG_BS);
}

static void intercepted_exceptions_go_back(void **state)
{
	static const struct exit_step db[] = { { EXIT_EXCEPTION_NMI, DR6_BS | BIT(2), 0, HARD(VECTOR_DB), 0 } },
				      int1[] = { { EXIT_EXCEPTION_NMI, 0, 1,
						   INTR_VALID | INTR_PRIVILEGED_SOFT_EXCEPTION << 8 | VECTOR_DB,
						   0 } },
				      ac[] = { { EXIT_EXCEPTION_NMI, 0, 0,
						 HARD(VECTOR_AC) | INTR_HAS_ERROR, 0 } };

	(void)state;
	sim.dr6 = DR6_RESET;
	run(db, 1);
	assert_int_equal(fake.vcpu.events.next.info, HARD(VECTOR_DB));
	assert_int_equal(sim.dr6, DR6_RESET | DR6_BS | BIT(2));

	fake_setup(NULL);
	run(int1, 1);
	assert_int_equal(fake.vcpu.events.next.info, int1[0].interruption_info);
	assert_int_equal(fake.vcpu.events.next.length, 1);

	fake_setup(NULL);
	run(ac, 1);
	assert_int_equal(fake.vcpu.events.next.info, HARD(VECTOR_AC) | INTR_HAS_ERROR);
}

/* SDM "Information for VM Exits Due to Vectored Events": bit 12 means nothing during delivery. */
static void iret_that_faults_blocks_nmis_again(void **state)
{
	static const struct exit_step iret[] = { { EXIT_EXCEPTION_NMI, 0, 0,
						   HARD(VECTOR_AC) | INTR_HAS_ERROR | INTR_NMI_UNBLOCKED, 0 } },
				      delivery[] = { { EXIT_EXCEPTION_NMI, 0, 0,
						       HARD(VECTOR_AC) | INTR_HAS_ERROR | INTR_NMI_UNBLOCKED,
						       INTR_VALID | 0x31 } };

	(void)state;
	run(iret, 1);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
	fake_setup(NULL);
	run(delivery, 1);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
}

static void port_read_merges_into_rax(void **state)
{
	static const struct {
		u64 qualification;
		u64 want;
	} cases[] = {
		{ 0x00e00008 | 0, 0x12345678aabbccef }, /* in al, 0e0h */
		{ 0x00e00008 | 1, 0x12345678aabbbeef }, /* ax */
		{ 0x00e00008 | 3, 0x00000000deadbeef }, /* eax clears the upper half */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct exit_step list[] = { { EXIT_IO, cases[i].qualification, 1, 0, 0 } };

		fake_setup(NULL);
		fake.vcpu.regs.rax = 0x12345678aabbccdd;
		fake.port_value = 0xdeadbeef;
		run(list, 1);
		assert_int_equal(fake.last_port, 0xe0);
		assert_int_equal(fake.vcpu.regs.rax, cases[i].want);
		assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1001);
	}
}

static void port_write_passes_the_operand(void **state)
{
	static const struct exit_step list[] = { { EXIT_IO, 0x03f80000 | 1, 1, 0, 0 } };

	(void)state;
	fake.vcpu.regs.rax = 0xaabbccdd;
	run(list, 1);
	assert_int_equal(fake.last_port, 0x3f8);
	assert_int_equal(fake.last_port_size, 2);
	assert_int_equal(fake.last_port_value, 0xccdd);
}

static void a_device_may_stop_the_machine(void **state)
{
	static const struct exit_step list[] = { { EXIT_IO, 0x06040001, 1, 0, 0 },
						 { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	fake.port_verdict = STOP;
	run(list, 2);
	assert_int_equal(fake.cpuids, 0);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
}

static void ept_violation_is_decoded(void **state)
{
	/* A write through a linear address, not to a paging structure. */
	static const struct exit_step list[] = { { EXIT_EPT_VIOLATION, 0x182, 3, 0, 0 } };

	(void)state;
	sim_set(VMCS_GUEST_PHYSICAL_ADDRESS, 0xfee00020);
	sim_set(VMCS_GUEST_LINEAR_ADDRESS, 0xffff8000fee00020);
	fake.memory_verdict = AGAIN;
	run(list, 1);
	assert_int_equal(fake.last_memory.gpa, 0xfee00020);
	assert_int_equal(fake.last_memory.gva, 0xffff8000fee00020);
	assert_true(fake.last_memory.write && fake.last_memory.gva_valid);
	assert_false(fake.last_memory.read || fake.last_memory.fetch || fake.last_memory.table_walk);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
}

static void interrupted_delivery_is_requeued(void **state)
{
	/* INT 80H pushed onto an unmapped page: a software interrupt of length 2. */
	static const struct exit_step list[] = {
		{ EXIT_EPT_VIOLATION, 0x182, 2, 0, INTR_VALID | INTR_SOFT_INTERRUPT << 8 | 0x80 },
		{ EXIT_PAUSE, 0, 2, 0, 0 },
	};

	(void)state;
	fake.memory_verdict = AGAIN;
	run(list, 2);
	assert_int_equal(injected[1], INTR_VALID | INTR_SOFT_INTERRUPT << 8 | 0x80);
	assert_int_equal(sim_get(VMCS_ENTRY_INSTRUCTION_LENGTH), 2);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

static void rdmsr_and_wrmsr_reach_the_policy(void **state)
{
	static const struct exit_step read[] = { { EXIT_RDMSR, 0, 2, 0, 0 } };
	static const struct exit_step write[] = { { EXIT_WRMSR, 0, 2, 0, 0 } };

	(void)state;
	fake.vcpu.regs.rcx = 0xffffffff00000277;
	fake.msr_value = 0x1122334455667788;
	run(read, 1);
	assert_int_equal(fake.last_msr, 0x277);
	assert_int_equal(fake.vcpu.regs.rax, 0x55667788);
	assert_int_equal(fake.vcpu.regs.rdx, 0x11223344);

	fake_setup(NULL);
	fake.vcpu.regs.rax = 0xffffffff00000001;
	fake.vcpu.regs.rdx = 2;
	run(write, 1);
	assert_int_equal(fake.msr_value, 0x200000001);
}

static void debugctl_is_the_vmcs_field(void **state)
{
	static const struct exit_step read[] = {{EXIT_RDMSR, 0, 2, 0, 0}};
	static const struct exit_step write[] = {{EXIT_WRMSR, 0, 2, 0, 0}};

	(void)state;
	fake.vcpu.regs.rcx = MSR_DEBUGCTL;
	fake.vcpu.regs.rax = DEBUGCTL_LBR | DEBUGCTL_BTF;
	run(write, 1);
	assert_int_equal(sim_get(VMCS_GUEST_DEBUGCTL), DEBUGCTL_LBR | DEBUGCTL_BTF);
	assert_int_equal(fake.vcpu.events.next.info, 0);
	fake.vcpu.regs.rax = 0;
	run(read, 1);
	assert_int_equal(fake.vcpu.regs.rax, DEBUGCTL_LBR | DEBUGCTL_BTF);
	/* A branch trace would be written where the host's IA32_DS_AREA says. */
	fake.vcpu.regs.rax = BIT(6) | BIT(7);
	run(write, 1);
	assert_int_equal(fake.vcpu.events.next.info & 0xff, VECTOR_GP);
	assert_int_equal(sim_get(VMCS_GUEST_DEBUGCTL), DEBUGCTL_LBR | DEBUGCTL_BTF);
}

static void denied_msr_raises_gp(void **state)
{
	static const struct exit_step list[] = { { EXIT_RDMSR, 0, 2, 0, 0 } };

	(void)state;
	fake.msr_error = -4;
	fake.vcpu.regs.rax = 7;
	run(list, 1);
	assert_int_equal(fake.vcpu.events.next.info & 0xff, VECTOR_GP);
	assert_true(fake.vcpu.events.next.info & INTR_HAS_ERROR);
	assert_int_equal(fake.vcpu.regs.rax, 7);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
}

static void preemption_timer_polls_the_machine(void **state)
{
	static const struct exit_step list[] = { { EXIT_PREEMPTION_TIMER, 0, 0, 0, 0 },
						 { EXIT_CPUID, 0, 2, 0, 0 } };

	(void)state;
	fake.vcpu.slice = 4711;
	run(list, 2);
	assert_int_equal(fake.polls, 1);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1002);
	assert_int_equal(sim_get(VMCS_PREEMPTION_TIMER_VALUE), 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, fake_setup)
		TEST(cpuid_steps_over_and_counts),
		TEST(cpuid_costs_six_vmcs_accesses),
		TEST(hlt_waits_for_an_interrupt),
		TEST(who_exits_all_the_time_is_polled),
		TEST(hlt_with_interrupts_off_is_stuck),
		TEST(hlt_with_interrupts_off_waits_for_an_nmi),
		TEST(hlt_in_an_nmi_handler_is_stuck),
		TEST(hlt_that_nothing_ends_is_stuck),
		TEST(single_step_ends_a_hlt),
		TEST(unknown_exit_stops),
		TEST(failed_entry_stops_that_vcpu),
		TEST(entry_refused_for_smi_blocking_is_tried_again),
		TEST(entry_refused_for_a_rip_beyond_4g_is_tried_again),
		TEST(vmx_instructions_raise_ud),
		TEST(stepping_ends_the_sti_shadow),
		TEST(stepping_with_tf_raises_a_debug_exception),
		TEST(stepping_ends_rf),
		TEST(stepping_wraps_in_32_bit_code_only),
		TEST(no_single_step_before_the_instruction),
		TEST(intercepted_exceptions_go_back),
		TEST(iret_that_faults_blocks_nmis_again),
		TEST(port_read_merges_into_rax),
		TEST(port_write_passes_the_operand),
		TEST(a_device_may_stop_the_machine),
		TEST(ept_violation_is_decoded),
		TEST(interrupted_delivery_is_requeued),
		TEST(rdmsr_and_wrmsr_reach_the_policy),
		TEST(debugctl_is_the_vmcs_field),
		TEST(denied_msr_raises_gp),
		TEST(preemption_timer_polls_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
