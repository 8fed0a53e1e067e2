/* SPDX-License-Identifier: MIT */
/*
 * String instructions between a device and RAM: batches, events, faults in
 * the middle, segments. What they compute is test_mmio_native.c's as well.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_device.h"

#define RUN(code, gva, write) device_emulate(code, sizeof(code) - 1, gva, write)

#define BUFFER 0xc000 /* RAM */

static u64 rip(void)
{
	return sim_get(VMCS_GUEST_RIP);
}

static void expect_fault(u8 vector)
{
	const struct vcpu_event *next = &fake.vcpu.events.next;

	assert_true(next->info & INTR_VALID);
	assert_int_equal(next->info & INTR_VECTOR, vector);
	assert_int_equal(rip(), CODE);
}

static void to_the_device_and_back(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	memcpy(fake.ram + BUFFER, "abcdefghijklmnop", 16);
	v->regs.rsi = BUFFER;
	v->regs.rdi = DATA + 0x100;
	v->regs.rcx = 4;
	assert_int_equal(RUN("\xf3\xa5", DATA + 0x100, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(v->regs.rcx, 0);
	assert_int_equal(v->regs.rsi, BUFFER + 16);
	assert_int_equal(v->regs.rdi, DATA + 0x110);
	assert_int_equal(device.count, 4);
	assert_memory_equal(device.bytes + 0x100, "abcdefghijklmnop", 16);

	v->regs.rsi = DATA + 0x10f;
	v->regs.rdi = BUFFER + 0x10f;
	v->regs.rcx = 16;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_DF);
	assert_int_equal(RUN("\xf3\xa4", DATA + 0x10f, false), AGAIN);
	assert_memory_equal(fake.ram + BUFFER + 0x100, "abcdefghijklmnop", 16);
	assert_int_equal(v->regs.rsi, DATA + 0xff);
	assert_int_equal(v->regs.rdi, BUFFER + 0xff);
}

/* Within the device, which is both operands. */
static void a_screen_scrolls(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	memcpy(device.bytes + 160, "second line.....", 16);
	v->regs.rsi = DATA + 160;
	v->regs.rdi = DATA;
	v->regs.rcx = 4;
	assert_int_equal(RUN("\xf3\xa5", DATA + 160, false), AGAIN);
	assert_int_equal(device.count, 8);
	assert_false(device.log[0].write);
	assert_true(device.log[1].write);
	assert_memory_equal(device.bytes, "second line.....", 16);
}

static void long_transfers_let_events_in(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdi = DATA;
	v->regs.rcx = 2 * MMIO_BATCH;
	assert_int_equal(RUN("\xf3\xaa", DATA, true), AGAIN);
	assert_int_equal(rip(), CODE);
	assert_int_equal(v->regs.rcx, MMIO_BATCH);
	assert_int_equal(v->regs.rdi, DATA + MMIO_BATCH);
	assert_int_equal(device.count, MMIO_BATCH);
	device.attention_at = MMIO_BATCH + 10;
	assert_int_equal(RUN("\xf3\xaa", DATA + MMIO_BATCH, true), AGAIN);
	assert_int_equal(v->regs.rcx, MMIO_BATCH - 10);
	assert_int_equal(rip(), CODE);
	/* Attention from before the exit does not keep the first element from being done. */
	v->attention = ATTENTION_POLL;
	assert_int_equal(RUN("\xf3\xaa", DATA + MMIO_BATCH + 10, true), AGAIN);
	assert_int_equal(v->regs.rcx, MMIO_BATCH - 11);
	v->attention = 0;
	assert_int_equal(RUN("\xf3\xaa", DATA + MMIO_BATCH + 11, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(device.count, 2 * MMIO_BATCH);
	/* Exactly one batch needs no second turn. */
	v->regs.rcx = MMIO_BATCH;
	v->regs.rdi = DATA;
	assert_int_equal(RUN("\xf3\xaa", DATA, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
}

static void single_steps_trap_after_each_element(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
	v->regs.rdi = DATA;
	v->regs.rcx = 2;
	assert_int_equal(RUN("\xf3\xaa", DATA, true), AGAIN);
	assert_int_equal(v->regs.rcx, 1);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
	expect_fault(VECTOR_DB);
	v->events.next.info = 0;
	assert_int_equal(RUN("\xf3\xaa", DATA + 1, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_DB);
}

static void comparisons_end_where_they_should(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	memcpy(device.bytes, "aaaab", 5);
	v->regs.rdi = DATA;
	v->regs.rcx = 100;
	v->regs.rax = 'b';
	assert_int_equal(RUN("\xf2\xae", DATA, false), AGAIN); /* find a 'b' */
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(v->regs.rcx, 95);
	assert_int_equal(v->regs.rdi, DATA + 5);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_ZF);

	memcpy(fake.ram + BUFFER, "aaac", 4);
	v->regs.rsi = BUFFER;
	v->regs.rdi = DATA;
	v->regs.rcx = 100;
	assert_int_equal(RUN("\xf3\xa6", DATA, false), AGAIN); /* where do they differ? */
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(v->regs.rcx, 96);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS) & (RFLAGS_ZF | RFLAGS_CF), 0); /* 'c' > 'a' */
	/* The flags of what was compared stay when the next element faults. */
	memset(fake.ram + BUFFER + 0xff0, 'a', 16);
	*device_pte(BUFFER + 0x1000) = 0;
	v->regs.rsi = BUFFER + 0xffe;
	v->regs.rdi = DATA;
	v->regs.rcx = 100;
	assert_int_equal(RUN("\xf3\xa6", DATA, false), AGAIN);
	expect_fault(VECTOR_PF);
	assert_int_equal(sim.cr2, BUFFER + 0x1000);
	assert_int_equal(v->regs.rcx, 98);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_ZF);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_RF);
}

static void a_fault_comes_before_the_device_is_read(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	*device_pte(BUFFER + 0x1000) = (BUFFER + 0x1000) | 5; /* read-only */
	v->regs.rsi = DATA;
	v->regs.rdi = BUFFER + 0xffc;
	v->regs.rcx = 3;
	assert_int_equal(RUN("\xf3\xa5", DATA, false), AGAIN);
	expect_fault(VECTOR_PF);
	assert_int_equal(v->events.next.error, PF_PRESENT | PF_WRITE);
	assert_int_equal(device.count, 1);
	assert_int_equal(v->regs.rcx, 2); /* what was done before stays done */
	assert_int_equal(v->regs.rsi, DATA + 4);
	/* A read-only device: the exit tells of the read, the write is checked. */
	v->events.next.info = 0;
	*device_pte(DATA) &= ~2UL;
	v->regs.rsi = v->regs.rdi = DATA;
	assert_int_equal(RUN("\xa5", DATA, false), AGAIN);
	expect_fault(VECTOR_PF);
	assert_int_equal(device.count, 1);
}

static void address_sizes(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdi = 0x500000000 | DATA;
	v->regs.rcx = 0x700000002;
	assert_int_equal(RUN("\x67\xf3\xaa", DATA, true), AGAIN);
	assert_int_equal(device.count, 2);
	assert_int_equal(v->regs.rdi, DATA + 2);
	assert_int_equal(v->regs.rcx, 0);

	device_set_mode(16);
	sim_set(VMCS_GUEST_ES_BASE, DEVICE_GPA - 0xfffe);
	v->regs.rdi = 0x1234fffe;
	v->regs.rcx = 0x56780001;
	assert_int_equal(RUN("\xf3\xab", DEVICE_GPA, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(v->regs.rdi, 0x12340000);
	assert_int_equal(v->regs.rcx, 0x56780000);
}

static void segments_are_checked(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	device_set_mode(32);
	sim_set(VMCS_GUEST_FS_BASE, BUFFER);
	sim_set(VMCS_GUEST_FS_LIMIT, 5);
	memcpy(fake.ram + BUFFER, "abcdef", 6);
	v->regs.rdi = DEVICE_GPA;
	v->regs.rsi = 4;
	v->regs.rcx = 10;
	assert_int_equal(RUN("\x64\xf3\xa4", DEVICE_GPA, true), AGAIN);
	expect_fault(VECTOR_GP);
	assert_int_equal(v->regs.rcx, 8);
	assert_memory_equal(device.bytes, "ef\0", 3);
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_SS_LIMIT, 5);
	assert_int_equal(RUN("\x36\xa4", DEVICE_GPA, true), AGAIN);
	expect_fault(VECTOR_SS);
	/* ES cannot be overridden, and must be writable. */
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_ES_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0x1);
	assert_int_equal(RUN("\x64\xaa", DEVICE_GPA, true), AGAIN);
	expect_fault(VECTOR_GP);
}

static void loads(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	memcpy(device.bytes, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	v->regs.rax = ~0UL;
	v->regs.rsi = DATA;
	assert_int_equal(RUN("\xac", DATA, false), AGAIN);
	assert_int_equal(v->regs.rax, ~0UL << 8 | 0x11);
	v->regs.rsi = DATA;
	assert_int_equal(RUN("\xad", DATA, false), AGAIN);
	assert_int_equal(v->regs.rax, 0x44332211);
	v->regs.rsi = DATA;
	assert_int_equal(RUN("\x48\xad", DATA, false), AGAIN);
	assert_int_equal(v->regs.rax, 0x8877665544332211);
	assert_int_equal(v->regs.rsi, DATA + 8);
}

static void nothing_to_repeat(void **state)
{
	(void)state;
	fake.vcpu.regs.rdi = DATA;
	assert_int_equal(RUN("\xf3\xaa", DATA, true), AGAIN);
	assert_int_equal(rip(), CODE + 2);
	assert_int_equal(device.count, 0);
	assert_int_equal(fake.vcpu.regs.rdi, DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, device_setup)
		TEST(to_the_device_and_back),
		TEST(a_screen_scrolls),
		TEST(long_transfers_let_events_in),
		TEST(single_steps_trap_after_each_element),
		TEST(comparisons_end_where_they_should),
		TEST(a_fault_comes_before_the_device_is_read),
		TEST(address_sizes),
		TEST(segments_are_checked),
		TEST(loads),
		TEST(nothing_to_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
