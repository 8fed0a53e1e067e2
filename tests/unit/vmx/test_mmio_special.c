/* SPDX-License-Identifier: MIT */
/*
 * mmio_emulate() on instructions that are no plain operation on one operand:
 * near branches through device memory, XLAT, CLFLUSH, MOV from a segment.
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
#define STACK 0x8100UL

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(branches_in_64_bit_code, setup),
		cmocka_unit_test_setup(branches_in_16_and_32_bit_code, setup),
		cmocka_unit_test_setup(branches_that_fault, setup),
		cmocka_unit_test_setup(xlat, setup),
		cmocka_unit_test_setup(flushes_touch_nothing, setup),
		cmocka_unit_test_setup(segment_registers, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
