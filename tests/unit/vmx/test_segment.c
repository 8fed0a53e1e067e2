/* SPDX-License-Identifier: MIT */
/*
 * What segmentation makes of an offset, in every mode.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/segment.h"

#define DATA	    (AR_P | AR_S | 0x3)
#define DATA_RO	    (AR_P | AR_S | 0x1)
#define EXPAND_DOWN (AR_P | AR_S | 0x7)
#define CODE	    (AR_P | AR_S | 0xb)
#define CODE_XO	    (AR_P | AR_S | 0x9)
#define CONFORMING  (AR_P | AR_S | 0xf)

static gva_t linear;

static u8 through(enum segment_mode mode, enum segment segment, u64 rights, u32 limit, u64 offset,
		  unsigned size, bool write)
{
	const struct segment_register s = { 0x10, limit, (u32)rights, 0x10000 };
	const struct segment_access a = { segment, offset, size, write };

	return segment_linear(mode, &s, &a, &linear);
}

static u8 read(u64 rights, u32 limit, u64 offset, unsigned size)
{
	return through(SEGMENT_PROTECTED, SEG_DS, rights, limit, offset, size, false);
}

static u8 write(u64 rights, u32 limit, u64 offset, unsigned size)
{
	return through(SEGMENT_PROTECTED, SEG_DS, rights, limit, offset, size, true);
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(read(DATA, 0xfff, 0xffc, 4), 0);
	assert_int_equal(linear, 0x10ffc);
	assert_int_equal(read(DATA, 0xfff, 0xffd, 4), VECTOR_GP);
	assert_int_equal(read(DATA, 0xfff, 0xfff, 1), 0);
	assert_int_equal(read(DATA, 0xfff, 0x1000, 1), VECTOR_GP);
	assert_int_equal(read(DATA, 0xffffffff, 0xfffffffc, 4), 0);
	assert_int_equal(linear, 0x0000fffc); /* linear addresses have 32 bits */
	assert_int_equal(read(DATA, 0xffffffff, 0xffffffff, 2), VECTOR_GP);
	assert_int_equal(read(DATA, 0, 0, 1), 0);
	/* Code is never expand-down, whatever bit 2 says. */
	assert_int_equal(read(CONFORMING, 0xfff, 0x10, 1), 0);
}

static void limits_of_expand_down(void **state)
{
	(void)state;
	assert_int_equal(write(EXPAND_DOWN, 0xfff, 0xfff, 1), VECTOR_GP);
	assert_int_equal(write(EXPAND_DOWN, 0xfff, 0x1000, 1), 0);
	assert_int_equal(write(EXPAND_DOWN, 0xfff, 0xfffc, 4), 0);
	assert_int_equal(write(EXPAND_DOWN, 0xfff, 0xfffd, 4), VECTOR_GP);
	assert_int_equal(write(EXPAND_DOWN, 0xfff, 0x10000, 1), VECTOR_GP);
	assert_int_equal(write(EXPAND_DOWN | AR_DB, 0xfff, 0x10000, 1), 0);
	assert_int_equal(write(EXPAND_DOWN | AR_DB, 0xfff, 0xfffffffc, 4), 0);
	assert_int_equal(write(EXPAND_DOWN | AR_DB, 0xfff, 0xfffffffd, 4), VECTOR_GP);
}

static void types(void **state)
{
	(void)state;
	assert_int_equal(write(DATA, 0xfff, 0, 1), 0);
	assert_int_equal(write(DATA_RO, 0xfff, 0, 1), VECTOR_GP);
	assert_int_equal(read(DATA_RO, 0xfff, 0, 1), 0);
	assert_int_equal(read(CODE, 0xfff, 0, 1), 0);
	assert_int_equal(write(CODE, 0xfff, 0, 1), VECTOR_GP);
	assert_int_equal(read(CODE_XO, 0xfff, 0, 1), VECTOR_GP);
	assert_int_equal(read(DATA | AR_UNUSABLE, 0xfff, 0, 1), VECTOR_GP);
}

static void stack_segment_has_its_own_fault(void **state)
{
	(void)state;
	assert_int_equal(through(SEGMENT_PROTECTED, SEG_SS, DATA, 0xfff, 0x1000, 1, true), VECTOR_SS);
	assert_int_equal(through(SEGMENT_REAL, SEG_SS, DATA, 0xffff, 0x10000, 1, true), VECTOR_SS);
	assert_int_equal(through(SEGMENT_LONG, SEG_SS, DATA, 0, BIT(63), 1, true), VECTOR_SS);
}

static void real_mode_has_limits_but_no_types(void **state)
{
	(void)state;
	assert_int_equal(through(SEGMENT_REAL, SEG_CS, CODE, 0xffff, 0x1234, 2, true), 0);
	assert_int_equal(linear, 0x11234);
	assert_int_equal(through(SEGMENT_REAL, SEG_ES, DATA, 0xffff, 0xffff, 2, true), VECTOR_GP);
	/* "Unreal" mode keeps a larger limit. */
	assert_int_equal(through(SEGMENT_REAL, SEG_ES, DATA, 0xffffffff, 0x100000, 2, true), 0);
	assert_int_equal(linear, 0x110000);
}

static void long_mode_has_fs_and_gs(void **state)
{
	const u64 top = BIT(47) - 1;

	(void)state;
	assert_int_equal(through(SEGMENT_LONG, SEG_DS, AR_UNUSABLE, 0, 0x823456789abc, 8, true),
			 VECTOR_GP);
	assert_int_equal(through(SEGMENT_LONG, SEG_DS, AR_UNUSABLE, 0, 0x12345678, 8, true), 0);
	assert_int_equal(linear, 0x12345678);
	assert_int_equal(through(SEGMENT_LONG, SEG_FS, DATA_RO, 0, 0x12345678, 8, true), 0);
	assert_int_equal(linear, 0x12355678);
	assert_int_equal(through(SEGMENT_LONG, SEG_GS, DATA, 0, -0x10000UL, 8, true), 0);
	assert_int_equal(linear, 0);
	assert_int_equal(through(SEGMENT_LONG, SEG_DS, DATA, 0, top - 3, 4, false), 0);
	assert_int_equal(through(SEGMENT_LONG, SEG_DS, DATA, 0, top - 2, 4, false), VECTOR_GP);
	assert_int_equal(through(SEGMENT_LONG, SEG_DS, DATA, 0, ~0UL, 1, false), 0);
}

static void the_mode_of_a_vcpu(void **state)
{
	(void)state;
	assert_int_equal(segment_mode(&fake.vcpu), SEGMENT_LONG);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, CODE | AR_DB);
	assert_int_equal(segment_mode(&fake.vcpu), SEGMENT_PROTECTED);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_VM);
	assert_int_equal(segment_mode(&fake.vcpu), SEGMENT_REAL);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	assert_int_equal(segment_mode(&fake.vcpu), SEGMENT_REAL);
}

static void a_bad_access_is_the_guests_fault(void **state)
{
	const struct segment_register s = { 0x28, 0xfff, DATA, 0x5000 };
	struct segment_access a = { SEG_ES, 0xffe, 2, true };

	(void)state;
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, CODE | AR_DB);
	segment_write(SEG_ES, &s);
	assert_int_equal(sim_get(VMCS_GUEST_ES_SELECTOR), 0x28);
	assert_int_equal(segment_address(&fake.vcpu, &a, &linear), NEXT);
	assert_int_equal(linear, 0x5ffe);
	assert_int_equal(fake.vcpu.events.next.info, 0);
	a.size = 4;
	assert_int_equal(segment_address(&fake.vcpu, &a, &linear), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info,
			 INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | INTR_HAS_ERROR |
				 VECTOR_GP);
	assert_int_equal(fake.vcpu.events.next.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, fake_setup)
		TEST(limits),
		TEST(limits_of_expand_down),
		TEST(types),
		TEST(stack_segment_has_its_own_fault),
		TEST(real_mode_has_limits_but_no_types),
		TEST(long_mode_has_fs_and_gs),
		TEST(the_mode_of_a_vcpu),
		TEST(a_bad_access_is_the_guests_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
