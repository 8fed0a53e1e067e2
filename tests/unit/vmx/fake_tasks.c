/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_tasks.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "vmx/decode.h"
#include "vmx/exits.h"

#define FLAGS_32 0xc /* G, D/B */

u64 descriptor(u32 base, u32 limit, u8 type, u8 flags)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)type << 40 |
	       (u64)(limit >> 16 & 0xf) << 48 | (u64)flags << 52 | (u64)(base >> 24) << 56;
}

u64 *gdt_entry(u16 selector)
{
	return (u64 *)(fake.ram + (selector & 4 ? LDT : GDT) + (selector & ~7));
}

u8 *gdt_type(u16 selector)
{
	return (u8 *)gdt_entry(selector) + 5;
}

struct tss32 *new_tss(void)
{
	return (struct tss32 *)(fake.ram + NEW_TSS);
}

struct tss32 *old_tss(void)
{
	return (struct tss32 *)(fake.ram + OLD_TSS);
}

struct tss16 *new_tss16(void)
{
	struct tss16 *t = (struct tss16 *)(fake.ram + NEW_TSS);

	*gdt_entry(NEW) = descriptor(NEW_TSS, sizeof(*t) - 1, TYPE_TSS16, 0);
	memset(t, 0, sizeof(struct tss32));
	t->ip = 0x5678;
	t->flags = 2;
	for (unsigned i = 0; i < 8; i++)
		t->registers[i] = (u16)(0xb000 + i);
	t->registers[4] = STACK;
	t->segments[SEG_CS] = CODE0;
	for (enum segment s = SEG_ES; s <= SEG_DS; s++)
		if (s != SEG_CS)
			t->segments[s] = DATA0;
	return t;
}

static void make_tables(void)
{
	*gdt_entry(OLD) = descriptor(OLD_TSS, 103, TYPE_TSS32_BUSY, 0);
	*gdt_entry(NEW) = descriptor(NEW_TSS, 103, TYPE_TSS32, 0);
	*gdt_entry(NEW_LDT) = descriptor(LDT, 15, TYPE_LDT, 0);
	*gdt_entry(CODE0) = descriptor(0, 0xfffff, TYPE_CODE0, FLAGS_32);
	*gdt_entry(DATA0) = descriptor(0, 0xfffff, TYPE_DATA0, FLAGS_32);
	*gdt_entry(CODE3) = descriptor(0, 0xfffff, TYPE_CODE0 | 3 << 5, FLAGS_32);
	*gdt_entry(DATA3) = descriptor(0, 0xfffff, TYPE_DATA0 | 3 << 5, FLAGS_32);
	*gdt_entry(CONFORMING) = descriptor(0, 0xfffff, TYPE_CODE0 | 4, FLAGS_32);
	*gdt_entry(IN_LDT) = descriptor(0x87123000, 0x1ff, TYPE_DATA0, 4);
}

static void make_new_task(void)
{
	struct tss32 *t = new_tss();

	t->eip = 0x12345678;
	t->eflags = 0x2;
	for (u32 i = 0; i < 8; i++)
		t->registers[i] = 0xb0000000 + i;
	t->registers[4] = STACK;
	for (enum segment s = SEG_ES; s <= SEG_GS; s++)
		t->segments[s].selector = DATA0;
	t->segments[SEG_CS].selector = CODE0;
	t->ldt = NEW_LDT;
	t->cr3 = 0x5000;
}

static void run_old_task(void)
{
	struct vcpu *v = &fake.vcpu;

	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_ET);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE);
	sim_set(VMCS_CR4_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_CR3, 0xaaaa000);
	sim_set(VMCS_GUEST_EFER, 0);
	v->entry_controls = 0;
	for (enum segment s = SEG_ES; s <= SEG_GS; s++) {
		sim_set(VMCS_GUEST_SELECTOR(s), DATA0);
		sim_set(VMCS_GUEST_LIMIT(s), 0xffffffff);
		sim_set(VMCS_GUEST_ACCESS_RIGHTS(s), AR_P | AR_S | AR_G | AR_DB | 0x3);
	}
	sim_set(VMCS_GUEST_CS_SELECTOR, CODE0);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_G | AR_DB | 0xb);
	sim_set(VMCS_GUEST_LDTR_ACCESS_RIGHTS, AR_UNUSABLE);
	sim_set(VMCS_GUEST_TR_SELECTOR, OLD);
	sim_set(VMCS_GUEST_TR_BASE, OLD_TSS);
	sim_set(VMCS_GUEST_TR_LIMIT, 103);
	sim_set(VMCS_GUEST_TR_ACCESS_RIGHTS, TYPE_TSS32_BUSY);
	sim_set(VMCS_GUEST_GDTR_BASE, GDT);
	sim_set(VMCS_GUEST_GDTR_LIMIT, GDT_LIMIT);
	sim_set(VMCS_GUEST_RIP, 0x7000);
	sim_set(VMCS_GUEST_RSP, 0xa0000004);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF | RFLAGS_CF);
	sim_set(VMCS_GUEST_DR7, 0x7ff);
	for (unsigned i = 0; i < 8; i++)
		v->regs.by_index[i] = 0xa0000000 + i;
}

int tasks_setup(void **state)
{
	fake_setup(state);
	make_tables();
	make_new_task();
	run_old_task();
	sim.dr6 = DR6_RESET;
	return 0;
}

enum verdict tasks_switch(unsigned source)
{
	if (source == TASK_IRET) /* the back link is of a busy task */
		*gdt_type(NEW) |= 2;
	sim_exit(EXIT_TASK_SWITCH, (u64)source << 30 | NEW, 2);
	return exit_task_switch(&fake.vcpu);
}

enum verdict tasks_event(u32 info, u32 error)
{
	sim_exit(EXIT_TASK_SWITCH, (u64)TASK_GATE << 30 | NEW, 2);
	sim_set(VMCS_IDT_VECTORING_INFO, info | INTR_VALID);
	sim_set(VMCS_IDT_VECTORING_ERROR_CODE, error);
	return exit_task_switch(&fake.vcpu);
}

void expect_fault(u8 vector, u32 error)
{
	assert_int_equal(fake.vcpu.events.next.info,
			 INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | INTR_HAS_ERROR |
				 vector);
	assert_int_equal(fake.vcpu.events.next.error, error);
}

void expect_no_fault(void)
{
	assert_int_equal(fake.vcpu.events.next.info & INTR_VALID, 0);
}
