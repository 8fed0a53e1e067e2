/* SPDX-License-Identifier: MIT */
/*
 * mmio_emulate() on AVX-512's moves, and on moves of some elements: which
 * bytes are accessed, which pages may fault, what a load leaves.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "unit/vmx/fake_device.h"
#include "unit/vmx/fake_vector.h"

#define RUN(code, gva, write) device_emulate(code, sizeof(code) - 1, gva, write)

#define LOAD(code)  assert_int_equal(RUN(code, DATA, false), AGAIN)
#define STORE(code) assert_int_equal(RUN(code, DATA, true), AGAIN)

static u8 pattern[64];

static int setup(void **state)
{
	device_setup(state);
	vectors = (struct fake_vectors){0};
	for (unsigned n = 0; n < 32; n++)
		memset(vectors.zmm[n], 0xa0 + (int)n, sizeof(vectors.zmm[n]));
	for (unsigned n = 0; n < sizeof(pattern); n++)
		pattern[n] = (u8)(n + 1);
	memcpy(device.bytes, pattern, sizeof(pattern));
	fake.vcpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512;
	fake.vcpu.regs.rbx = DATA;
	return 0;
}

static void expect_done(unsigned length)
{
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE + length);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

/* Bytes by `mask` from the device, of the others `size` as they were or zero, and then zero. */
static void expect_loaded(unsigned reg, u64 mask, unsigned size, bool zeroes)
{
	const u8 *now = (const u8 *)vectors.zmm[reg];

	for (unsigned n = 0; n < 64; n++)
		assert_int_equal(now[n], n >= size	 ? 0
					 : mask >> n & 1 ? pattern[n]
					 : zeroes	 ? 0
							 : 0xa0 + reg);
}

static void expect_stored(unsigned reg, u64 mask)
{
	for (unsigned n = 0; n < 64; n++)
		assert_int_equal(device.bytes[n], mask >> n & 1 ? 0xa0 + reg : pattern[n]);
}

static void whole_registers(void **state)
{
	(void)state;
	LOAD("\x62\x61\x7c\x48\x10\x3b"); /* VMOVUPS ZMM31 */
	expect_done(6);
	expect_loaded(31, ~0UL, 64, false);
	LOAD("\x62\xf1\xfd\x08\x6f\x33"); /* VMOVDQA64 XMM6 */
	expect_loaded(6, ~0UL, 16, false);
	LOAD("\x62\xe1\xff\x08\x10\x23"); /* VMOVSD XMM20 */
	expect_loaded(20, ~0UL, 8, false);
	STORE("\x62\xf1\x7d\x48\xe7\x2b"); /* VMOVNTDQ ZMM5 */
	expect_stored(5, ~0UL);
}

/* It counts operands, not bytes, when it has one byte. */
static void displacement(void **state)
{
	(void)state;
	fake.vcpu.regs.rbx = DATA - 64;
	STORE("\x62\xe1\x7c\x28\x11\x43\x02"); /* VMOVUPS [RBX+64], YMM16 */
	expect_done(7);
	expect_stored(16, 0xffffffff);
	fake.vcpu.regs.rbx = DATA + 64;
	STORE("\x62\xf1\xfe\x48\x7f\x6b\xff"); /* VMOVDQU64 [RBX-64], ZMM5 */
	expect_stored(5, ~0UL);
	fake.vcpu.regs.rbx = DATA - 4096;
	STORE("\x62\xf1\xfe\x48\x7f\xb3\0\x10\0\0"); /* of 32 bits: bytes */
	expect_stored(6, ~0UL);
}

static void masked_loads(void **state)
{
	(void)state;
	vectors.opmask[1] = 0x8000000000000006;
	LOAD("\x62\xe1\x7f\xc9\x6f\x0b"); /* VMOVDQU8 ZMM17 {K1}{z} */
	expect_loaded(17, 0x8000000000000006, 64, true);
	vectors.opmask[1] = 0x10;
	LOAD("\x62\xe1\x7f\x49\x6f\x0b"); /* VMOVDQU8 ZMM17 {K1} */
	for (unsigned n = 0; n < 64; n++)
		assert_int_equal(((u8 *)vectors.zmm[17])[n],
				 0x8000000000000016 >> n & 1 ? pattern[n] : 0);
	vectors.opmask[1] = ~1UL;
	LOAD("\x62\xe1\xff\x09\x10\x23"); /* VMOVSD XMM20 {K1}: not the one element */
	expect_loaded(20, 0, 8, false);
	vectors.opmask[1] = 3;
	LOAD("\x62\xe1\xff\x09\x10\x23");
	expect_loaded(20, 0xff, 8, false);
}

static void masked_stores(void **state)
{
	(void)state;
	vectors.opmask[2] = 0x8001;
	STORE("\x62\x71\x7e\x4a\x7f\x0b"); /* VMOVDQU32 ZMM9 {K2} */
	expect_stored(9, 0xf00000000000000f);
	assert_int_equal(device.count, 2); /* and nothing in between */
	assert_int_equal(device.log[1].gpa, DEVICE_GPA + 60);
	assert_int_equal(device.log[1].size, 4);
	setup(state);
	vectors.opmask[2] = 0xffff0000; /* of elements that there are not */
	STORE("\x62\x71\x7e\x4a\x7f\x0b");
	expect_done(6);
	assert_int_equal(device.count, 0);
	expect_stored(9, 0);
}

/* Signs of the elements of a register. */
static void avx_masks(void **state)
{
	(void)state;
	((u32 *)vectors.zmm[1])[2] = 0x7fffffff;
	LOAD("\xc4\xe2\x75\x2c\x13"); /* VMASKMOVPS YMM2, YMM1 */
	expect_loaded(2, 0xfffff0ff, 32, true);
	vectors.zmm[3][0] = BIT(63);
	vectors.zmm[3][1] = vectors.zmm[3][2] = ~BIT(63);
	STORE("\xc4\xe2\xe5\x8e\x23"); /* VPMASKMOVQ YMM3, YMM4 */
	expect_stored(4, 0xff0000ff);
}

/* The second page is RAM, the third one a device, the fifth nothing. */
static void only_what_is_accessed_may_fault(void **state)
{
	gva_t end = DATA + 4 * PAGE_SIZE;

	(void)state;
	fake.vcpu.regs.rbx = end - 8;
	vectors.opmask[2] = 3;
	assert_int_equal(RUN("\x62\x71\x7e\x4a\x7f\x0b", end - 8, true), AGAIN);
	expect_done(6);
	assert_int_equal(device.count, 2);
	vectors.opmask[2] = 7;
	assert_int_equal(RUN("\x62\x71\x7e\x4a\x7f\x0b", end - 8, true), AGAIN);
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | VECTOR_PF);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE);
	assert_int_equal(device.count, 2); /* the fault came first */
	/* Across: bytes on both sides, an element that is cut. */
	setup(state);
	fake.vcpu.regs.rbx = DATA + PAGE_SIZE - 6;
	vectors.opmask[2] = 0x0a; /* the second, cut in the middle, and the fourth */
	assert_int_equal(RUN("\x62\x71\x7e\x4a\x7f\x0b", DATA + PAGE_SIZE - 2, true), AGAIN);
	expect_done(6);
	assert_memory_equal(device.bytes + PAGE_SIZE - 6, "\0\0\0\0\xa9\xa9", 6);
	assert_memory_equal(fake.ram + DATA_RAM, "\xa9\xa9\0\0\0\0\xa9\xa9\xa9\xa9\0\0", 12);
}

/* The part that is accessed has any address and length. */
static void alignment_is_not_checked(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | AR_DPL | 0x3);
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | CR0_AM);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_AC);
	vectors.opmask[2] = 0x0e;
	fake.vcpu.regs.rbx = DATA + PAGE_SIZE - 3;
	assert_int_equal(RUN("\x62\x71\x7f\x4a\x7f\x0b", DATA + PAGE_SIZE - 2, true), AGAIN);
	expect_done(6); /* VMOVDQU8: the second to the fourth byte */
	assert_memory_equal(device.bytes + PAGE_SIZE - 3, "\0\xa9\xa9", 3);
	assert_memory_equal(fake.ram + DATA_RAM, "\xa9", 2);
}

/* For us they would be faults of the host. */
static void without_the_state(void **state)
{
	(void)state;
	fake.vcpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	LOAD("\x62\x61\x7c\x48\x10\x3b");
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | VECTOR_UD);
	fake.vcpu.events.next.info = 0;
	STORE("\x62\x71\x7e\x4a\x7f\x0b");
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | VECTOR_UD);
	fake.vcpu.events.next.info = 0;
	fake.vcpu.xcr0 = XCR0_X87 | XCR0_SSE;
	LOAD("\xc4\xe2\x75\x2c\x13");
	assert_int_equal(fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR),
			 INTR_VALID | VECTOR_UD);
	assert_int_equal(vectors.avx + vectors.avx_512, 0);
	assert_int_equal(device.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_registers, setup),
		cmocka_unit_test_setup(displacement, setup),
		cmocka_unit_test_setup(masked_loads, setup),
		cmocka_unit_test_setup(masked_stores, setup),
		cmocka_unit_test_setup(avx_masks, setup),
		cmocka_unit_test_setup(only_what_is_accessed_may_fault, setup),
		cmocka_unit_test_setup(alignment_is_not_checked, setup),
		cmocka_unit_test_setup(without_the_state, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
