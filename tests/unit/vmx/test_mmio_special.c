/* SPDX-License-Identifier: MIT */
/*
 * mmio_emulate() on instructions that are no plain operation on one operand:
 * near branches through device memory, XLAT, CLFLUSH, segments, tables.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "unit/vmx/fake_device.h"

#define RUN(code, gva, write) device_emulate(code, sizeof(code) - 1, gva, write)
#define STACK		      0x8100UL

static int setup(void **state)
{
	device_setup(state);
	fake.vcpu.regs.rbx = DATA;
	sim_set(VMCS_GUEST_RSP, STACK);
	return 0;
}

static void put(unsigned offset, u64 value)
{
	memcpy(device.bytes + offset, &value, 8);
}

static u64 stack(void)
{
	u64 value;

	memcpy(&value, fake.ram + sim_get(VMCS_GUEST_RSP), 8);
	return value;
}

static void expect_at(u64 rip)
{
	assert_int_equal(sim_get(VMCS_GUEST_RIP), rip);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

static void expect_fault(u8 vector)
{
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | vector);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK);
}

static void branches_in_64_bit_code(void **state)
{
	(void)state;
	put(0, 0x123456789abc);
	assert_int_equal(RUN("\xff\x23", DATA, false), AGAIN); /* JMP */
	expect_at(0x123456789abc);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK);
	assert_int_equal(RUN("\x66\xff\x13", DATA, false), AGAIN); /* CALL; 66 says nothing */
	expect_at(0x123456789abc);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK - 8);
	assert_int_equal(stack(), CODE + 3);
	/* It behaves like any other instruction to a debugger. */
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	assert_int_equal(RUN("\xff\x23", DATA, false), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info & INTR_VECTOR, VECTOR_DB);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x123456789abc);
}

static void branches_in_16_and_32_bit_code(void **state)
{
	(void)state;
	put(0, 0x1122334455667788);
	fake.vcpu.regs.rbx = DEVICE_GPA;
	device_set_mode(32);
	assert_int_equal(RUN("\xff\x13", DEVICE_GPA, false), AGAIN);
	expect_at(0x55667788);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), STACK - 4);
	assert_int_equal((u32)stack(), CODE + 2);
	assert_int_equal(RUN("\x66\xff\x23", DEVICE_GPA, false), AGAIN);
	expect_at(0x7788);
	sim_set(VMCS_GUEST_RSP, 0xffff0000 | STACK);
	device_set_mode(16);
	assert_int_equal(RUN("\x67\xff\x13", DEVICE_GPA, false), AGAIN);
	expect_at(0x7788);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xffff0000 | (STACK - 2)); /* 16 bits of it */
	assert_memory_equal(fake.ram + STACK - 2, "\x03\x10", 2);
}

/* Nothing is pushed, and the device is read only when the stack is good. */
static void branches_that_fault(void **state)
{
	(void)state;
	put(0, BIT(47));
	assert_int_equal(RUN("\xff\x13", DATA, false), AGAIN);
	expect_fault(VECTOR_GP);
	assert_int_equal(stack(), 0);
	fake.vcpu.events.next.info = 0;
	device.count = 0;
	*device_pte(STACK) = 0;
	assert_int_equal(RUN("\xff\x13", DATA, false), AGAIN);
	expect_fault(VECTOR_PF);
	assert_int_equal(device.count, 0);
	fake.vcpu.events.next.info = 0;
	put(0, 0x20000);
	fake.vcpu.regs.rbx = DEVICE_GPA;
	device_set_mode(32);
	sim_set(VMCS_GUEST_LIMIT(SEG_CS), 0x1ffff);
	assert_int_equal(RUN("\xff\x23", DEVICE_GPA, false), AGAIN);
	expect_fault(VECTOR_GP);
}

static void xlat(void **state)
{
	(void)state;
	device.bytes[0x85] = 0x77;
	fake.vcpu.regs.rax = 0x1185;
	assert_int_equal(RUN("\xd7", DATA + 0x85, false), AGAIN);
	expect_at(CODE + 1);
	assert_int_equal(fake.vcpu.regs.rax, 0x1177);
	assert_int_equal(device.count, 1);
	assert_int_equal(device.log[0].size, 1);
}

static void flushes_touch_nothing(void **state)
{
	(void)state;
	assert_int_equal(RUN("\x0f\xae\x3b", DATA, false), AGAIN); /* CLFLUSH */
	expect_at(CODE + 3);
	assert_int_equal(RUN("\x66\x0f\xae\x3b", DATA, false), AGAIN); /* CLFLUSHOPT */
	assert_int_equal(RUN("\x66\x0f\xae\x33", DATA, false), AGAIN); /* CLWB */
	expect_at(CODE + 4);
	assert_int_equal(device.count, 0);
}

static void segment_registers(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_SELECTOR(SEG_FS), 0x1234);
	put(0, ~0UL);
	assert_int_equal(RUN("\x8c\x23", DATA, true), AGAIN); /* MOV [RBX], FS */
	expect_at(CODE + 2);
	assert_memory_equal(device.bytes, "\x34\x12\xff", 3);
	assert_int_equal(RUN("\x4c\x8c\x63\x08", DATA + 8, true), AGAIN); /* REX says nothing */
	expect_at(CODE + 4);
	assert_memory_equal(device.bytes + 8, "\x34\x12\0", 3);
}

static void descriptor_tables(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_LIMIT, 0x1234);
	sim_set(VMCS_GUEST_GDTR_BASE, 0xffff800012345678);
	assert_int_equal(RUN("\x0f\x01\x03", DATA, true), AGAIN); /* SGDT */
	expect_at(CODE + 3);
	assert_memory_equal(device.bytes, "\x34\x12\x78\x56\x34\x12\0\x80\xff\xff\0", 11);
	assert_int_equal(RUN("\x0f\x01\x1b", DATA, false), AGAIN); /* LIDT */
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_LIMIT), 0x1234);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_BASE), 0xffff800012345678);
	device.bytes[9] = 0;
	assert_int_equal(RUN("\x0f\x01\x1b", DATA, false), AGAIN);
	expect_fault(VECTOR_GP);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_BASE), 0xffff800012345678);
	fake.vcpu.events.next.info = 0;
	/* By the operand size there are 24 bits of base, or 32. */
	fake.vcpu.regs.rbx = DEVICE_GPA;
	device_set_mode(32);
	assert_int_equal(RUN("\x66\x0f\x01\x13", DEVICE_GPA, false), AGAIN); /* LGDT */
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x345678);
	assert_int_equal(RUN("\x0f\x01\x13", DEVICE_GPA, false), AGAIN);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x12345678);
	device.count = 0;
	assert_int_equal(RUN("\x0f\x01\x03", DEVICE_GPA, true), AGAIN);
	assert_int_equal(device.count, 2); /* 4 bytes and 2 */
}

static void put_descriptor(unsigned index, u64 raw)
{
	memcpy(fake.ram + 0x8800 + 8 * index, &raw, 8);
}

static void segments_are_loaded(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_BASE, 0x8800);
	sim_set(VMCS_GUEST_GDTR_LIMIT, 0x3f);
	put_descriptor(1, 0x12cf92345678ffff);
	put_descriptor(2, 0x0000890080000067);
	put(0, 0x08);
	assert_int_equal(RUN("\x8e\x2b", DATA, false), AGAIN); /* MOV GS */
	expect_at(CODE + 2);
	assert_int_equal(sim_get(VMCS_GUEST_BASE(SEG_GS)), 0x12345678);
	assert_int_equal(sim_get(VMCS_GUEST_SELECTOR(SEG_GS)), 8);
	assert_int_equal(fake.ram[0x880d], 0x93); /* accessed */
	put(0, 0x48);
	assert_int_equal(RUN("\x8e\x2b", DATA, false), AGAIN);
	expect_fault(VECTOR_GP);
	assert_int_equal(fake.vcpu.events.next.error, 0x48);
	fake.vcpu.events.next.info = 0;
	put(0, 0);
	assert_int_equal(RUN("\x0f\x00\x13", DATA, false), AGAIN); /* LLDT */
	assert_true(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_LDTR)) & AR_UNUSABLE);
	assert_int_equal(RUN("\x8e\x13", DATA, false), STOP); /* MOV SS */
}

static void expect_only_fault(u8 vector)
{
	expect_fault(vector);
	fake.vcpu.events.next.info = 0;
}

/* Code that changes behind the processor's back must not gain what it may not do. */
static void privileges(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_BASE, 0x8800);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xf3);
	put(0, 0);
	assert_int_equal(RUN("\x0f\x01\x13", DATA, false), AGAIN); /* LGDT */
	expect_only_fault(VECTOR_GP);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x8800);
	assert_int_equal(RUN("\x0f\x00\x13", DATA, false), AGAIN); /* LLDT */
	expect_only_fault(VECTOR_GP);
	assert_int_equal(RUN("\x0f\x00\x03", DATA, true), AGAIN); /* SLDT */
	expect_at(CODE + 3);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE | CR4_UMIP);
	assert_int_equal(RUN("\x0f\x00\x03", DATA, true), AGAIN);
	expect_only_fault(VECTOR_GP);
	assert_int_equal(RUN("\x0f\x01\x23", DATA, true), AGAIN); /* SMSW */
	expect_only_fault(VECTOR_GP);
	assert_int_equal(RUN("\x8c\x1b", DATA, true), AGAIN); /* MOV from DS */
	expect_at(CODE + 2);
}

static void segments_in_real_mode(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = 0;
	device_set_mode(16);
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_BASE(SEG_DS), DEVICE_GPA);
	sim_set(VMCS_GUEST_LIMIT(SEG_FS), 0xffff);
	put(0, 0xb800);
	assert_int_equal(RUN("\x8e\x27", DEVICE_GPA, false), AGAIN); /* MOV FS, [BX] */
	expect_at(CODE + 2);
	assert_int_equal(sim_get(VMCS_GUEST_BASE(SEG_FS)), 0xb8000);
	assert_int_equal(sim_get(VMCS_GUEST_SELECTOR(SEG_FS)), 0xb800);
	assert_int_equal(sim_get(VMCS_GUEST_LIMIT(SEG_FS)), 0xffff);
	assert_int_equal(RUN("\x0f\x00\x17", DEVICE_GPA, false), AGAIN); /* LLDT [BX] */
	expect_only_fault(VECTOR_UD);
	assert_int_equal(RUN("\x0f\x00\x0f", DEVICE_GPA, true), AGAIN); /* STR [BX] */
	expect_only_fault(VECTOR_UD);
}

static void put_pointer(u32 offset, u16 selector)
{
	memcpy(device.bytes, &offset, 4);
	memcpy(device.bytes + 4, &selector, 2);
}

#define JMP_FAR() RUN("\xff\x2b", DATA, false)

static void expect_refused(u8 vector, u32 error)
{
	expect_fault(vector);
	assert_int_equal(fake.vcpu.events.next.error, error);
	assert_int_equal(sim_get(VMCS_GUEST_SELECTOR(SEG_CS)), 0x38);
	fake.vcpu.events.next.info = 0;
}

static void far_jumps(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_BASE, 0x8800);
	sim_set(VMCS_GUEST_GDTR_LIMIT, 0x3f);
	sim_set(VMCS_GUEST_SELECTOR(SEG_CS), 0x38);
	put_descriptor(1, 0x00af9a000000ffff); /* 64-bit code */
	put_descriptor(2, 0x00409a0000000fff); /* 32-bit code of 4K */
	put_descriptor(3, 0x00cf92000000ffff); /* data */
	put_descriptor(4, 0x00af1a000000ffff); /* not present */
	put_descriptor(5, 0x00af9e000000ffff); /* conforming */
	put_descriptor(6, 0x0000890080000067); /* a TSS */
	put_descriptor(7, 0x00effa000000ffff); /* 64-bit and 32-bit at once */
	put_pointer(0x1000, 0x1b);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_GP, 0x18);
	put_pointer(0x1000, 0x20);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_NP, 0x20);
	put_pointer(0x1000, 0x09); /* RPL 1 */
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_GP, 0x08);
	put_pointer(0x1000, 0x38);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_GP, 0x38);
	put_pointer(0x1000, 0x40);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_GP, 0x40);
	put_pointer(0x1000, 0x10);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_refused(VECTOR_GP, 0); /* behind the limit */
	assert_int_equal(fake.ram[0x8815], 0x9a); /* not accessed */
	put_pointer(0x2000, 0x08);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_at(0x2000);
	assert_int_equal(sim_get(VMCS_GUEST_SELECTOR(SEG_CS)), 0x08);
	assert_int_equal(fake.ram[0x880d], 0x9b); /* accessed */
	put_pointer(0xff0, 0x10);
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_at(0xff0);
	assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_CS)) & (AR_L | AR_DB), AR_DB);
	assert_int_equal(sim_get(VMCS_GUEST_LIMIT(SEG_CS)), 0xfff);
}

static void far_jumps_to_other_places(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_GDTR_BASE, 0x8800);
	sim_set(VMCS_GUEST_GDTR_LIMIT, 0x3f);
	put_descriptor(5, 0x00af9e000000ffff);
	put_descriptor(6, 0x0000890080000067);
	put_pointer(0x1000, 0x2b); /* conforming: RPL does not matter, and becomes the CPL */
	assert_int_equal(JMP_FAR(), AGAIN);
	expect_at(0x1000);
	assert_int_equal(sim_get(VMCS_GUEST_SELECTOR(SEG_CS)), 0x28);
	put_pointer(0x1000, 0x30);
	assert_int_equal(JMP_FAR(), STOP);
	assert_int_equal(fake.vcpu.stop.cause, STOP_EMULATION);
}

static void far_jump_in_real_mode(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = 0;
	device_set_mode(16);
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_BASE(SEG_DS), DEVICE_GPA);
	sim_set(VMCS_GUEST_LIMIT(SEG_CS), 0xffff);
	put(0, 0xf0001234);
	assert_int_equal(RUN("\xff\x2f", DEVICE_GPA, false), AGAIN); /* JMP FAR [BX] */
	expect_at(0x1234);
	assert_int_equal(sim_get(VMCS_GUEST_BASE(SEG_CS)), 0xf0000);
	sim_set(VMCS_GUEST_BASE(SEG_CS), 0);
	assert_int_equal(RUN("\x66\xff\x2f", DEVICE_GPA, false), AGAIN); /* with 32 bits of IP */
	assert_int_equal(fake.vcpu.events.next.info & INTR_VECTOR, VECTOR_GP);
}

static void machine_status_word(void **state)
{
	(void)state;
	put(0, ~0UL);
	assert_int_equal(RUN("\x0f\x01\x23", DATA, true), AGAIN); /* SMSW */
	expect_at(CODE + 3);
	assert_int_equal(device.bytes[0] & 1, 1);
	assert_memory_equal(device.bytes + 2, "\xff\xff", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(branches_in_64_bit_code, setup),
		cmocka_unit_test_setup(branches_in_16_and_32_bit_code, setup),
		cmocka_unit_test_setup(branches_that_fault, setup),
		cmocka_unit_test_setup(xlat, setup),
		cmocka_unit_test_setup(flushes_touch_nothing, setup),
		cmocka_unit_test_setup(segment_registers, setup),
		cmocka_unit_test_setup(descriptor_tables, setup),
		cmocka_unit_test_setup(segments_are_loaded, setup),
		cmocka_unit_test_setup(privileges, setup),
		cmocka_unit_test_setup(segments_in_real_mode, setup),
		cmocka_unit_test_setup(far_jumps, setup),
		cmocka_unit_test_setup(far_jumps_to_other_places, setup),
		cmocka_unit_test_setup(far_jump_in_real_mode, setup),
		cmocka_unit_test_setup(machine_status_word, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
