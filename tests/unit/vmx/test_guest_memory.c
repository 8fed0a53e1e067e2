/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by linear address: across pages, with faults before
 * anything is done, with accessed and dirty bits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "tests/sim/panic.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/guest_memory.h"

#define P   BIT(0)
#define RW  BIT(1)
#define US  BIT(2)
#define A   BIT(5)
#define D   BIT(6)
#define ALL (P | RW | US)

/* Tables at 1000H to 4000H; linear 0, 1000H, 2000H, ... are what the test puts into the last. */
static u64 *pte(unsigned page)
{
	return (u64 *)(fake.ram + 0x4000) + page;
}

static int setup(void **state)
{
	fake_setup(state);
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | CR0_WP);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*(u64 *)(fake.ram + 0x1000) = 0x2000 | ALL;
	*(u64 *)(fake.ram + 0x2000) = 0x3000 | ALL;
	*(u64 *)(fake.ram + 0x3000) = 0x4000 | ALL;
	*pte(0) = 0x6000 | ALL;
	*pte(1) = 0x5000 | ALL;
	return 0;
}

static void expect_page_fault(u64 address, u32 error)
{
	assert_int_equal(fake.vcpu.events.next.info,
			 INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | INTR_HAS_ERROR |
				 VECTOR_PF);
	assert_int_equal(fake.vcpu.events.next.error, error);
	assert_int_equal(sim.cr2, address);
}

static void a_copy_crosses_pages(void **state)
{
	char text[] = "0123456789", back[sizeof(text)] = "";

	(void)state;
	assert_int_equal(guest_write(&fake.vcpu, 0xffb, text, 10, 0), NEXT);
	assert_memory_equal(fake.ram + 0x6ffb, "01234", 5);
	assert_memory_equal(fake.ram + 0x5000, "56789", 6);
	assert_int_equal(guest_read(&fake.vcpu, 0xffb, back, 10, 0), NEXT);
	assert_string_equal(back, text);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

static void a_page_may_be_as_long_as_a_page(void **state)
{
	static u8 page[PAGE_SIZE];

	(void)state;
	assert_int_equal(guest_read(&fake.vcpu, 0, page, PAGE_SIZE, 0), NEXT);
	assert_int_equal(guest_read(&fake.vcpu, 1, page, PAGE_SIZE, 0), NEXT);
	assert_true(SIM_PANICS((void)!guest_read(&fake.vcpu, 0, page, PAGE_SIZE + 1, 0)));
	assert_true(SIM_PANICS((void)!guest_read(&fake.vcpu, 0, page, 0, 0)));
}

static void a_fault_on_the_second_page_leaves_the_first_alone(void **state)
{
	u64 zero = 0, ones = ~0UL;

	(void)state;
	*pte(1) = 0x5000 | P | US;
	assert_int_equal(guest_write(&fake.vcpu, 0xffc, &ones, 8, 0), AGAIN);
	expect_page_fault(0x1000, PF_PRESENT | PF_WRITE);
	assert_memory_equal(fake.ram + 0x6ffc, &zero, 4);
	assert_int_equal(*pte(0), 0x6000 | ALL); /* not even marked */
	assert_int_equal(fake.vcpu.stop.cause, STOP_NONE);
}

static void faults_tell_the_first_byte_that_is_missing(void **state)
{
	u32 value;

	(void)state;
	assert_int_equal(guest_read(&fake.vcpu, 0x2123, &value, 4, GUEST_USER), AGAIN);
	expect_page_fault(0x2123, PF_USER);
	fake.vcpu.events.next.info = 0;
	assert_int_equal(guest_read(&fake.vcpu, 0x1fff, &value, 4, 0), AGAIN);
	expect_page_fault(0x2000, 0);
}

static void accesses_leave_their_marks(void **state)
{
	u32 value = 0;

	(void)state;
	assert_int_equal(guest_read(&fake.vcpu, 0x1000, &value, 4, 0), NEXT);
	assert_int_equal(*pte(1), 0x5000 | ALL | A);
	assert_int_equal(*pte(0), 0x6000 | ALL);
	assert_int_equal(*(u64 *)(fake.ram + 0x1000), 0x2000 | ALL | A);
	assert_int_equal(guest_write(&fake.vcpu, 0xffe, &value, 4, 0), NEXT);
	assert_int_equal(*pte(0), 0x6000 | ALL | A | D);
	assert_int_equal(*pte(1), 0x5000 | ALL | A | D);
}

static void not_canonical_is_a_general_protection_fault(void **state)
{
	u32 value;

	(void)state;
	assert_int_equal(guest_read(&fake.vcpu, BIT(62), &value, 4, 0), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info & INTR_VECTOR, VECTOR_GP);
}

static void what_is_not_ram_stops(void **state)
{
	u32 value;

	(void)state;
	*pte(1) = 0xb8000 | ALL;
	assert_int_equal(guest_read(&fake.vcpu, 0x1010, &value, 4, 0), STOP);
	assert_int_equal(fake.vcpu.stop.cause, STOP_EMULATION);
	assert_int_equal(fake.vcpu.stop.value, 0xb8010);
	assert_int_equal(fake.vcpu.events.next.info, 0);
	fake.vcpu.stop.cause = STOP_NONE;
	*(u64 *)(fake.ram + 0x3000) = 0xfee00000 | ALL;
	assert_int_equal(guest_read(&fake.vcpu, 0x1010, &value, 4, 0), STOP);
	assert_int_equal(fake.vcpu.stop.cause, STOP_BAD_MEMORY);
	assert_int_equal(fake.vcpu.stop.value, 0xfee00008);
}

static void pae_takes_its_top_level_from_the_registers(void **state)
{
	u32 value = 0;

	(void)state;
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_PDPTE0, 0);
	sim_set(VMCS_GUEST_PDPTE1, 0x3000 | P);
	memcpy(fake.ram + 0x5008, "pae", 4);
	assert_int_equal(guest_read(&fake.vcpu, 0x40001008, &value, 4, 0), NEXT);
	assert_memory_equal(&value, "pae", 4);
	assert_int_equal(guest_read(&fake.vcpu, 0x1008, &value, 4, 0), AGAIN);
	expect_page_fault(0x1008, 0);
}

static void without_paging_linear_is_physical(void **state)
{
	u32 value = 0x44332211;

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE);
	sim_set(VMCS_GUEST_EFER, 0);
	assert_int_equal(guest_write(&fake.vcpu, 0x8000, &value, 4, 0), NEXT);
	assert_int_equal(fake.ram[0x8003], 0x44);
	assert_int_equal(guest_write(&fake.vcpu, 0xfffffffe, &value, 4, 0), STOP);
	assert_int_equal(fake.vcpu.stop.value, 0xfffffffe);
}

static void addresses_of_32_bits_wrap_around(void **state)
{
	u32 *top = (u32 *)(fake.ram + 0x1000);
	u32 value = 0x44332211;

	(void)state;
	memset(fake.ram, 0, FAKE_RAM_SIZE);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE);
	top[0] = 0x2000 | ALL;
	top[1023] = 0x3000 | ALL;
	*(u32 *)(fake.ram + 0x2000) = 0x5000 | ALL;
	*(u32 *)(fake.ram + 0x3ffc) = 0x6000 | ALL;
	assert_int_equal(guest_write(&fake.vcpu, 0xfffffffe, &value, 4, 0), NEXT);
	assert_memory_equal(fake.ram + 0x6ffe, "\x11\x22", 2);
	assert_memory_equal(fake.ram + 0x5000, "\x33\x44", 2);
	assert_int_equal(*(u32 *)(fake.ram + 0x3ffc), 0x6000 | ALL | A | D);
	*(u32 *)(fake.ram + 0x2000) = 0;
	assert_int_equal(guest_write(&fake.vcpu, 0xfffffffe, &value, 4, 0), AGAIN);
	expect_page_fault(0, PF_WRITE);
}

static void operands_are_accessed_with_the_cpl(void **state)
{
	(void)state;
	assert_int_equal(guest_operand_access(&fake.vcpu), 0);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 2 << 5 | 0x3);
	assert_int_equal(guest_operand_access(&fake.vcpu), 0);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 3 << 5 | 0x3);
	assert_int_equal(guest_operand_access(&fake.vcpu), GUEST_USER);
}

static void spans_can_be_used_piece_by_piece(void **state)
{
	struct guest_span span;
	u8 four[4];

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		fake.ram[i < 8 ? 0x6ff8 + i : 0x5000 + i - 8] = (u8)i;
	assert_int_equal(guest_span(&fake.vcpu, 0xff8, 16, GUEST_WRITE, &span), NEXT);
	guest_span_read(&span, 2, four, 4);
	assert_memory_equal(four, "\2\3\4\5", 4);
	guest_span_read(&span, 6, four, 4);
	assert_memory_equal(four, "\6\7\10\11", 4);
	guest_span_read(&span, 12, four, 4);
	assert_memory_equal(four, "\14\15\16\17", 4);
	guest_span_write(&span, 7, "ab", 2);
	assert_int_equal(fake.ram[0x6fff], 'a');
	assert_int_equal(fake.ram[0x5000], 'b');
	assert_true(SIM_PANICS(guest_span_read(&span, 13, four, 4)));
}

/* Another of the guest's CPUs takes the page away between our look and our mark. */
static unsigned asked;
static const struct vcpu_ops *usual;

static void *changing_ram(struct vcpu *v, gpa_t gpa, u64 length)
{
	if (gpa == 0x4008 && ++asked == 2)
		*pte(1) = 0;
	return usual->ram(v, gpa, length);
}

static void a_change_behind_our_back_is_seen(void **state)
{
	struct vcpu_ops ops = *fake.vcpu.ops;
	u32 value = ~0U;

	(void)state;
	usual = fake.vcpu.ops;
	ops.ram = changing_ram;
	fake.vcpu.ops = &ops;
	asked = 0;
	assert_int_equal(guest_write(&fake.vcpu, 0x1000, &value, 4, 0), AGAIN);
	expect_page_fault(0x1000, PF_WRITE);
	assert_int_equal(*pte(1), 0); /* no mark in an entry that is not ours to mark */
	assert_int_equal(*(u32 *)(fake.ram + 0x5000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(a_copy_crosses_pages),
		TEST(a_page_may_be_as_long_as_a_page),
		TEST(a_fault_on_the_second_page_leaves_the_first_alone),
		TEST(faults_tell_the_first_byte_that_is_missing),
		TEST(accesses_leave_their_marks),
		TEST(not_canonical_is_a_general_protection_fault),
		TEST(what_is_not_ram_stops),
		TEST(pae_takes_its_top_level_from_the_registers),
		TEST(without_paging_linear_is_physical),
		TEST(addresses_of_32_bits_wrap_around),
		TEST(operands_are_accessed_with_the_cpl),
		TEST(spans_can_be_used_piece_by_piece),
		TEST(a_change_behind_our_back_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
