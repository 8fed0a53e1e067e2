/* SPDX-License-Identifier: MIT */
/*
 * The eight instructions on descriptor-table registers, in 32-bit code
 * without paging and in 64-bit code.
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
#include "vmx/exits.h"
#include "vmx/instruction_prefix.h"

/* Instruction information */
#define ADDRESS_16 (0UL << 7)
#define ADDRESS_32 (1UL << 7)
#define ADDRESS_64 (2UL << 7)
#define REGISTER   BIT(10)
#define OPERAND_32 BIT(11)
#define IN(s)	   ((u64)(s) << 15)
#define INDEX(r)   ((u64)(r) << 18)
#define NO_INDEX   BIT(22)
#define BASE(r)	   ((u64)(r) << 23)
#define NO_BASE	   BIT(27)
#define DIRECT	   (NO_INDEX | NO_BASE | IN(SEG_DS))

enum table_instruction { SGDT, SIDT, LGDT, LIDT };
enum selector_instruction { SLDT, STR, LLDT, LTR };

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

static enum verdict table(enum table_instruction i, u64 info, u64 displacement)
{
	sim_exit(EXIT_GDTR_IDTR_ACCESS, displacement, 7);
	sim_set(VMCS_EXIT_INSTRUCTION_INFO, info | (u64)i << 28);
	return exit_gdtr_idtr(&fake.vcpu);
}

static enum verdict selector(enum selector_instruction i, u64 info, u64 displacement)
{
	sim_exit(EXIT_LDTR_TR_ACCESS, displacement, 3);
	sim_set(VMCS_EXIT_INSTRUCTION_INFO, info | (u64)i << 28);
	return exit_ldtr_tr(&fake.vcpu);
}

/* 64-bit code; the first 2M are mapped to themselves. */
static void long_mode(void)
{
	u64 *ram = (u64 *)fake.ram;

	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_L | 0xb);
	sim_set(VMCS_GUEST_CR3, 0x4000);
	ram[0x4000 / 8] = 0x5003;
	ram[0x5000 / 8] = 0x6003;
	ram[0x6000 / 8] = 0x83;
}

static void tables_are_stored(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_BASE, 0x87654321);
	sim_set(VMCS_GUEST_IDTR_BASE, 0x12345678);
	sim_set(VMCS_GUEST_IDTR_LIMIT, 0x7ff);
	memset(fake.ram + 0x8000, 0xee, 16);
	assert_int_equal(table(SGDT, ADDRESS_32 | OPERAND_32 | DIRECT, 0x8000), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\x4f\0\x21\x43\x65\x87\xee", 7);
	assert_int_equal(table(SIDT, ADDRESS_32 | DIRECT, 0x8000), NEXT); /* 32 bits, always */
	assert_memory_equal(fake.ram + 0x8000, "\xff\x07\x78\x56\x34\x12\xee", 7);
	long_mode();
	sim_set(VMCS_GUEST_IDTR_BASE, 0xffff800012345678);
	assert_int_equal(table(SIDT, ADDRESS_64 | DIRECT, 0x8000), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\xff\x07\x78\x56\x34\x12\0\x80\xff\xff\xee", 11);
}

static void tables_are_loaded(void **state)
{
	(void)state;
	memcpy(fake.ram + 0x8000, "\x37\x01\x78\x56\x34\x12\0\x80\xff\xff", 10);
	assert_int_equal(table(LGDT, ADDRESS_32 | OPERAND_32 | DIRECT, 0x8000), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_LIMIT), 0x137);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x12345678);
	assert_int_equal(table(LIDT, ADDRESS_32 | DIRECT, 0x8000), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_LIMIT), 0x137);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_BASE), 0x345678); /* 24 bits */
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x12345678);
	long_mode();
	assert_int_equal(table(LIDT, ADDRESS_64 | DIRECT, 0x8000), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_BASE), 0xffff800012345678);
	memcpy(fake.ram + 0x8002, "\0\0\0\0\0\0\0\x80", 8);
	assert_int_equal(table(LGDT, ADDRESS_64 | DIRECT, 0x8000), AGAIN);
	expect_fault(VECTOR_GP, 0);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x12345678);
}

static void operands_are_found(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = 0x7000;
	v->regs.rsi = 0x10;
	sim_set(VMCS_GUEST_RSP, 0x9000);
	sim_set(VMCS_GUEST_FS_BASE, 0x500);
	fake.ram[0x8044] = 1;
	fake.ram[0x9002] = 2;
	fake.ram[0x0507] = 3;
	/* [rbx + rsi * 4 + 1004H] */
	assert_int_equal(table(LGDT, 2 | ADDRESS_32 | IN(SEG_DS) | INDEX(RSI) | BASE(RBX), 0x1004), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_LIMIT), 1);
	/* [rsp + 2], which goes by SS */
	assert_int_equal(table(LGDT, ADDRESS_32 | IN(SEG_SS) | NO_INDEX | BASE(RSP), 2), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_LIMIT), 2);
	/* fs:[bx + 9007H], 16 bits: wraps around */
	assert_int_equal(table(LGDT, ADDRESS_16 | IN(SEG_FS) | NO_INDEX | BASE(RBX), 0x9007), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_LIMIT), 3);
	sim_set(VMCS_GUEST_SS_LIMIT, 0x9003);
	assert_int_equal(table(LGDT, ADDRESS_32 | IN(SEG_SS) | NO_INDEX | BASE(RSP), 2), AGAIN);
	expect_fault(VECTOR_SS, 0);
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_FS_ACCESS_RIGHTS, AR_P | AR_S | 0x1); /* read-only */
	assert_int_equal(table(LGDT, ADDRESS_32 | IN(SEG_FS) | NO_INDEX | NO_BASE, 7), NEXT);
	assert_int_equal(table(SGDT, ADDRESS_32 | IN(SEG_FS) | NO_INDEX | NO_BASE, 7), AGAIN);
	expect_fault(VECTOR_GP, 0);
	v->events.next.info = 0;
	assert_int_equal(selector(SLDT, ADDRESS_32 | IN(SEG_FS) | NO_INDEX | NO_BASE, 7), AGAIN);
	expect_fault(VECTOR_GP, 0);
}

static void operands_can_page_fault(void **state)
{
	(void)state;
	long_mode();
	assert_int_equal(table(SGDT, ADDRESS_64 | DIRECT, 0x200000), AGAIN);
	expect_fault(VECTOR_PF, PF_WRITE);
	fake.vcpu.events.next.info = 0;
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | AR_DPL | 0x3); /* CPL 3 may store */
	assert_int_equal(table(SGDT, ADDRESS_64 | DIRECT, 0x8000), AGAIN);
	expect_fault(VECTOR_PF, PF_PRESENT | PF_WRITE | PF_USER);
	fake.vcpu.events.next.info = 0;
	assert_int_equal(selector(STR, ADDRESS_64 | DIRECT, 0x200000), AGAIN);
	expect_fault(VECTOR_PF, PF_WRITE | PF_USER);
}

static void selectors_are_stored(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_LDTR_SELECTOR, 0x1234);
	memset(fake.ram + 0x8000, 0xee, 4);
	assert_int_equal(selector(STR, ADDRESS_32 | DIRECT, 0x8000), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\x08\0\xee", 3);
	assert_int_equal(selector(SLDT, ADDRESS_32 | DIRECT, 0x8000), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\x34\x12\xee", 3);

	memcpy(fake.ram + 0x7000, "\x0f\x00\xc1", 3); /* SLDT ecx */
	v->regs.rcx = ~0UL;
	assert_int_equal(selector(SLDT, REGISTER | RCX << 3, 0), NEXT);
	assert_int_equal(v->regs.rcx, 0x1234);
	memcpy(fake.ram + 0x7000, "\x66\x0f\x00\xcc", 4); /* STR sp */
	sim_set(VMCS_GUEST_RSP, 0xffffffff);
	assert_int_equal(selector(STR, REGISTER | RSP << 3, 0), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xffff0008);
	/* 16-bit code with a base */
	memcpy(fake.ram + 0x7800, "\x0f\x00\xc1", 3);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | 0xb);
	sim_set(VMCS_GUEST_CS_BASE, 0x800);
	v->regs.rcx = ~0UL;
	assert_int_equal(selector(SLDT, REGISTER | RCX << 3, 0), NEXT);
	assert_int_equal(v->regs.rcx, 0xffffffffffff1234);
	long_mode(); /* the base is not used any more */
	memcpy(fake.ram + 0x7000, "\x48\x0f\x00", 3);
	assert_int_equal(selector(STR, REGISTER | RCX << 3, 0), NEXT);
	assert_int_equal(v->regs.rcx, OLD);
	memcpy(fake.ram + 0x7000, "\x0f\x00\xc9", 3);
	v->regs.rcx = ~0UL;
	assert_int_equal(selector(STR, REGISTER | RCX << 3, 0), NEXT);
	assert_int_equal(v->regs.rcx, OLD);
	/* Bytes that can not be executed any more. */
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA | EFER_NXE);
	*(u64 *)(fake.ram + 0x6000) |= BIT(63);
	assert_int_equal(selector(STR, REGISTER | RCX << 3, 0), AGAIN);
	expect_fault(VECTOR_PF, PF_PRESENT | PF_FETCH);
}

static void operand_size_prefixes(void **state)
{
#define SIZE(code, ...) prefix_operand_size((const u8 *)code, sizeof(code) - 1, __VA_ARGS__)
	(void)state;
	assert_int_equal(SIZE("\x0f\x00", false, 4), 4);
	assert_int_equal(SIZE("\x0f\x00", false, 2), 2);
	assert_int_equal(SIZE("\x66\x0f\x00", false, 4), 2);
	assert_int_equal(SIZE("\x66\x0f\x00", false, 2), 4);
	assert_int_equal(SIZE("\x66\x66\x0f\x00", false, 2), 4);
	assert_int_equal(SIZE("\x2e\x64\xf3\x67\x66\x0f\x00", true, 4), 2);
	assert_int_equal(SIZE("\x66\x48\x0f\x00", true, 4), 8);
	assert_int_equal(SIZE("\x66\x41\x0f\x00", true, 4), 2);
	assert_int_equal(SIZE("\x4c\x0f\x00", true, 4), 8);
	assert_int_equal(SIZE("\x48\x0f\x00", false, 4), 4);
	assert_int_equal(SIZE("\x66\x2e\x0f\x00", true, 4), 2);
	assert_int_equal(SIZE("\x66\x66", true, 4), 2);
	assert_int_equal(prefix_operand_size((const u8 *)"\x66\x48", 1, true, 4), 2);
}

static void ldtr_is_loaded(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdx = 0xabcd0000 | NEW_LDT;
	assert_int_equal(selector(LLDT, REGISTER | RDX << 3, 0), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_SELECTOR), NEW_LDT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_BASE), LDT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_LIMIT), 15);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_ACCESS_RIGHTS), TYPE_LDT);
	*(u16 *)(fake.ram + 0x8000) = 2; /* null with an RPL */
	assert_int_equal(selector(LLDT, ADDRESS_32 | DIRECT, 0x8000), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_SELECTOR), 2);
	assert_int_equal(sim_get(VMCS_GUEST_LDTR_ACCESS_RIGHTS), AR_UNUSABLE);
}

static void expect_load_fault(enum selector_instruction i, u16 value, u8 vector, u32 error)
{
	u64 before = sim_get(i == LTR ? VMCS_GUEST_TR_SELECTOR : VMCS_GUEST_LDTR_SELECTOR);

	fake.vcpu.regs.rdx = value;
	assert_int_equal(selector(i, REGISTER | RDX << 3, 0), AGAIN);
	expect_fault(vector, error);
	fake.vcpu.events.next.info = 0;
	assert_int_equal(sim_get(i == LTR ? VMCS_GUEST_TR_SELECTOR : VMCS_GUEST_LDTR_SELECTOR),
			 before);
}

static void bad_ldts(void **state)
{
	(void)state;
	expect_load_fault(LLDT, DATA0 | 3, VECTOR_GP, DATA0);
	expect_load_fault(LLDT, GDT_LIMIT + 1, VECTOR_GP, GDT_LIMIT + 1);
	expect_load_fault(LLDT, NEW_LDT | 4, VECTOR_GP, NEW_LDT | 4);
	*gdt_type(NEW_LDT) &= 0x7f;
	expect_load_fault(LLDT, NEW_LDT, VECTOR_NP, NEW_LDT);
}

static void tr_is_loaded_and_busy(void **state)
{
	(void)state;
	fake.vcpu.regs.rdx = NEW;
	assert_int_equal(selector(LTR, REGISTER | RDX << 3, 0), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_TR_SELECTOR), NEW);
	assert_int_equal(sim_get(VMCS_GUEST_TR_BASE), NEW_TSS);
	assert_int_equal(sim_get(VMCS_GUEST_TR_ACCESS_RIGHTS), TYPE_TSS32_BUSY);
	assert_int_equal(*gdt_type(NEW), TYPE_TSS32_BUSY);
	expect_load_fault(LTR, NEW, VECTOR_GP, NEW); /* now it is busy */
	new_tss16();
	assert_int_equal(selector(LTR, REGISTER | RDX << 3, 0), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_TR_ACCESS_RIGHTS), TYPE_TSS16_BUSY);
	*gdt_type(NEW) = TYPE_TSS32 & 0x7f;
	expect_load_fault(LTR, NEW, VECTOR_NP, NEW);
	expect_load_fault(LTR, 0, VECTOR_GP, 0);
	expect_load_fault(LTR, NEW_LDT, VECTOR_GP, NEW_LDT);
	expect_load_fault(LTR, DATA0, VECTOR_GP, DATA0);
}

/* In IA-32e mode system descriptors have 16 bytes. */
static void long_descriptors(void **state)
{
	(void)state;
	long_mode();
	gdt_entry(NEW)[1] = 0xffff8000;
	fake.vcpu.regs.rdx = NEW;
	assert_int_equal(selector(LTR, REGISTER | RDX << 3, 0), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_TR_BASE), 0xffff800000000000 | NEW_TSS);
	*gdt_type(NEW) = TYPE_TSS32;
	gdt_entry(NEW)[1] = 0x8000; /* not canonical */
	expect_load_fault(LTR, NEW, VECTOR_GP, NEW);
	gdt_entry(NEW)[1] = BIT(40); /* a type in the upper half */
	expect_load_fault(LTR, NEW, VECTOR_GP, NEW);
	gdt_entry(NEW)[1] = 0;
	*gdt_type(NEW) = TYPE_TSS16; /* there are none */
	expect_load_fault(LTR, NEW, VECTOR_GP, NEW);
	*gdt_type(NEW) = TYPE_TSS32;
	sim_set(VMCS_GUEST_GDTR_LIMIT, NEW + 14); /* its upper half is beyond the limit */
	expect_load_fault(LTR, NEW, VECTOR_GP, NEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, tasks_setup)
		TEST(tables_are_stored),
		TEST(tables_are_loaded),
		TEST(operands_are_found),
		TEST(operands_can_page_fault),
		TEST(selectors_are_stored),
		TEST(operand_size_prefixes),
		TEST(ldtr_is_loaded),
		TEST(bad_ldts),
		TEST(tr_is_loaded_and_busy),
		TEST(long_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
