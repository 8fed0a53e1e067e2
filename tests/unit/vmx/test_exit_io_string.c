/* SPDX-License-Identifier: MIT */
/*
 * INS and OUTS between a port that remembers and guest memory.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/exit_io_string.h"
#include "vmx/guest_memory.h"
#include "vmx/mmio.h"

#define PORT 0x1f0

static struct vcpu_ops ops;
static u32 written[256];
static unsigned reads, writes, attention_at;
static enum verdict port_verdict;

static u32 port_in(struct vcpu *v, u16 port, unsigned size)
{
	assert_int_equal(port, PORT);
	reads++;
	if (reads == attention_at)
		vcpu_attend(v, ATTENTION_EVENT);
	return (u32)((0xa1b2c3d0 + reads) & bits_byte_mask(size));
}

static enum verdict port_out(struct vcpu *v, u16 port, unsigned size, u32 value)
{
	(void)v;
	assert_int_equal(port, PORT);
	assert_int_equal(value & ~bits_byte_mask(size), 0);
	written[writes++] = value;
	return port_verdict;
}

/* 32-bit code without paging, flat segments. */
static int setup(void **state)
{
	fake_setup(state);
	reads = writes = attention_at = 0;
	port_verdict = NEXT;
	ops = *fake.vcpu.ops;
	ops.port_in = port_in;
	ops.port_out = port_out;
	fake.vcpu.ops = &ops;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0xb);
	for (enum segment s = SEG_ES; s <= SEG_GS; s++) {
		if (s != SEG_CS)
			sim_set(VMCS_GUEST_ACCESS_RIGHTS(s), AR_P | AR_S | AR_DB | 0x3);
		sim_set(VMCS_GUEST_LIMIT(s), 0xffffffff);
	}
	return 0;
}

static enum verdict run(const char *instruction, unsigned size, unsigned address_size,
			enum segment segment)
{
	u64 qualification = (u64)PORT << 16 | BIT(4) | (size - 1);

	if (strstr(instruction, "ins"))
		qualification |= BIT(3);
	if (strstr(instruction, "rep"))
		qualification |= BIT(5);
	sim_set(VMCS_EXIT_INSTRUCTION_INFO,
		(address_size == 16 ? 0UL : address_size == 32 ? 1UL : 2UL) << 7 |
			(u64)segment << 15);
	return exit_io_string(&fake.vcpu, qualification);
}

static void one_element_of_each_size(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdi = 0x8000;
	v->regs.rcx = 5;
	assert_int_equal(run("insb", 1, 32, SEG_ES), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\xd1\0\0\0", 4);
	assert_int_equal(v->regs.rdi, 0x8001);
	assert_int_equal(run("insw", 2, 32, SEG_ES), NEXT);
	assert_memory_equal(fake.ram + 0x8001, "\xd2\xc3\0\0", 4);
	assert_int_equal(run("insl", 4, 32, SEG_ES), NEXT);
	assert_memory_equal(fake.ram + 0x8003, "\xd3\xc3\xb2\xa1\0", 5);
	assert_int_equal(v->regs.rdi, 0x8007);
	assert_int_equal(v->regs.rcx, 5);

	memcpy(fake.ram + 0x9000, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	v->regs.rsi = 0x9000;
	assert_int_equal(run("outsb", 1, 32, SEG_DS), NEXT);
	assert_int_equal(run("outsw", 2, 32, SEG_DS), NEXT);
	assert_int_equal(run("outsl", 4, 32, SEG_DS), NEXT);
	assert_int_equal(written[0], 0x11);
	assert_int_equal(written[1], 0x3322);
	assert_int_equal(written[2], 0x77665544);
	assert_int_equal(v->regs.rsi, 0x9007);
	assert_int_equal(v->regs.rdi, 0x8007);
}

static void rep_counts_down(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdi = 0x8000;
	v->regs.rcx = 3;
	assert_int_equal(run("rep insw", 2, 32, SEG_ES), NEXT);
	assert_int_equal(v->regs.rcx, 0);
	assert_int_equal(v->regs.rdi, 0x8006);
	assert_memory_equal(fake.ram + 0x8000, "\xd1\xc3\xd2\xc3\xd3\xc3\0", 7);
	assert_int_equal(run("rep insw", 2, 32, SEG_ES), NEXT); /* nothing to do */
	assert_int_equal(reads, 3);
}

static void direction_flag_goes_down(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_DF);
	memcpy(fake.ram + 0x9000, "\x11\x11\x22\x22", 4);
	v->regs.rsi = 0x9002;
	v->regs.rcx = 2;
	assert_int_equal(run("rep outsw", 2, 32, SEG_DS), NEXT);
	assert_int_equal(written[0], 0x2222);
	assert_int_equal(written[1], 0x1111);
	assert_int_equal(v->regs.rsi, 0x8ffe);
}

static void address_size_cuts_the_registers(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_ES_BASE, 0x4000);
	sim_set(VMCS_GUEST_ES_LIMIT, 0xffff);
	v->regs.rdi = 0x1234ffffUL | 5UL << 32;
	v->regs.rcx = 0x00050001;
	fake.ram[0x4000] = 0x77;
	sim_set(VMCS_GUEST_ES_BASE, 0xffff4001); /* ES:FFFF is 4000H */
	assert_int_equal(run("rep insb", 1, 16, SEG_ES), NEXT);
	assert_int_equal(fake.ram[0x4000], 0xd1);
	assert_int_equal(v->regs.rdi, 0x12340000UL | 5UL << 32);
	assert_int_equal(v->regs.rcx, 0x00050000);
	assert_int_equal(reads, 1);
	/* 32 bits: the upper half of the register is cleared. */
	sim_set(VMCS_GUEST_ES_BASE, 0);
	v->regs.rdi = 7UL << 32 | 0x8000;
	v->regs.rcx = 7UL << 32 | 2;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), NEXT);
	assert_int_equal(v->regs.rdi, 0x8002);
	assert_int_equal(v->regs.rcx, 0);
	assert_int_equal(reads, 3);
}

static void sixty_four_bit_code(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_L | 0xb);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*(u64 *)(fake.ram + 0x1000 + 8 * 511) = 0x2003;
	*(u64 *)(fake.ram + 0x2000 + 8 * 511) = 0x3003;
	*(u64 *)(fake.ram + 0x3000 + 8 * 511) = 0x4003;
	*(u64 *)(fake.ram + 0x4000 + 8 * 511) = 0x5003;
	sim_set(VMCS_GUEST_DS_BASE, 0x123456); /* ignored */
	sim_set(VMCS_GUEST_GS_BASE, -0x800UL);
	fake.ram[0x5800] = 0x99;
	v->regs.rsi = -0x800UL;
	assert_int_equal(run("outsb", 1, 64, SEG_DS), NEXT);
	assert_int_equal(v->regs.rsi, -0x7ffUL);
	v->regs.rsi = 0;
	assert_int_equal(run("outsb", 1, 64, SEG_GS), NEXT);
	assert_int_equal(written[0], 0x99);
	assert_int_equal(written[1], 0x99);
	v->regs.rsi = BIT(62);
	assert_int_equal(run("outsb", 1, 64, SEG_DS), AGAIN);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_GP);
}

static void segment_override_and_limit(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_FS_BASE, 0x3000);
	sim_set(VMCS_GUEST_FS_LIMIT, 0x11);
	v->regs.rsi = 0x10;
	v->regs.rcx = 4;
	fake.ram[0x3010] = 0x42;
	assert_int_equal(run("rep outsb", 1, 32, SEG_FS), AGAIN);
	assert_int_equal(written[0], 0x42);
	assert_int_equal(writes, 2);
	assert_int_equal(v->regs.rsi, 0x12); /* what was done before stays done */
	assert_int_equal(v->regs.rcx, 2);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_GP);
}

static void segments_are_checked_for_the_whole_element(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_ES_LIMIT, 0x8002);
	v->regs.rdi = 0x8000;
	assert_int_equal(run("insl", 4, 32, SEG_ES), AGAIN);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_GP);
	v->events.next.info = 0;
	sim_set(VMCS_GUEST_ES_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0x1); /* read-only */
	assert_int_equal(run("insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_GP);
	assert_int_equal(reads, 0);
	v->events.next.info = 0;
	assert_int_equal(run("outsb", 1, 32, SEG_ES), NEXT);
}

static void a_fault_comes_before_the_port_is_read(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | AR_DPL | 0x3); /* CPL 3 */
	*(u32 *)(fake.ram + 0x1000) = 0x2007;
	*(u32 *)(fake.ram + 0x2000) = 0x3007;
	*(u32 *)(fake.ram + 0x2004) = 0x4003; /* supervisor's */
	v->regs.rdi = 0xffe;
	v->regs.rcx = 4;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(reads, 2);
	assert_int_equal(v->regs.rcx, 2);
	assert_int_equal(v->regs.rdi, 0x1000);
	assert_int_equal(v->events.next.info & INTR_VECTOR, VECTOR_PF);
	assert_int_equal(v->events.next.error, PF_PRESENT | PF_WRITE | PF_USER);
	assert_int_equal(sim.cr2, 0x1000);
}

static void long_transfers_let_events_in(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rdi = 0x8000;
	v->regs.rcx = IO_STRING_BATCH * 2;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(v->regs.rcx, IO_STRING_BATCH);
	assert_int_equal(reads, IO_STRING_BATCH);
	attention_at = reads + 10; /* a device raises its interrupt */
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(v->regs.rcx, IO_STRING_BATCH - 10);
	v->attention = 0;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), NEXT);
	assert_int_equal(reads, IO_STRING_BATCH * 2);
	/* Exactly one batch needs no second turn. */
	v->regs.rcx = IO_STRING_BATCH;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), NEXT);
	/* Attention from before the exit does not keep the first element from being done. */
	v->attention = ATTENTION_POLL;
	v->regs.rcx = 2;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(v->regs.rcx, 1);
}

static void single_steps_trap_after_each_element(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	sim_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
	v->regs.rdi = 0x8000;
	v->regs.rcx = 3;
	assert_int_equal(run("rep insb", 1, 32, SEG_ES), AGAIN);
	assert_int_equal(v->regs.rcx, 2);
	assert_int_equal(v->events.next.info & (INTR_VALID | INTR_VECTOR), INTR_VALID | VECTOR_DB);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
}

static void a_device_may_stop_the_machine(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	port_verdict = STOP;
	v->regs.rsi = 0x8000;
	v->regs.rcx = 3;
	assert_int_equal(run("rep outsb", 1, 32, SEG_DS), STOP);
	assert_int_equal(writes, 1);
}

static u8 screen[16];
static enum verdict screen_verdict;

#define SCREEN 0xb8000UL

static u64 screen_read(void *state, gpa_t gpa, unsigned size)
{
	u64 value = ~0UL;

	assert_ptr_equal(state, &fake.vcpu);
	memcpy(&value, screen + (gpa - SCREEN), size);
	return value;
}

static enum verdict screen_write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	assert_ptr_equal(state, &fake.vcpu);
	assert_ptr_equal(v, &fake.vcpu);
	memcpy(screen + (gpa - SCREEN), &value, size);
	return screen_verdict;
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

static bool is_read_only(void *state, gpa_t gpa)
{
	(void)state;
	return gpa / PAGE_SIZE == 8;
}

/* What can be read like RAM, but is the device's to write. */
static void memory_may_be_read_only(void **state)
{
	static const struct mmio_device_ops devices = {
		.read = screen_read, .write = rom_write, .widest = 4, .read_only = is_read_only
	};
	struct vcpu *v = &fake.vcpu;

	(void)state;
	ops.devices = &devices;
	memcpy(fake.ram + 0x8000, "abcd", 4);
	v->regs.rdi = v->regs.rsi = 0x8000;
	assert_int_equal(run("insw", 2, 32, SEG_ES), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "abcd", 4);
	assert_int_equal(rom_written, 0x8000);
	assert_int_equal(run("outsl", 4, 32, SEG_DS), NEXT);
	assert_int_equal(written[0], 0x64636261);
}

static void memory_may_be_a_device(void **state)
{
	static const struct mmio_device_ops devices = {
		.read = screen_read, .write = screen_write, .widest = 4
	};
	struct vcpu *v = &fake.vcpu;

	(void)state;
	ops.devices = &devices;
	screen_verdict = NEXT;
	memset(screen, 0, sizeof(screen));
	v->regs.rdi = SCREEN + 1;
	v->regs.rcx = 3;
	assert_int_equal(run("rep insw", 2, 32, SEG_ES), NEXT);
	assert_memory_equal(screen, "\0\xd1\xc3\xd2\xc3\xd3\xc3\0", 8);
	assert_int_equal(v->regs.rdi, SCREEN + 7);
	v->regs.rsi = SCREEN + 3;
	assert_int_equal(run("outsl", 4, 32, SEG_DS), NEXT);
	assert_int_equal(written[0], 0xc3d3c3d2);
	assert_int_equal(v->regs.rsi, SCREEN + 7);

	/* RAM is what it was. */
	v->regs.rdi = 0x8000;
	assert_int_equal(run("insw", 2, 32, SEG_ES), NEXT);
	assert_memory_equal(fake.ram + 0x8000, "\xd4\xc3", 2);

	screen_verdict = STOP;
	v->regs.rdi = SCREEN;
	assert_int_equal(run("insb", 1, 32, SEG_ES), STOP);
	assert_int_equal(v->regs.rdi, SCREEN);
}

static void memory_that_is_nobodys_stops(void **state)
{
	(void)state;
	fake.vcpu.regs.rdi = 0xb8000;
	assert_int_equal(run("insb", 1, 32, SEG_ES), STOP);
	assert_int_equal(fake.vcpu.stop.value, 0xb8000);
	assert_int_equal(reads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(one_element_of_each_size),
		TEST(rep_counts_down),
		TEST(direction_flag_goes_down),
		TEST(address_size_cuts_the_registers),
		TEST(sixty_four_bit_code),
		TEST(segment_override_and_limit),
		TEST(segments_are_checked_for_the_whole_element),
		TEST(a_fault_comes_before_the_port_is_read),
		TEST(long_transfers_let_events_in),
		TEST(single_steps_trap_after_each_element),
		TEST(a_device_may_stop_the_machine),
		TEST(memory_may_be_a_device), TEST(memory_may_be_read_only),
		TEST(memory_that_is_nobodys_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
