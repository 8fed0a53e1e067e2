/* SPDX-License-Identifier: MIT */
/*
 * Bytes at RIP and words at RSP, in every mode, and where there is nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/format.h"
#include "lib/x86.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/dump_code.h"

#define ALL 7UL /* present, writable, user */

static u64 *at(gpa_t gpa)
{
	return (u64 *)(fake.ram + gpa);
}

static void code_segment(u32 bits, u64 base)
{
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | 0xb | bits);
	sim_set(VMCS_GUEST_CS_BASE, base);
}

static void stack_segment(u32 bits, u64 base)
{
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 3 | bits);
	sim_set(VMCS_GUEST_SS_BASE, base);
}

static void paging_off(void)
{
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_EFER, 0);
	code_segment(0, 0);
	stack_segment(0, 0);
}

/* RAM tells its own address; linear 6000H to 7FFFH are mapped one to one. */
static int setup(void **state)
{
	fake_sink_setup(state);
	for (unsigned i = 0; i < FAKE_RAM_SIZE; i++)
		fake.ram[i] = (u8)(i ^ i >> 8);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	memset(fake.ram + 0x1000, 0, 0x4000);
	*at(0x1000) = 0x2000 | ALL;
	*at(0x2000) = 0x3000 | ALL;
	*at(0x3000) = 0x4000 | ALL;
	*at(0x4030) = 0x6000 | ALL;
	*at(0x4038) = 0x7000 | ALL;
	return 0;
}

static void code_of_64_bits(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RIP, 0x6020);
	code_segment(AR_L, 0x1234); /* the base means nothing */
	dump_code(&fake.vcpu);
	fake_sink_expect("code: vm=vm0 vcpu=0 mode=64 rip=0x6020 linear=0x6020 bytes="
			 "707172737475767778797a7b7c7d7e7f"
			 "<40>4142434445464748494a4b4c4d4e4f"
			 "505152535455565758595a5b5c5d5e5f",
			 NULL);
}

static void code_of_32_bits(void **state)
{
	(void)state;
	paging_off();
	code_segment(AR_DB, 0x5000);
	fake.vcpu.vpid = 3;
	fake.vcpu.index = 1;
	sim_set(VMCS_GUEST_RIP, 2);
	dump_code(&fake.vcpu);
	fake_sink_expect("code: vm=vm2 vcpu=1 mode=32 rip=0x2 linear=0x5002 bytes="
			 "5051<52>535455565758595a5b5c5d5e5f404142434445464748494a4b4c4d4e4f7071",
			 NULL);
}

static void code_of_16_bits(void **state)
{
	(void)state;
	paging_off();
	code_segment(0, 0x7c0 << 4);
	sim_set(VMCS_GUEST_RIP, 0x10);
	dump_code(&fake.vcpu);
	assert_non_null(strstr(fake_sink_line(0), " mode=16 rip=0x10 linear=0x7c10 bytes=7c7d7e7f"));
	assert_non_null(strstr(fake_sink_line(0), "73<6c>6d"));
}

/* The page before is not there, nor the one behind. */
static void code_at_the_edge_of_a_page(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RIP, 0x6003);
	dump_code(&fake.vcpu);
	assert_non_null(strstr(fake_sink_line(0), " bytes=606162<63>64"));
	sim_set(VMCS_GUEST_RIP, 0x7ffe);
	dump_code(&fake.vcpu);
	assert_non_null(strstr(fake_sink_line(1), "82<81>80"));
	assert_int_equal(strlen(strstr(fake_sink_line(1), "<81>80")), 6);
}

static void code_that_is_nowhere(void **state)
{
	static const u64 places[] = { 0, 5, 0x5fff, 0x8000, BIT(47), BIT(63), ~0UL };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		char end[80];

		sim_set(VMCS_GUEST_RIP, places[i]);
		dump_code(&fake.vcpu);
		format(end, sizeof(end), "mode=64 rip=%#lx linear=%#lx bytes=-", places[i], places[i]);
		assert_non_null(strstr(fake_sink_line(i), end));
	}
	/* Physical memory that is not RAM. */
	paging_off();
	sim_set(VMCS_GUEST_RIP, 0xfff0);
	code_segment(0, 0xf0000);
	fake_sink_clear();
	dump_code(&fake.vcpu);
	fake_sink_expect("code: vm=vm0 vcpu=0 mode=16 rip=0xfff0 linear=0xffff0 bytes=-", NULL);
}

/* The longest line there can be. */
static void nothing_is_cut(void **state)
{
	(void)state;
	fake.vcpu.vpid = 0xffff;
	fake.vcpu.index = ~0U;
	*at(0x1ff8) = 0x2000 | ALL;
	*at(0x2ff8) = 0x3000 | ALL;
	*at(0x3ff8) = 0x4000 | ALL;
	*at(0x4ff8) = 0x6000 | ALL;
	sim_set(VMCS_GUEST_RIP, -48UL);
	dump_code(&fake.vcpu);
	assert_int_equal(strlen(strstr(fake_sink_line(0), "bytes=")), 6 + 2 * 48 + 2);
}

static void stack_of_64_bits(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RSP, 0x7fd0);
	dump_stack(&fake.vcpu);
	fake_sink_expect("stack: vm=vm0 vcpu=0 size=8 rsp=0x7fd0 linear=0x7fd0",
			 "  0000000000007fd0: a8a9aaabacadaeaf a0a1a2a3a4a5a6a7 98999a9b9c9d9e9f 9091929394959697",
			 "  0000000000007ff0: 88898a8b8c8d8e8f 8081828384858687", NULL);
	sim_set(VMCS_GUEST_RSP, 0x6008);
	dump_stack(&fake.vcpu);
	assert_int_equal(fake_sink_count(), 5);
}

static void stack_of_32_bits(void **state)
{
	(void)state;
	paging_off();
	stack_segment(AR_DB, 0x100);
	code_segment(AR_DB, 0);
	sim_set(VMCS_GUEST_RSP, 0xffff00005f00);
	dump_stack(&fake.vcpu);
	fake_sink_expect("stack: vm=vm0 vcpu=0 size=4 rsp=0xffff00005f00 linear=0x6000",
			 "  00006000: 63626160 67666564 6b6a6968 6f6e6d6c 73727170 77767574 7b7a7978 7f7e7d7c",
			 "  00006020: 43424140 47464544 4b4a4948 4f4e4d4c 53525150 57565554 5b5a5958 5f5e5d5c",
			 NULL);
}

static void stack_of_16_bits(void **state)
{
	(void)state;
	paging_off();
	stack_segment(0, 0x6000);
	sim_set(VMCS_GUEST_RSP, 0x12340010);
	dump_stack(&fake.vcpu);
	fake_sink_expect("stack: vm=vm0 vcpu=0 size=2 rsp=0x12340010 linear=0x6010",
			 "  00006010: 7170 7372 7574 7776 7978 7b7a 7d7c 7f7e 4140 4342 4544 4746 4948 4b4a 4d4c 4f4e",
			 NULL);
}

static void stack_that_is_nowhere(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RSP, 0x9000);
	dump_stack(&fake.vcpu);
	fake_sink_expect("stack: vm=vm0 vcpu=0 size=8 rsp=0x9000 linear=0x9000 is nowhere", NULL);
	sim_set(VMCS_GUEST_RSP, 0x7ffc); /* half a word */
	dump_stack(&fake.vcpu);
	assert_int_equal(fake_sink_count(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(code_of_64_bits),
		TEST(code_of_32_bits),
		TEST(code_of_16_bits),
		TEST(code_at_the_edge_of_a_page),
		TEST(code_that_is_nowhere),
		TEST(nothing_is_cut),
		TEST(stack_of_64_bits),
		TEST(stack_of_32_bits),
		TEST(stack_of_16_bits),
		TEST(stack_that_is_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
