/* SPDX-License-Identifier: MIT */
/*
 * Task switches that are refused: the vector, the error code, and in
 * which of the two tasks. SDM "Task Switching".
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_tasks.h"
#include "vmx/decode.h"
#include "vmx/descriptor.h"
#include "vmx/exits.h"

#define EVENT(type, vector) ((u32)(type) << INTR_TYPE_SHIFT | (vector))

/* The switch is refused, and nothing of the old task or of memory has changed. */
static void refused(unsigned source, u8 vector, u32 error)
{
	static u8 before[FAKE_RAM_SIZE];

	if (source == TASK_IRET)
		*gdt_type(NEW) |= 2;
	memcpy(before, fake.ram, sizeof(before));
	assert_int_equal(tasks_switch(source), AGAIN);
	expect_fault(vector, error);
	assert_memory_equal(before, fake.ram, sizeof(before));
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), OLD);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x7000);
	assert_int_equal(fake.vcpu.regs.rax, 0xa0000000);
	assert_int_equal(sim_get(VMCS_GUEST_CR0) & CR0_TS, 0);
	tasks_setup(NULL);
}

static void the_new_tss_descriptor(void **state)
{
	(void)state;
	*gdt_type(NEW) = TYPE_DATA0; /* not a TSS */
	refused(TASK_JMP, VECTOR_GP, NEW);
	*gdt_type(NEW) = 0x8c; /* a call gate */
	refused(TASK_JMP, VECTOR_GP, NEW);
	*gdt_type(NEW) = TYPE_LDT;
	refused(TASK_CALL, VECTOR_GP, NEW);
	*gdt_type(NEW) = TYPE_TSS32_BUSY;
	refused(TASK_JMP, VECTOR_GP, NEW);
	*gdt_type(NEW) = TYPE_TSS16_BUSY;
	refused(TASK_CALL, VECTOR_GP, NEW);
	*gdt_type(NEW) &= 0x7f; /* not present */
	refused(TASK_JMP, VECTOR_NP, NEW);
	*gdt_entry(NEW) = descriptor(NEW_TSS, 102, TYPE_TSS32, 0);
	refused(TASK_JMP, VECTOR_TS, NEW);
	*gdt_entry(NEW) = descriptor(NEW_TSS, 42, TYPE_TSS16, 0);
	refused(TASK_IRET, VECTOR_TS, NEW);
	sim_set(VMCS_GUEST_GDTR_LIMIT, NEW + 6);
	refused(TASK_JMP, VECTOR_GP, NEW);
	sim_set(VMCS_GUEST_GDTR_LIMIT, NEW + 6);
	refused(TASK_IRET, VECTOR_TS, NEW);
}

static void iret_wants_a_busy_task(void **state)
{
	(void)state;
	sim_exit(EXIT_TASK_SWITCH, (u64)TASK_IRET << 30 | NEW, 1);
	sim_set(VMCS_EXIT_REASON, EXIT_TASK_SWITCH);
	/* tasks_switch() would make it busy. */
	assert_int_equal(exit_task_switch(&fake.vcpu), AGAIN);
	expect_fault(VECTOR_TS, NEW);
}

static void odd_selectors(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_LDTR_ACCESS_RIGHTS, TYPE_LDT);
	sim_set(VMCS_GUEST_LDTR_BASE, GDT); /* a TSS, but in the LDT */
	sim_set(VMCS_GUEST_LDTR_LIMIT, GDT_LIMIT);
	sim_exit(EXIT_TASK_SWITCH, (u64)TASK_JMP << 30 | NEW | 4, 2);
	assert_int_equal(exit_task_switch(&fake.vcpu), AGAIN);
	expect_fault(VECTOR_GP, NEW | 4);
	fake.vcpu.events.next.info = 0;
	sim_exit(EXIT_TASK_SWITCH, (u64)TASK_JMP << 30 | 3, 2); /* null */
	assert_int_equal(exit_task_switch(&fake.vcpu), AGAIN);
	expect_fault(VECTOR_GP, 0);
}

static void an_old_tss_too_short_to_save(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_TR_LIMIT, 0x5e);
	refused(TASK_JMP, VECTOR_TS, OLD);
	sim_set(VMCS_GUEST_TR_LIMIT, 0x5f);
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
}

/* The switch is done, and the new task takes a fault. */
static void committed(u8 vector, u32 error)
{
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_fault(vector, error);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), NEW);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x12345678);
	assert_int_equal(old_tss()->eip, 0x7002);
	/* What a VM entry asks of CS and SS, so that the fault can go in. */
	assert_int_equal(sim_get(VMCS_GUEST_CS_ACCESS_RIGHTS) & (AR_P | AR_S | 0x9),
			 AR_P | AR_S | 0x9);
	if (!(sim_get(VMCS_GUEST_CS_ACCESS_RIGHTS) & 4))
		assert_int_equal(sim_get(VMCS_GUEST_SS_ACCESS_RIGHTS) & AR_DPL,
				 sim_get(VMCS_GUEST_CS_ACCESS_RIGHTS) & AR_DPL);
	tasks_setup(NULL);
}

static u16 *selector(enum segment s)
{
	return &new_tss()->segments[s].selector;
}

static void the_ldt(void **state)
{
	(void)state;
	new_tss()->ldt = DATA0;
	committed(VECTOR_TS, DATA0);
	new_tss()->ldt = NEW_LDT | 4;
	committed(VECTOR_TS, NEW_LDT | 4);
	*gdt_type(NEW_LDT) &= 0x7f;
	committed(VECTOR_TS, NEW_LDT);
	new_tss()->ldt = 0; /* none, and then nothing can be in it */
	*selector(SEG_DS) = IN_LDT;
	committed(VECTOR_TS, IN_LDT);
}

static void an_ldt_that_is_not_there_has_no_limit(void **state)
{
	gva_t at;

	(void)state;
	sim_set(VMCS_GUEST_LDTR_BASE, LDT);
	sim_set(VMCS_GUEST_LDTR_LIMIT, 0xffff); /* left behind */
	assert_false(descriptor_find(&fake.vcpu, IN_LDT, 8, &at));
	sim_set(VMCS_GUEST_LDTR_ACCESS_RIGHTS, TYPE_LDT);
	assert_true(descriptor_find(&fake.vcpu, IN_LDT, 8, &at));
	assert_int_equal(at, LDT + 8);
}

static void the_code_segment(void **state)
{
	(void)state;
	*gdt_entry(0) = *gdt_entry(CODE0); /* null is null, whatever is there */
	*selector(SEG_CS) = 0;
	committed(VECTOR_TS, 0);
	*selector(SEG_CS) = OLD; /* type 9, but a system descriptor */
	committed(VECTOR_TS, OLD);
	*selector(SEG_CS) = DATA0;
	committed(VECTOR_TS, DATA0);
	*selector(SEG_CS) = SPARE + 8; /* beyond the limit */
	committed(VECTOR_TS, SPARE + 8);
	*selector(SEG_CS) = CODE0 | 3; /* DPL is not RPL */
	committed(VECTOR_TS, CODE0);
	*gdt_type(CODE0) &= 0x7f;
	committed(VECTOR_NP, CODE0);
	*gdt_type(CONFORMING) |= 3 << 5; /* DPL above RPL */
	*selector(SEG_CS) = CONFORMING | 2;
	committed(VECTOR_TS, CONFORMING);
}

static void the_stack_segment(void **state)
{
	(void)state;
	*selector(SEG_SS) = 0;
	committed(VECTOR_TS, 0);
	*selector(SEG_SS) = CODE0;
	committed(VECTOR_TS, CODE0);
	*selector(SEG_SS) = NEW_LDT; /* type 2, but a system descriptor */
	committed(VECTOR_TS, NEW_LDT);
	*selector(SEG_SS) = DATA3 & ~3;
	committed(VECTOR_TS, DATA3 & ~3);
	*gdt_entry(SPARE) = descriptor(0, 0xffff, 0x90, 0); /* read-only */
	*selector(SEG_SS) = SPARE;
	committed(VECTOR_TS, SPARE);
	*selector(SEG_SS) = DATA3;
	committed(VECTOR_TS, DATA3 & ~3);
	*selector(SEG_SS) = DATA0 | 3;
	committed(VECTOR_TS, DATA0);
	*gdt_entry(SPARE) = descriptor(0, 0xffff, TYPE_DATA0 & 0x7f, 0);
	*selector(SEG_SS) = SPARE;
	committed(VECTOR_SS, SPARE);
}

static void data_segments(void **state)
{
	static const enum segment data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		*selector(data[i]) = OLD; /* a system descriptor */
		committed(VECTOR_TS, OLD);
		*gdt_entry(SPARE) = descriptor(0, 0xffff, 0x98, 0); /* execute-only */
		*selector(data[i]) = SPARE;
		committed(VECTOR_TS, SPARE);
		*gdt_entry(SPARE) = descriptor(0, 0xffff, TYPE_DATA0 & 0x7f, 0);
		*selector(data[i]) = SPARE;
		committed(VECTOR_NP, SPARE);
		*selector(data[i]) = DATA0 | 3; /* RPL above DPL */
		committed(VECTOR_TS, DATA0);
	}
	/* CPL above DPL */
	*selector(SEG_CS) = CODE3;
	*selector(SEG_SS) = DATA3;
	committed(VECTOR_TS, DATA0);
}

static void segments_before_the_bad_one_are_loaded(void **state)
{
	(void)state;
	*selector(SEG_DS) = OLD;
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	assert_int_equal(sim_get(VMCS_GUEST_CS_LIMIT), 0xffffffff);
	assert_int_equal(sim_get(VMCS_GUEST_SS_ACCESS_RIGHTS), 0xc093);
	assert_int_equal(sim_get(VMCS_GUEST_DS_SELECTOR), OLD);
	assert_int_equal(sim_get(VMCS_GUEST_DS_ACCESS_RIGHTS), AR_UNUSABLE);
	assert_int_equal(sim_get(VMCS_GUEST_GS_ACCESS_RIGHTS), AR_UNUSABLE);
}

static void ext_is_told_for_events_from_outside(void **state)
{
	(void)state;
	*gdt_type(NEW) &= 0x7f;
	assert_int_equal(tasks_event(EVENT(INTR_EXTERNAL, 0x20), 0), AGAIN);
	expect_fault(VECTOR_NP, NEW | 1);
	tasks_setup(NULL);
	*gdt_type(NEW) &= 0x7f;
	assert_int_equal(tasks_event(EVENT(INTR_SOFT_INTERRUPT, 0x80), 0), AGAIN);
	expect_fault(VECTOR_NP, NEW);
	tasks_setup(NULL);
	*gdt_type(NEW) &= 0x7f;
	assert_int_equal(tasks_event(EVENT(INTR_PRIVILEGED_SOFT_EXCEPTION, VECTOR_DB), 0), AGAIN);
	expect_fault(VECTOR_NP, NEW | 1);
	tasks_setup(NULL);
	*selector(SEG_DS) = OLD;
	assert_int_equal(tasks_event(EVENT(INTR_NMI, VECTOR_NMI), 0), AGAIN);
	expect_fault(VECTOR_TS, OLD | 1);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
}

static void a_fault_while_a_fault_is_delivered_doubles(void **state)
{
	(void)state;
	*gdt_type(NEW) &= 0x7f;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 8), AGAIN);
	expect_fault(VECTOR_DF, 0);
	tasks_setup(NULL);
	*selector(SEG_SS) = 0;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_PF) | INTR_HAS_ERROR, 8), AGAIN);
	expect_fault(VECTOR_DF, 0);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), NEW);
}

static void no_room_for_the_error_code(void **state)
{
	(void)state;
	*gdt_entry(DATA0) = descriptor(0, 0x8000, TYPE_DATA0, 4);
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_AC) | INTR_HAS_ERROR, 0), AGAIN);
	expect_fault(VECTOR_SS, 1);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), NEW);
}

/* Paging; every page is there, supervisor, writable. NEW_TSS is on a page of its own. */
static u32 *page_table(void)
{
	u32 *directory = (u32 *)(fake.ram + 0x6000), *table = (u32 *)(fake.ram + 0x7000);

	tasks_setup(NULL);
	memcpy(fake.ram + 0x3100, fake.ram + NEW_TSS, 104);
	*gdt_entry(NEW) = descriptor(0x3100, 103, TYPE_TSS32, 0);
	((struct tss32 *)(fake.ram + 0x3100))->cr3 = 0x6000;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_WP | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR3, 0x6000);
	directory[0] = 0x7007;
	for (u32 page = 0; page < 16; page++)
		table[page] = page << PAGE_SHIFT | 3;
	return table;
}

static void expect_page_fault(u32 address, u32 error)
{
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_fault(VECTOR_PF, error);
	assert_int_equal(sim.cr2, address);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), OLD);
	assert_int_equal(*gdt_type(NEW), TYPE_TSS32);
	assert_int_equal(old_tss()->eip, 0);
}

static void page_faults_come_before_anything_is_done(void **state)
{
	(void)state;
	page_table()[GDT >> PAGE_SHIFT] = 0;
	expect_page_fault(GDT + NEW, 0);
	page_table()[OLD_TSS >> PAGE_SHIFT] = 0;
	expect_page_fault(OLD_TSS + 0x20, PF_WRITE);
	page_table()[3] = 0;
	expect_page_fault(0x3100, 0);
	page_table()[GDT >> PAGE_SHIFT] = GDT | 1; /* read-only: no busy bit can be set */
	expect_page_fault(GDT + NEW + 5, PF_PRESENT | PF_WRITE);
	page_table()[3] = 0x3001; /* read-only, and not linked by a JMP */
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	page_table()[3] = 0x3001;
	assert_int_equal(tasks_switch(TASK_CALL), AGAIN);
	expect_fault(VECTOR_PF, PF_PRESENT | PF_WRITE);
}

static void memory_that_is_not_ram_stops(void **state)
{
	(void)state;
	*gdt_entry(NEW) = descriptor(0xfec00000, 103, TYPE_TSS32, 0);
	assert_int_equal(tasks_switch(TASK_JMP), STOP);
	assert_int_equal(fake.vcpu.stop.cause, STOP_EMULATION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, tasks_setup)
		TEST(the_new_tss_descriptor),
		TEST(iret_wants_a_busy_task),
		TEST(odd_selectors),
		TEST(an_old_tss_too_short_to_save),
		TEST(the_ldt),
		TEST(an_ldt_that_is_not_there_has_no_limit),
		TEST(the_code_segment),
		TEST(the_stack_segment),
		TEST(data_segments),
		TEST(segments_before_the_bad_one_are_loaded),
		TEST(ext_is_told_for_events_from_outside),
		TEST(a_fault_while_a_fault_is_delivered_doubles),
		TEST(no_room_for_the_error_code),
		TEST(page_faults_come_before_anything_is_done),
		TEST(memory_that_is_not_ram_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
