/* SPDX-License-Identifier: MIT */
/*
 * Exits of APIC virtualization, and what an entry brings to the VMCS of what
 * the APIC's model has said.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/apic_regs.h"
#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/controls.h"
#include "vmx/exits.h"

#define v (&fake.vcpu)

static int setup(void **state)
{
	fake_setup(state);
	v->apic.page = 0xfee00000;
	v->apic.shadow = v->apic.delivers = true;
	return 0;
}

static void an_access_is_one_of_memory(void **state)
{
	(void)state;
	fake.memory_verdict = AGAIN;
	sim_exit(EXIT_APIC_ACCESS, 1 << 12 | 0x380, 0);
	assert_int_equal(exit_apic_access(v), AGAIN);
	assert_int_equal(fake.last_memory.gpa, 0xfee00380);
	assert_true(fake.last_memory.write && fake.last_memory.same_offset);
	assert_false(fake.last_memory.read || fake.last_memory.fetch || fake.last_memory.gva_valid);
	sim_exit(EXIT_APIC_ACCESS, 0xb0, 0);
	exit_apic_access(v);
	assert_int_equal(fake.last_memory.gpa, 0xfee000b0);
	assert_true(fake.last_memory.read);
	assert_false(fake.last_memory.write);
	/* Code, an event's stack, the guest's page tables */
	for (u64 type = 2; type < 16; type++) {
		sim_exit(EXIT_APIC_ACCESS, type << 12, 0);
		exit_apic_access(v);
		assert_true(fake.last_memory.fetch);
	}
}

static void an_access_keeps_the_event_it_interrupted(void **state)
{
	const u32 event = INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_PF;

	(void)state;
	fake.memory_verdict = STOP;
	sim_exit(EXIT_APIC_ACCESS, 3 << 12, 0);
	sim_set(VMCS_IDT_VECTORING_INFO, event);
	assert_int_equal(exit_apic_access(v), STOP);
	assert_int_equal(v->events.next.info, event);
}

/* No step: RIP is behind the instruction. But its single-step trap is due. */
static void behind_an_instruction(void **state)
{
	static const struct {
		exit_handler_fn handler;
		unsigned *calls;
	} cases[] = {
		{ exit_apic_write, &fake.apic_writes },
		{ exit_virtualized_eoi, &fake.apic_ends },
		{ exit_tpr_below_threshold, &fake.priority_changes },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		sim_exit(0, 0x350, 7);
		assert_int_equal(cases[i].handler(v), AGAIN);
		assert_int_equal(*cases[i].calls, 1);
		assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
		assert_int_equal(v->events.next.info, 0);
		sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
		assert_int_equal(cases[i].handler(v), AGAIN);
		assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_DB);
		assert_true(v->events.next.info & INTR_VALID);
	}
	setup(state);
	sim_exit(0, 0x350, 7);
	exit_apic_write(v);
	assert_int_equal(fake.last_apic, 0x350);
	exit_virtualized_eoi(v);
	assert_int_equal(fake.last_apic, 0x50);
}

static void an_entry_brings_what_is_new(void **state)
{
	(void)state;
	apic_virtual_set_status(v, 0x71, 0x62);
	apic_virtual_set_end(v, 0x81, true);
	assert_true(v->attention & ATTENTION_EVENT);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPT_STATUS), 0);
	assert_true(event_deliver(v));
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPT_STATUS), 0x6271);
	assert_int_equal(sim_get(VMCS_EOI_EXIT_BITMAP2), 2);
	sim_vmx_count();
	assert_true(event_deliver(v));
	assert_int_equal(sim_vmx.writes, 0);
	/* The same again is nothing new; but of the status the processor may have made another. */
	v->attention = 0;
	apic_virtual_set_end(v, 0x81, true);
	apic_virtual_set_threshold(v, 0);
	assert_int_equal(v->attention, 0);
	apic_virtual_set_threshold(v, 7);
	apic_virtual_set_end(v, 0x81, false);
	assert_true(event_deliver(v));
	assert_int_equal(sim_get(VMCS_TPR_THRESHOLD), 7);
	assert_int_equal(sim_get(VMCS_EOI_EXIT_BITMAP2), 0);
	apic_virtual_set_end(v, 0xff, true);
	apic_virtual_forget(v);
	assert_true(event_deliver(v));
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPT_STATUS), 0);
	assert_int_equal(sim_get(VMCS_EOI_EXIT_BITMAP3), 0);
}

static void a_virtual_interrupt_wakes(void **state)
{
	static const struct {
		u8 rvi, svi, tpr;
		bool wakes;
	} cases[] = {
		{ 0, 0, 0, false },	   { 0x31, 0, 0, true },     { 0x31, 0x21, 0, true },
		{ 0x31, 0x30, 0, false },  { 0x31, 0, 0x30, false }, { 0x31, 0, 0x2f, true },
		{ 0x3f, 0x21, 0x40, false },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		fake.virtual_apic[APIC_TPR / 4] = cases[i].tpr;
		/* What the processor has, and what we are about to tell it. */
		sim_set(VMCS_GUEST_INTERRUPT_STATUS, cases[i].svi << 8 | cases[i].rvi);
		v->apic.changed = 0;
		v->apic.status = 0xff;
		assert_int_equal(event_wakes(v), cases[i].wakes);
		sim_set(VMCS_GUEST_INTERRUPT_STATUS, 0xff);
		apic_virtual_set_status(v, cases[i].rvi, cases[i].svi);
		assert_int_equal(event_wakes(v), cases[i].wakes);
	}
	apic_virtual_set_status(v, 0x31, 0);
	fake.virtual_apic[APIC_TPR / 4] = 0;
	assert_true(event_wakes(v));
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	assert_false(event_wakes(v));
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
	v->apic.delivers = false;
	assert_false(event_wakes(v));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_access_is_one_of_memory),
		TEST(an_access_keeps_the_event_it_interrupted),
		TEST(behind_an_instruction),
		TEST(an_entry_brings_what_is_new),
		TEST(a_virtual_interrupt_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
