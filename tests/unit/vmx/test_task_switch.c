/* SPDX-License-Identifier: MIT */
/*
 * Task switches that go well: what is saved, what is loaded, who is busy.
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
#include "vmx/io_breakpoint.h"

#define EVENT(type, vector) ((u32)(type) << INTR_TYPE_SHIFT | (vector))

static void jmp_saves_the_old_task(void **state)
{
	struct tss32 *old = old_tss();

	(void)state;
	memset(old, 0xee, sizeof(*old));
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(old->eip, 0x7002); /* behind the instruction */
	assert_int_equal(old->eflags, RFLAGS_FIXED | RFLAGS_IF | RFLAGS_CF);
	for (u32 i = 0; i < 8; i++)
		assert_int_equal(old->registers[i], 0xa0000000 + i);
	assert_int_equal(old->segments[SEG_CS].selector, CODE0);
	assert_int_equal(old->segments[SEG_GS].selector, DATA0);
	/* What is not saved stays. */
	assert_int_equal(old->segments[SEG_GS].reserved, 0xeeee);
	assert_int_equal(old->cr3, 0xeeeeeeee);
	assert_int_equal(old->ldt, 0xeeeeeeee);
	assert_int_equal(old->link, 0xeeee);
	assert_int_equal(*gdt_type(OLD), TYPE_TSS32);
	assert_int_equal(*gdt_type(NEW), TYPE_TSS32_BUSY);
}

/* Local breakpoints end with their task, and those on ports with what they cost. */
static void jmp_ends_breakpoints_on_ports(void **state)
{
	struct vcpu *v = &fake.vcpu;
	const struct vcpu_ops *ops = v->ops;

	(void)state;
	sim_set(VMCS_GUEST_DR7, 0x400 | 2UL << 16 | 1); /* I/O, by L0 */
	io_breakpoint_changed(v);
	assert_ptr_not_equal(v->ops, ops);
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	assert_ptr_equal(v->ops, ops);
}

static void jmp_loads_the_new_task(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI | INTERRUPTIBILITY_NMI);
	sim_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
	new_tss()->eflags = ~0U & ~(u32)(RFLAGS_VM | RFLAGS_NT);
	new_tss()->segments[SEG_FS].selector = 0;
	new_tss()->segments[SEG_GS].selector = IN_LDT;
	new_tss()->link = 0x7777;
	*gdt_entry(CODE0) = descriptor(0x4000, 0x54321, TYPE_CODE0, 0xc);
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x12345678);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK);
	assert_int_equal(fake.vcpu.regs.rax, 0xb0000000);
	assert_int_equal(fake.vcpu.regs.rdi, 0xb0000007);
	/* All bits but the reserved ones; a JMP sets no NT. */
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), 0x3f7fd7 & ~(RFLAGS_VM | RFLAGS_NT));
	assert_int_equal(sim_get(VMCS_GUEST_CR0) & CR0_TS, CR0_TS);
	assert_int_equal(sim_get(VMCS_GUEST_CR3), 0xaaaa000); /* paging is off */
	assert_int_equal(sim_get(VMCS_GUEST_DR7), 0x7ff & ~0x155);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
	assert_int_equal(sim_get(VMCS_GUEST_PENDING_DEBUG), 0);
	assert_int_equal(new_tss()->link, 0x7777);

	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), NEW);
	assert_int_equal(sim_get(VMCS_GUEST_TR_BASE), NEW_TSS);
	assert_int_equal(sim_get(VMCS_GUEST_TR_LIMIT), 103);
	assert_int_equal(sim_get(VMCS_GUEST_TR_ACCESS_RIGHTS), TYPE_TSS32_BUSY);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_SELECTOR), NEW_LDT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_BASE), LDT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_ACCESS_RIGHTS), TYPE_LDT);
	assert_int_equal(sim_get(VMCS_GUEST_CS_SELECTOR), CODE0);
	assert_int_equal(sim_get(VMCS_GUEST_CS_BASE), 0x4000);
	assert_int_equal(sim_get(VMCS_GUEST_CS_LIMIT), 0x54321fff);
	assert_int_equal(sim_get(VMCS_GUEST_CS_ACCESS_RIGHTS), 0xc09b);
	assert_int_equal(sim_get(VMCS_GUEST_SS_ACCESS_RIGHTS), 0xc093);
	assert_int_equal(sim_get(VMCS_GUEST_DS_ACCESS_RIGHTS), 0xc093);
	assert_int_equal(sim_get(VMCS_GUEST_FS_ACCESS_RIGHTS), AR_UNUSABLE);
	assert_int_equal(sim_get(VMCS_GUEST_GS_SELECTOR), IN_LDT);
	assert_int_equal(sim_get(VMCS_GUEST_GS_BASE), 0x87123000);
	assert_int_equal(sim_get(VMCS_GUEST_GS_LIMIT), 0x1ff);
	/* Descriptors that were loaded are marked as accessed. */
	assert_int_equal(*gdt_type(CODE0), TYPE_CODE0 | 1);
	assert_int_equal(*gdt_type(IN_LDT), TYPE_DATA0 | 1);
	assert_int_equal(*gdt_type(DATA3), TYPE_DATA0 | 3 << 5);
}

static void call_nests(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	assert_int_equal(tasks_switch(TASK_CALL), AGAIN);
	expect_no_fault();
	assert_int_equal(new_tss()->link, OLD);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_NT);
	assert_int_equal(old_tss()->eip, 0x7002);
	assert_int_equal(old_tss()->eflags, RFLAGS_FIXED);
	assert_int_equal(*gdt_type(OLD), TYPE_TSS32_BUSY);
	assert_int_equal(*gdt_type(NEW), TYPE_TSS32_BUSY);
}

static void iret_goes_back(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_NT);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	assert_int_equal(tasks_switch(TASK_IRET), AGAIN);
	expect_no_fault();
	assert_int_equal(old_tss()->eflags, RFLAGS_FIXED); /* NT is cleared where it is saved */
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED);
	assert_int_equal(*gdt_type(OLD), TYPE_TSS32);
	assert_int_equal(*gdt_type(NEW), TYPE_TSS32_BUSY);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
}

static void an_exception_brings_its_error_code(void **state)
{
	(void)state;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 0x1234),
			 AGAIN);
	expect_no_fault(); /* it is delivered, and not to be injected again */
	assert_int_equal(old_tss()->eip, 0x7000);
	assert_int_equal(new_tss()->link, OLD);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK - 4);
	assert_memory_equal(fake.ram + STACK - 4, "\x34\x12\0\0", 4);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_NT);
}

static void interrupts_and_int_n(void **state)
{
	(void)state;
	assert_int_equal(tasks_event(EVENT(INTR_EXTERNAL, 0x20), 0), AGAIN);
	expect_no_fault();
	assert_int_equal(old_tss()->eip, 0x7000);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK);
	tasks_setup(NULL);
	assert_int_equal(tasks_event(EVENT(INTR_SOFT_INTERRUPT, 0x80), 0), AGAIN);
	expect_no_fault();
	assert_int_equal(old_tss()->eip, 0x7002);
}

static void an_nmi_blocks_others_in_its_task(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI);
	assert_int_equal(tasks_event(EVENT(INTR_NMI, VECTOR_NMI), 0), AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
}

static void narrow_tasks(void **state)
{
	struct tss16 *old = (struct tss16 *)(fake.ram + OLD_TSS);

	(void)state;
	memset(old, 0xee, sizeof(struct tss32));
	*gdt_entry(OLD) = descriptor(OLD_TSS, 43, TYPE_TSS16_BUSY, 0);
	sim_set(VMCS_GUEST_TR_LIMIT, 43);
	sim_set(VMCS_GUEST_TR_ACCESS_RIGHTS, TYPE_TSS16_BUSY);
	new_tss16();
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 0x1234),
			 AGAIN);
	expect_no_fault();
	assert_int_equal(old->ip, 0x7000);
	assert_int_equal(old->flags, RFLAGS_FIXED | RFLAGS_IF | RFLAGS_CF);
	assert_int_equal(old->registers[7], 7);
	assert_int_equal(old->segments[SEG_DS], DATA0);
	assert_int_equal(old->ldt, 0xeeee);
	assert_int_equal(old->ss2, 0xeeee);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x5678);
	assert_int_equal(fake.vcpu.regs.rax, 0xb000);
	assert_int_equal(sim_get(VMCS_GUEST_TR_ACCESS_RIGHTS), TYPE_TSS16_BUSY);
	assert_int_equal(sim_get(VMCS_GUEST_GS_ACCESS_RIGHTS), AR_UNUSABLE);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_ACCESS_RIGHTS), AR_UNUSABLE);
	assert_int_equal(*(u16 *)(fake.ram + NEW_TSS), OLD);
}

static void an_error_code_is_as_wide_as_the_tss(void **state)
{
	(void)state;
	*gdt_entry(DATA0) = descriptor(0, 0xffff, TYPE_DATA0, 0); /* a 16-bit stack */
	new_tss16()->registers[4] = 0;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 0x1234),
			 AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xfffe); /* SP wraps */
	assert_memory_equal(fake.ram + 0xfffe, "\x34\x12", 2);

	tasks_setup(NULL);
	*gdt_entry(DATA0) = descriptor(0, 0xffff, TYPE_DATA0, 0);
	new_tss()->registers[4] = 0x12340002;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 0x1234),
			 AGAIN);
	expect_fault(VECTOR_DF, 0); /* across the end of a 16-bit segment */
	tasks_setup(NULL);
	*gdt_entry(DATA0) = descriptor(0, 0xffff, TYPE_DATA0, 0);
	new_tss()->registers[4] = 0x12340000;
	assert_int_equal(tasks_event(EVENT(INTR_HARD_EXCEPTION, VECTOR_GP) | INTR_HAS_ERROR, 0x1234),
			 AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0x1234fffc); /* the rest of ESP stays */
	assert_memory_equal(fake.ram + 0xfffc, "\x34\x12\0\0", 4);
}

static void a_vm86_task(void **state)
{
	struct tss32 *t = new_tss();

	(void)state;
	t->eflags = (u32)(RFLAGS_FIXED | RFLAGS_VM | RFLAGS_IF);
	for (enum segment s = SEG_ES; s <= SEG_GS; s++)
		t->segments[s].selector = (u16)(0x1000 + s);
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_VM);
	for (enum segment s = SEG_ES; s <= SEG_GS; s++) {
		assert_int_equal(sim_get(VMCS_GUEST_BASE(s)), 0x10000 + 16 * s);
		assert_int_equal(sim_get(VMCS_GUEST_LIMIT(s)), 0xffff);
		assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(s)), 0xf3);
	}
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_SELECTOR), NEW_LDT);
}

static void a_user_task(void **state)
{
	struct tss32 *t = new_tss();

	(void)state;
	for (enum segment s = SEG_ES; s <= SEG_GS; s++)
		t->segments[s].selector = DATA3;
	t->segments[SEG_CS].selector = CODE3;
	t->segments[SEG_FS].selector = CONFORMING;
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(vcpu_cpl(&fake.vcpu), 3);
	assert_int_equal(sim_get(VMCS_GUEST_CS_ACCESS_RIGHTS), 0xc0fb);
	assert_int_equal(sim_get(VMCS_GUEST_FS_ACCESS_RIGHTS), 0xc09f);

	tasks_setup(NULL);
	for (enum segment s = SEG_ES; s <= SEG_GS; s++)
		t->segments[s].selector = DATA3;
	t->segments[SEG_CS].selector = CONFORMING | 3; /* with the DPL below the CPL */
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(vcpu_cpl(&fake.vcpu), 3);
}

static void the_trap_bit_raises_db(void **state)
{
	(void)state;
	new_tss()->trap = 1;
	assert_int_equal(tasks_switch(TASK_CALL), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info,
			 INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_DB);
	assert_int_equal(sim.dr6, DR6_RESET | DR6_BT);
}

/* The new task's own tables, also for its descriptors; here a 4M page that maps all to 0. */
static void paging_brings_another_address_space(void **state)
{
	u32 *old_directory = (u32 *)(fake.ram + 0x6000), *directory = (u32 *)(fake.ram + 0x5000);
	unsigned flushes = sim_vmx.invvpids;

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_PSE | CR4_VMXE);
	sim_set(VMCS_GUEST_CR3, 0x6000);
	old_directory[0] = 0x83; /* supervisor: tables are read as such even by CPL 3 */
	directory[0] = 0x83;
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | AR_G | AR_DB | AR_DPL | 0x3);
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_CR3), 0x5000);
	assert_int_equal(sim_vmx.invvpids, flushes + 1);
	assert_int_equal(old_directory[0], 0xe3); /* accessed, dirty */
	assert_int_equal(directory[0], 0xe3);	  /* for the descriptors' accessed bits */
}

static void a_narrow_tss_has_no_cr3(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_PSE | CR4_VMXE);
	sim_set(VMCS_GUEST_CR3, 0x6000);
	*(u32 *)(fake.ram + 0x6000) = 0x83;
	new_tss16();
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_CR3), 0x6000);
}

static void pae_paging_loads_the_pdptes(void **state)
{
	u64 *pdpt = (u64 *)(fake.ram + 0x5000), *directory = (u64 *)(fake.ram + 0x6000);

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_PDPTE0, 0x6001);
	directory[0] = 0x83;
	new_tss()->cr3 = 0x5000;
	pdpt[0] = 0x6001;
	pdpt[3] = 0x7001;
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
	assert_int_equal(sim_get(VMCS_GUEST_PDPTE3), 0x7001);

	tasks_setup(NULL);
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_PDPTE0, 0x6001);
	directory[0] = 0x83;
	pdpt[3] = 0x7001 | BIT(1); /* reserved */
	assert_int_equal(tasks_event(EVENT(INTR_EXTERNAL, 0x20), 0), AGAIN);
	expect_fault(VECTOR_GP, 1);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), OLD);
	fake.vcpu.events.next.info = 0;
	new_tss16(); /* has no CR3 */
	assert_int_equal(tasks_switch(TASK_JMP), AGAIN);
	expect_no_fault();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, tasks_setup)
		TEST(jmp_saves_the_old_task),
		TEST(jmp_ends_breakpoints_on_ports),
		TEST(jmp_loads_the_new_task),
		TEST(call_nests),
		TEST(iret_goes_back),
		TEST(an_exception_brings_its_error_code),
		TEST(interrupts_and_int_n),
		TEST(an_nmi_blocks_others_in_its_task),
		TEST(narrow_tasks),
		TEST(an_error_code_is_as_wide_as_the_tss),
		TEST(a_vm86_task),
		TEST(a_user_task),
		TEST(the_trap_bit_raises_db),
		TEST(paging_brings_another_address_space),
		TEST(a_narrow_tss_has_no_cr3),
		TEST(pae_paging_loads_the_pdptes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
