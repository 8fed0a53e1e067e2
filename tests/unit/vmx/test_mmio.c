/* SPDX-License-Identifier: MIT */
/*
 * mmio_emulate(): what a device sees, what lies across two pages, the
 * faults that a guest gets, and the step afterwards. What instructions
 * compute is test_mmio_native.c's.
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

static void expect_access(unsigned n, u64 offset, unsigned size, bool write, u64 value)
{
	assert_true(n < device.count);
	assert_int_equal(device.log[n].gpa, DEVICE_GPA + offset);
	assert_int_equal(device.log[n].size, size);
	assert_int_equal(device.log[n].write, write);
	assert_int_equal(device.log[n].value & bits_byte_mask(size), value);
}

static void expect_done(unsigned length)
{
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE + length);
	assert_int_equal(fake.vcpu.events.next.info, 0);
	assert_int_equal(fake.vcpu.stop.cause, STOP_NONE);
}

static void expect_fault(u8 vector)
{
	const struct vcpu_event *next = &fake.vcpu.events.next;

	assert_true(next->info & INTR_VALID);
	assert_int_equal(next->info & INTR_VECTOR, vector);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_RF);
	assert_int_equal(device.count, 0);
	assert_int_equal(fake.vcpu.stop.cause, STOP_NONE);
}

static void expect_page_fault(u64 address, u32 error)
{
	expect_fault(VECTOR_PF);
	assert_int_equal(fake.vcpu.events.next.error, error);
	assert_int_equal(sim.cr2, address);
}

static void moves(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA + 0x20;
	v->regs.rax = 0x1122334455667788;
	assert_int_equal(RUN("\x89\x03", DATA + 0x20, true), AGAIN);
	expect_done(2);
	expect_access(0, 0x20, 4, true, 0x55667788);
	v->regs.rcx = ~0UL;
	assert_int_equal(RUN("\x8b\x0b", DATA + 0x20, false), AGAIN);
	expect_done(2);
	expect_access(1, 0x20, 4, false, 0x55667788);
	assert_int_equal(v->regs.rcx, 0x55667788);
	device.bytes[0x21] = 0xee;
	assert_int_equal(RUN("\x8a\x6b\x01", DATA + 0x21, false), AGAIN); /* CH */
	assert_int_equal(v->regs.rcx, 0x5566ee88);
	assert_int_equal(device.count, 3);
}

/* The commonest exit, and VMREADs are what costs. The handler and the loop have theirs besides. */
static void a_move_reads_few_fields(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = DATA;
	sim_vmx_count();
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	assert_in_range(sim_vmx.reads, 1, 7);
	assert_int_equal(sim_vmx.writes, 1);
}

static void wide_and_unaligned_accesses_come_in_pieces(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA;
	v->regs.rax = 0x8877665544332211;
	assert_int_equal(RUN("\x48\x89\x03", DATA, true), AGAIN);
	expect_access(0, 0, 4, true, 0x44332211);
	expect_access(1, 4, 4, true, 0x88776655);
	assert_int_equal(RUN("\x48\x8b\x0b", DATA, false), AGAIN);
	assert_int_equal(v->regs.rcx, v->regs.rax);
	assert_int_equal(device.count, 4);

	device.count = 0;
	device.ops.widest = 8;
	assert_int_equal(RUN("\x48\x89\x03", DATA, true), AGAIN);
	expect_access(0, 0, 8, true, v->regs.rax);
	assert_int_equal(device.count, 1);

	device.count = 0;
	assert_int_equal(RUN("\x89\x43\x01", DATA + 1, true), AGAIN);
	expect_access(0, 1, 1, true, 0x11);
	expect_access(1, 2, 2, true, 0x3322);
	expect_access(2, 4, 1, true, 0x44);
	assert_int_equal(device.count, 3);
}

static void a_device_may_stop_the_machine(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = fake.vcpu.regs.rdi = DATA;
	device.write_verdict = STOP;
	assert_int_equal(RUN("\x48\x89\x03", DATA, true), STOP);
	assert_int_equal(device.count, 1); /* of two pieces */
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE);
	assert_int_equal(RUN("\x48\x87\x03", DATA, true), STOP);
	assert_int_equal(RUN("\x8f\x03", DATA, true), STOP);
	assert_int_equal(RUN("\xaa", DATA, true), STOP);
	/* Nothing of the next page is written any more. */
	fake.vcpu.regs.rbx = DATA + PAGE_SIZE - 2;
	fake.vcpu.regs.rax = ~0UL;
	assert_int_equal(RUN("\x89\x03", DATA + PAGE_SIZE - 2, true), STOP);
	assert_memory_equal(fake.ram + DATA_RAM, "\0\0", 2);
}

static gpa_t rom_written;

static enum verdict rom_write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	(void)state;
	(void)v;
	(void)size;
	(void)value;
	rom_written = gpa;
	return NEXT;
}

/* A page that the machine has as RAM, but not for writing: the exit makes it the device's. */
static void read_only_memory(void **state)
{
	const struct mmio_device_ops rom = { .write = rom_write };
	const struct memory_access access = { .gpa = 0xb010, .write = true };

	(void)state;
	fake.vcpu.regs.rbx = 0xb010;
	fake.vcpu.regs.rax = ~0UL;
	sim_set(VMCS_GUEST_RIP, CODE);
	memcpy(fake.ram + CODE, "\x89\x03", 2);
	assert_int_equal(mmio_emulate(&fake.vcpu, &access, &rom, NULL), AGAIN);
	assert_int_equal(rom_written, 0xb010);
	assert_int_equal(fake.ram[0xb010], 0);
}

static void read_modify_write(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA;
	device.bytes[0] = 0x41;
	assert_int_equal(RUN("\xf0\x83\x0b\x06", DATA, true), AGAIN); /* lock or */
	expect_access(0, 0, 4, false, 0x41);
	expect_access(1, 0, 4, true, 0x47);
	/* CMPXCHG writes in any case. */
	v->regs.rax = 0x1111111100000046;
	v->regs.rcx = 0x99;
	assert_int_equal(RUN("\xf0\x0f\xb1\x0b", DATA, true), AGAIN);
	expect_access(3, 0, 4, true, 0x47);
	assert_int_equal(v->regs.rax, 0x47);
	assert_false(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_ZF);
	v->regs.rax |= 0x1111111100000000;
	assert_int_equal(RUN("\xf0\x0f\xb1\x0b", DATA, true), AGAIN);
	expect_access(5, 0, 4, true, 0x99);
	assert_int_equal(v->regs.rax, 0x1111111100000047); /* not written */
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_ZF);
	/* CMP and TEST only read. */
	device.count = 0;
	assert_int_equal(RUN("\xf6\x03\x01", DATA, false), AGAIN);
	assert_int_equal(RUN("\x3b\x0b", DATA, false), AGAIN);
	assert_int_equal(device.count, 2);
}

/* The device has been read by then, as it has on a PC; the registers are as they were. */
static void a_quotient_that_does_not_fit(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA;
	v->regs.rdx = 1;
	v->regs.rax = 2;
	assert_int_equal(RUN("\xf7\x33", DATA, false), AGAIN); /* DIV by 0 */
	assert_int_equal(device.count, 1);
	device.count = 0;
	expect_fault(VECTOR_DE);
	fake.vcpu.events.next.info = 0;
	device.bytes[3] = 0x80;
	assert_int_equal(RUN("\xf7\x33", DATA, false), AGAIN);
	expect_done(2);
	assert_int_equal(v->regs.rax, 2);
	assert_int_equal(v->regs.rdx, 2);
}

static void compare_and_exchange_of_pairs(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	device.ops.widest = 8;
	v->regs.rbx = DATA;
	v->regs.rcx = 0x5555;
	device.bytes[8] = 7;
	assert_int_equal(RUN("\xf0\x48\x0f\xc7\x0b", DATA, true), AGAIN);
	expect_done(5);
	assert_int_equal(v->regs.rdx, 7);
	expect_access(2, 0, 8, true, 0); /* what was there, again */
	expect_access(3, 8, 8, true, 7);
	assert_int_equal(RUN("\xf0\x48\x0f\xc7\x0b", DATA, true), AGAIN);
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_ZF);
	expect_access(6, 0, 8, true, DATA);
	expect_access(7, 8, 8, true, 0x5555);
	/* 16 bytes must be aligned, 8 need not be. */
	device.count = 0;
	assert_int_equal(RUN("\x0f\xc7\x4b\x04", DATA + 4, true), AGAIN);
	expect_done(4);
	device.count = 0;
	assert_int_equal(RUN("\x48\x0f\xc7\x4b\x08", DATA + 8, true), AGAIN);
	expect_fault(VECTOR_GP);
}

static void an_operand_on_two_pages(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA + PAGE_SIZE - 2;
	v->regs.rax = 0x44332211;
	assert_int_equal(RUN("\x89\x03", DATA + PAGE_SIZE - 2, true), AGAIN);
	expect_access(0, PAGE_SIZE - 2, 2, true, 0x2211);
	assert_memory_equal(fake.ram + DATA_RAM, "\x33\x44\0", 3);
	assert_int_equal(device.count, 1);
	/* From RAM into the device: the processor reports the second page's address. */
	v->regs.rbx = DATA + 2 * PAGE_SIZE - 1;
	assert_int_equal(RUN("\x89\x03", DATA + 2 * PAGE_SIZE, true), AGAIN);
	assert_int_equal(fake.ram[DATA_RAM + PAGE_SIZE - 1], 0x11);
	expect_access(1, 2 * PAGE_SIZE, 2, true, 0x3322);
	expect_access(2, 2 * PAGE_SIZE + 2, 1, true, 0x44);
	assert_int_equal(RUN("\x8b\x0b", DATA + 2 * PAGE_SIZE, false), AGAIN);
	assert_int_equal(v->regs.rcx, 0x44332211);
	expect_done(2);
}

static void the_second_page_may_fault(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	*device_pte(DATA + PAGE_SIZE) &= ~1UL;
	v->regs.rbx = DATA + PAGE_SIZE - 2;
	assert_int_equal(RUN("\x89\x03", DATA + PAGE_SIZE - 2, true), AGAIN);
	expect_page_fault(DATA + PAGE_SIZE, PF_WRITE);
	v->events.next.info = 0;
	*device_pte(DATA + PAGE_SIZE) = DATA_RAM | 5; /* read-only */
	assert_int_equal(RUN("\x0f\xab\x03", DATA + PAGE_SIZE - 2, true), AGAIN);
	expect_page_fault(DATA + PAGE_SIZE, PF_WRITE | PF_PRESENT);
	v->events.next.info = 0;
	assert_int_equal(RUN("\x8b\x03", DATA + PAGE_SIZE - 2, false), AGAIN);
	expect_done(2);
}

static void segments(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_DS_BASE, 0x12345); /* without meaning in 64-bit code */
	sim_set(VMCS_GUEST_GS_BASE, DATA);
	v->regs.rbx = 8;
	v->regs.rax = 0x77;
	assert_int_equal(RUN("\x65\x88\x03", DATA + 8, true), AGAIN);
	expect_access(0, 8, 1, true, 0x77);
	/* Not canonical: #GP, or #SS by RBP. It is not what the exit reports, so it is sought. */
	device.count = 0;
	v->regs.rbx = v->regs.rbp = BIT(47) - 2;
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_fault(VECTOR_GP);
	v->events.next.info = 0;
	assert_int_equal(RUN("\x8b\x45\x00", DATA, false), AGAIN);
	expect_fault(VECTOR_SS);
}

static void relative_to_rip(void **state)
{
	(void)state;
	/* From the end of ten bytes at CODE to DATA + 40H. */
	assert_int_equal(RUN("\xc7\x05\x36\xf0\xff\x5f\x78\x56\x34\x12", DATA + 0x40, true), AGAIN);
	expect_done(10);
	expect_access(0, 0x40, 4, true, 0x12345678);
}

static void a_32_bit_result_clears_the_upper_half(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rbx = DATA;
	v->regs.rcx = ~0UL;
	assert_int_equal(RUN("\x2b\x0b", DATA, false), AGAIN); /* sub (%rbx), %ecx */
	assert_int_equal(v->regs.rcx, 0xffffffff);
	v->regs.rcx = 0;
	device.bytes[0] = 1;
	assert_int_equal(RUN("\x2b\x0b", DATA, false), AGAIN);
	assert_int_equal(v->regs.rcx, 0xffffffff);
}

/* Some exits report no linear address: then all operands are walked. */
static void no_linear_address(void **state)
{
	const struct memory_access access = { .gpa = DEVICE_GPA + 3 * PAGE_SIZE, .gva = DATA };

	(void)state;
	fake.vcpu.regs.rbx = DATA;
	sim_set(VMCS_GUEST_RIP, CODE);
	memcpy(fake.ram + CODE, "\x8b\x03", 2);
	assert_int_equal(mmio_emulate(&fake.vcpu, &access, &device.ops, &device), AGAIN);
	expect_done(2);
	expect_access(0, 0, 4, false, 0);
}

/* Or only its offset in the page: with it no walk is needed. But only one operand is meant. */
static void the_offset_of_a_linear_address(void **state)
{
	struct memory_access access = { .gpa = DEVICE_GPA + 0x38, .same_offset = true, .write = true };
	struct vcpu *v = &fake.vcpu;
	u64 pte = *device_pte(DATA);

	(void)state;
	v->regs.rbx = DATA;
	v->regs.rax = 0x12345678;
	*device_pte(DATA) = 0;
	sim_set(VMCS_GUEST_RIP, CODE);
	memcpy(fake.ram + CODE, "\x89\x43\x38", 3);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	expect_done(3);
	expect_access(0, 0x38, 4, true, 0x12345678);
	/* PUSH of memory to a stack in the device, at the same offset */
	*device_pte(DATA) = pte;
	device.ops.widest = 8;
	v->regs.rbx = DATA_RAM + 0x38;
	memcpy(fake.ram + DATA_RAM + 0x38, "12345678", 8);
	sim_set(VMCS_GUEST_RSP, DATA + 0x40);
	sim_set(VMCS_GUEST_RIP, CODE);
	memcpy(fake.ram + CODE, "\xff\x33", 2);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	assert_int_equal(device.count, 2);
	assert_memory_equal(device.bytes + 0x38, "12345678", 8);
}

/* What has been decoded is decoded again when any of its bytes is another. */
static void code_that_changes(void **state)
{
	u8 code[11] = { 0x48, 0xc7, 0x83, 0x10, 0, 0, 0, 0x11, 0x22, 0x33, 0x44 };

	(void)state;
	fake.vcpu.regs.rbx = DATA;
	for (unsigned i = 0; i < 4; i++) {
		code[i == 2 ? 3 : 10] = (u8)(0x20 + 8 * i);
		for (unsigned again = 0; again < 2; again++) {
			device.count = 0;
			assert_int_equal(device_emulate(code, sizeof(code), DATA + code[3], true), AGAIN);
			expect_done(sizeof(code));
			expect_access(0, code[3], 4, true, (u32)code[10] << 24 | 0x332211);
		}
	}
}

static void code_of_32_bits(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	device_set_mode(32);
	v->regs.rbx = 0xffffffff00000000 | (u32)(DEVICE_GPA - 0x100);
	v->regs.rax = 0x12345678;
	sim_set(VMCS_GUEST_ES_BASE, 0x180);
	assert_int_equal(RUN("\x26\x89\x03", DEVICE_GPA + 0x80, true), AGAIN);
	expect_access(0, 0x80, 4, true, 0x12345678);
	assert_int_equal(RUN("\xa1\x80\x00\x00\xd0", DEVICE_GPA + 0x80, false), AGAIN);
	expect_access(1, 0x80, 4, false, 0x12345678);
	/* 16-bit addresses wrap around. */
	sim_set(VMCS_GUEST_DS_BASE, DEVICE_GPA);
	v->regs.rbx = 0xabcdfff0;
	v->regs.rsi = 0x30;
	assert_int_equal(RUN("\x67\x8a\x00", DEVICE_GPA + 0x20, false), AGAIN);
	expect_access(2, 0x20, 1, false, 0);
	/* The linear address does as well. */
	sim_set(VMCS_GUEST_DS_BASE, 0xfffff000);
	v->regs.rbx = DEVICE_GPA + 0x1040;
	assert_int_equal(RUN("\x8b\x03", DEVICE_GPA + 0x40, false), AGAIN);
	expect_access(3, 0x40, 4, false, 0);
	assert_int_equal(device.count, 4);
}

/* Real mode: the code lies at CS.base + IP. */
static void code_of_16_bits(void **state)
{
	struct vcpu *v = &fake.vcpu;
	const struct memory_access access = { .gpa = DEVICE_GPA + 0x12, .gva = DEVICE_GPA + 0x12,
					      .gva_valid = true, .write = true };

	(void)state;
	device_set_mode(16);
	sim_set(VMCS_GUEST_CR0, 0);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_CS_BASE, 0x8000);
	sim_set(VMCS_GUEST_DS_BASE, DEVICE_GPA);
	sim_set(VMCS_GUEST_RIP, 0x123);
	memcpy(fake.ram + 0x8123, "\x89\x40\x02", 3); /* mov %ax, 2(%bx,%si) */
	v->regs.rax = 0x1234;
	v->regs.rbx = 0x8;
	v->regs.rsi = 0x8;
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	expect_access(0, 0x12, 2, true, 0x1234);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x126);
}

/* 32-bit paging of both kinds leads to the code. */
static void code_behind_old_page_tables(void **state)
{
	u32 *directory = (u32 *)(fake.ram + 0x8000), *table = (u32 *)(fake.ram + 0xa000);

	(void)state;
	device_set_mode(32);
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE);
	sim_set(VMCS_CR4_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_CR3, 0x8000);
	directory[0] = 0xa000 | 7;
	table[CODE >> 12] = CODE | 7;
	fake.vcpu.regs.rbx = DATA;
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_done(2);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE | CR4_PAE);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE);
	sim_set(VMCS_GUEST_PDPTE0, 0x4000 | 1);
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_done(2);
	assert_int_equal(device.count, 2);
}

/* The first bytes of an instruction at the end of a page, the others elsewhere. */
static void code_on_two_pages(void **state)
{
	struct vcpu *v = &fake.vcpu;
	const struct memory_access access = { .gpa = DEVICE_GPA, .gva = DATA, .gva_valid = true,
					      .write = true };

	(void)state;
	*device_pte(0x8000) = 0xb000 | 7;
	memcpy(fake.ram + 0x7ffd, "\xc7\x03\x01", 3);
	memcpy(fake.ram + 0xb000, "\x02\x03\x04", 3);
	v->regs.rbx = DATA;
	sim_set(VMCS_GUEST_RIP, 0x7ffd);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	expect_access(0, 0, 4, true, 0x04030201);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x8003);
	/* Not there any more: the fault of a fetch, at its second page. */
	*device_pte(0x8000) = 0;
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA | EFER_NXE);
	sim_set(VMCS_GUEST_RIP, 0x7ffd);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	assert_int_equal(sim.cr2, 0x8000);
	assert_int_equal(v->events.next.error, PF_FETCH);
	/* But one that ends in the first page does not need the second. */
	v->events.next.info = 0;
	fake.ram[0x7ffe] = 0x89;
	fake.ram[0x7fff] = 0x03;
	sim_set(VMCS_GUEST_RIP, 0x7ffe);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x8000);
	/* Nor the first, if the tables have changed: a fault again. */
	*device_pte(0x7000) = 0;
	sim_set(VMCS_GUEST_RIP, 0x7ffe);
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), AGAIN);
	assert_int_equal(sim.cr2, 0x7ffe);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_PF);
}

/* The way to a page of code is remembered: not when the tables, or CR3, are others. */
static void code_that_moves(void **state)
{
	static const u8 moves[][2] = { { 0x8a, 0x03 }, { 0x8b, 0x03 }, { 0x89, 0x03 } };

	(void)state;
	fake.vcpu.regs.rbx = DATA;
	assert_int_equal(RUN("\x8a\x03", DATA, false), AGAIN);
	memcpy(fake.ram + 0xb000, moves[1], 2);
	*device_pte(CODE) = 0xb000 | 7;
	assert_int_equal(RUN("\x8a\x03", DATA, false), AGAIN);
	expect_access(1, 0, 4, false, 0);
	/* Tables of its own, with other code at the same address. */
	memcpy(fake.ram + 0x8000, fake.ram + 0x2000, 16);
	*(u64 *)(fake.ram + 0x8000) = 0x9007;
	memcpy(fake.ram + 0x9000, fake.ram + 0x3000, 16);
	*(u64 *)(fake.ram + 0x9000) = 0xa007;
	*(u64 *)(fake.ram + 0xa000) = 0xc007;
	*(u64 *)(fake.ram + 0xc000 + 8) = 0xd007;
	memcpy(fake.ram + 0xd000, moves[2], 2);
	sim_set(VMCS_GUEST_CR3, 0x8000);
	assert_int_equal(RUN("\x8a\x03", DATA, true), AGAIN);
	expect_access(2, 0, 4, true, 0);
	sim_set(VMCS_GUEST_CR3, 0x2000);
	assert_int_equal(RUN("\x8a\x03", DATA, false), AGAIN);
	expect_access(3, 0, 4, false, 0);
}

static void code_in_large_pages(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = DATA;
	*(u64 *)(fake.ram + 0x4000) = 0x80 | 7; /* 2M at 0 */
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_done(2);
	*(u64 *)(fake.ram + 0x3000) = 0x80 | 7; /* 1G at 0 */
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_done(2);
}

static void push_and_pop(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	device.ops.widest = 8;
	memcpy(device.bytes + 0x30, "12345678", 8);
	sim_set(VMCS_GUEST_RSP, 0xc008);
	v->regs.rbx = DATA;
	assert_int_equal(RUN("\xff\x73\x30", DATA + 0x30, false), AGAIN);
	expect_done(3);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xc000);
	assert_memory_equal(fake.ram + 0xc000, "12345678", 8);
	assert_int_equal(RUN("\x8f\x43\x40", DATA + 0x40, true), AGAIN);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xc008);
	assert_memory_equal(device.bytes + 0x40, "12345678", 8);
	/* POP's address is computed with the new RSP. */
	sim_set(VMCS_GUEST_RSP, DATA + PAGE_SIZE);
	memcpy(fake.ram + DATA_RAM, "abcdefgh", 8);
	assert_int_equal(RUN("\x8f\x84\x24\x00\xf0\xff\xff", DATA + 8, true), AGAIN);
	assert_memory_equal(device.bytes + 8, "abcdefgh", 8);
	/* A stack that is not there: nothing is read from the device. */
	device.count = 0;
	*device_pte(0xc000) = 0;
	sim_set(VMCS_GUEST_RSP, 0xc008);
	assert_int_equal(RUN("\xff\x33", DATA, false), AGAIN);
	expect_page_fault(0xc000, PF_WRITE);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0xc008);
}

static void push_with_a_16_bit_stack(void **state)
{
	(void)state;
	device_set_mode(32);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 0x3);
	sim_set(VMCS_GUEST_SS_BASE, 0x8000);
	sim_set(VMCS_GUEST_RSP, 0x12340002);
	sim_set(VMCS_GUEST_SS_LIMIT, 0xffff);
	fake.vcpu.regs.rbx = DEVICE_GPA;
	assert_int_equal(RUN("\xff\x33", DEVICE_GPA, false), AGAIN); /* at FFFE to 10001H */
	expect_fault(VECTOR_SS);
	fake.vcpu.events.next.info = 0;
	device.bytes[0] = 0x5a;
	sim_set(VMCS_GUEST_RSP, 0x12340000 | 0x1004);
	assert_int_equal(RUN("\xff\x33", DEVICE_GPA, false), AGAIN);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0x12341000);
	assert_int_equal(fake.ram[0x9000], 0x5a);
}

/* User code: its rights count for what the processor had not come to. */
static void users_operands(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | AR_DPL | 0x3);
	*device_pte(0xc000) = 0xc000 | 3; /* the supervisor's */
	v->regs.rsi = DATA;
	v->regs.rdi = 0xc000;
	assert_int_equal(RUN("\xa5", DATA, false), AGAIN);
	expect_page_fault(0xc000, PF_WRITE | PF_USER | PF_PRESENT);
	/* And it may have asked for alignment checks. */
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | CR0_AM);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_AC);
	v->regs.rdi = 0xb001;
	assert_int_equal(RUN("\xa5", DATA, false), AGAIN);
	expect_fault(VECTOR_AC);
	v->events.next.info = 0;
	v->regs.rdi = 0xb004;
	assert_int_equal(RUN("\xa5", DATA, false), AGAIN);
	expect_done(1);
}

static void the_step(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = DATA;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_RF | RFLAGS_IF);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
	sim_set(VMCS_EXIT_INSTRUCTION_LENGTH, 0x1234); /* undefined at this exit */
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	expect_done(2);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	assert_int_equal(RUN("\x8b\x03", DATA, false), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | VECTOR_DB);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE + 2);
	assert_true(sim.dr6 & DR6_BS);
}

static void what_is_not_known_stops(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = DATA;
	assert_int_equal(RUN("\xd8\x03\x01\x02\x03\x04\x05\x06\x07", DATA, false), STOP);
	assert_int_equal(fake.vcpu.stop.cause, STOP_UNKNOWN_CODE);
	assert_int_equal(fake.vcpu.stop.value, 0xd803010203040506); /* as they are read */
	assert_int_equal(device.count, 0);
}

static void lock_that_is_not_allowed(void **state)
{
	(void)state;
	assert_int_equal(RUN("\xf0\x8b\x03", DATA, false), AGAIN);
	expect_fault(VECTOR_UD);
}

static void exits_that_are_no_operands(void **state)
{
	struct memory_access access = { .gpa = DEVICE_GPA, .fetch = true };
	struct vcpu *v = &fake.vcpu;

	(void)state;
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), STOP);
	assert_int_equal(v->stop.cause, STOP_BAD_MEMORY);
	assert_int_equal(v->stop.value, DEVICE_GPA);
	v->stop.cause = STOP_NONE;
	access.fetch = false;
	access.table_walk = true;
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), STOP);
	access.table_walk = false;
	access.write = true;
	v->events.next.info = INTR_VALID | 0x20; /* a stack, while an event was delivered */
	assert_int_equal(mmio_emulate(v, &access, &device.ops, &device), STOP);
	assert_int_equal(device.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, device_setup)
		TEST(moves),
		TEST(a_move_reads_few_fields),
		TEST(wide_and_unaligned_accesses_come_in_pieces),
		TEST(a_device_may_stop_the_machine),
		TEST(a_quotient_that_does_not_fit),
		TEST(compare_and_exchange_of_pairs),
		TEST(read_only_memory),
		TEST(read_modify_write),
		TEST(an_operand_on_two_pages),
		TEST(the_second_page_may_fault),
		TEST(segments),
		TEST(relative_to_rip),
		TEST(a_32_bit_result_clears_the_upper_half),
		TEST(no_linear_address),
		TEST(the_offset_of_a_linear_address),
		TEST(code_that_changes),
		TEST(code_of_32_bits),
		TEST(code_of_16_bits),
		TEST(code_behind_old_page_tables),
		TEST(code_on_two_pages),
		TEST(code_that_moves),
		TEST(code_in_large_pages),
		TEST(push_and_pop),
		TEST(push_with_a_16_bit_stack),
		TEST(users_operands),
		TEST(the_step),
		TEST(what_is_not_known_stops),
		TEST(lock_that_is_not_allowed),
		TEST(exits_that_are_no_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
