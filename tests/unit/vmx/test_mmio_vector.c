/* SPDX-License-Identifier: MIT */
/*
 * mmio_emulate() on moves of vector registers: what they read, what they
 * write, what they leave, and what they must not do to the host.
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

static const u8 pattern[32] = "0123456789abcdefghijklmnopqrstuv";

static int setup(void **state)
{
	device_setup(state);
	vectors = (struct fake_vectors){ 0 };
	for (unsigned n = 0; n < 32; n++)
		memset(vectors.zmm[n], 0xa0 + (int)n, sizeof(vectors.zmm[n]));
	for (unsigned n = 0; n < 8; n++)
		memset(&vectors.mmx[n], 0xb0 + (int)n, 8);
	memcpy(device.bytes, pattern, sizeof(pattern));
	fake.vcpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	fake.vcpu.regs.rbx = fake.vcpu.regs.r8 = DATA;
	return 0;
}

/* A load of register `reg`: `size` bytes of the device, `zero` more, the rest as it was. */
static void expect_loaded(unsigned reg, unsigned size, unsigned zero)
{
	u8 expected[32];

	memset(expected, 0xa0 + (int)reg, sizeof(expected));
	memset(expected, 0, size + zero);
	memcpy(expected, pattern, size);
	assert_memory_equal(vectors.zmm[reg], expected, sizeof(expected));
}

static void expect_stored(unsigned reg, unsigned size)
{
	u8 expected[32];

	memcpy(expected, pattern, sizeof(expected));
	memset(expected, 0xa0 + (int)reg, size);
	assert_memory_equal(device.bytes, expected, sizeof(expected));
}

#define LOAD(code)  assert_int_equal(RUN(code, DATA, false), AGAIN)
#define STORE(code) assert_int_equal(RUN(code, DATA, true), AGAIN)

static void sse_loads_clear_the_rest_of_128_bits(void **state)
{
	(void)state;
	LOAD("\x0f\x10\x03"); /* MOVUPS XMM0 */
	expect_loaded(0, 16, 0);
	LOAD("\x66\x44\x0f\x6f\x0b"); /* MOVDQA XMM9 */
	expect_loaded(9, 16, 0);
	LOAD("\xf3\x0f\x10\x13"); /* MOVSS XMM2 */
	expect_loaded(2, 4, 12);
	LOAD("\xf2\x0f\x10\x1b"); /* MOVSD XMM3 */
	expect_loaded(3, 8, 8);
	LOAD("\xf3\x44\x0f\x7e\x3b"); /* MOVQ XMM15 */
	expect_loaded(15, 8, 8);
	LOAD("\x66\x0f\x6e\x23"); /* MOVD XMM4 */
	expect_loaded(4, 4, 12);
	LOAD("\x66\x48\x0f\x6e\x2b"); /* MOVQ XMM5 */
	expect_loaded(5, 8, 8);
	LOAD("\x66\x0f\x38\x2a\x33"); /* MOVNTDQA XMM6 */
	expect_loaded(6, 16, 0);
	assert_int_equal(vectors.avx, 0);
}

static void halves_leave_each_other(void **state)
{
	u8 expected[32];

	(void)state;
	LOAD("\x0f\x12\x03"); /* MOVLPS XMM0 */
	expect_loaded(0, 8, 0);
	memset(expected, 0xa1, sizeof(expected));
	memcpy(expected + 8, pattern, 8);
	LOAD("\x66\x0f\x16\x0b"); /* MOVHPD XMM1 */
	assert_memory_equal(vectors.zmm[1], expected, sizeof(expected));
	STORE("\x0f\x17\x0b"); /* MOVHPS XMM1: back to where it was */
	assert_memory_equal(device.bytes, pattern, sizeof(pattern));
	STORE("\x0f\x13\x13"); /* MOVLPS XMM2 */
	expect_stored(2, 8);
}

static void stores(void **state)
{
	static const struct {
		const char *code;
		unsigned length, reg, size;
	} all[] = {
		{ "\x0f\x11\x03", 3, 0, 16 },		{ "\x66\x0f\x29\x0b", 4, 1, 16 },
		{ "\x0f\x2b\x13", 3, 2, 16 },		{ "\xf3\x0f\x11\x1b", 4, 3, 4 },
		{ "\xf2\x44\x0f\x11\x03", 5, 8, 8 },	{ "\x66\x0f\xd6\x2b", 4, 5, 8 },
		{ "\xf3\x0f\x7f\x33", 4, 6, 16 },	{ "\x66\x0f\xe7\x3b", 4, 7, 16 },
		{ "\x66\x0f\x7e\x03", 4, 0, 4 },	{ "\x66\x48\x0f\x7e\x0b", 5, 1, 8 },
		{ "\xc5\xfc\x11\x13", 4, 2, 32 },	{ "\xc5\xf8\x29\x1b", 4, 3, 16 },
		{ "\xc5\x7d\xe7\x23", 4, 12, 32 },	{ "\xc5\xfa\x11\x2b", 4, 5, 4 },
		{ "\xc5\xfe\x11\x2b", 4, 5, 4 },	{ "\xc4\xe1\xf9\x7e\x03", 5, 0, 8 },
		{ "\xc4\x61\x7e\x7f\x3b", 5, 15, 32 },
	};

	for (unsigned n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		setup(state);
		assert_int_equal(device_emulate(all[n].code, all[n].length, DATA, true), AGAIN);
		assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE + all[n].length);
		expect_stored(all[n].reg, all[n].size);
	}
}

static void avx_loads_clear_the_rest_of_the_register(void **state)
{
	(void)state;
	LOAD("\xc5\xfc\x10\x03"); /* VMOVUPS YMM0 */
	expect_loaded(0, 32, 0);
	LOAD("\xc5\xf9\x6f\x0b"); /* VMOVDQA XMM1 */
	expect_loaded(1, 16, 16);
	LOAD("\xc5\xfb\x10\x13"); /* VMOVSD XMM2 */
	expect_loaded(2, 8, 24);
	LOAD("\xc4\x42\x7d\x2a\x18"); /* VMOVNTDQA YMM11, [R8] */
	expect_loaded(11, 32, 0);
	LOAD("\xc4\xe1\xf9\x6e\x33"); /* VMOVQ XMM6 */
	expect_loaded(6, 8, 24);
}

/* The other half comes from a second register. */
static void avx_halves(void **state)
{
	u8 expected[64] = {0};

	(void)state;
	LOAD("\xc5\xf0\x12\x13"); /* VMOVLPS XMM2, XMM1 */
	memset(expected, 0xa1, 16);
	memcpy(expected, pattern, 8);
	assert_memory_equal(vectors.zmm[2], expected, sizeof(expected));
	LOAD("\xc5\xb1\x16\x13"); /* VMOVHPD XMM2, XMM9 */
	memset(expected, 0xa9, 16);
	memcpy(expected + 8, pattern, 8);
	assert_memory_equal(vectors.zmm[2], expected, sizeof(expected));
}

static void mmx(void **state)
{
	(void)state;
	LOAD("\x0f\x6f\x0b"); /* MOVQ MM1 */
	assert_memory_equal(&vectors.mmx[1], pattern, 8);
	LOAD("\x44\x0f\x6e\x13"); /* MOVD MM2: REX.R has no meaning */
	assert_memory_equal(&vectors.mmx[2], "0123\0\0\0", 8);
	STORE("\x0f\xe7\x1b"); /* MOVNTQ MM3 */
	assert_memory_equal(device.bytes, "\xb3\xb3\xb3\xb3\xb3\xb3\xb3\xb3" "89abcdef", 16);
	STORE("\x48\x0f\x7e\x23"); /* MOVQ MM4 */
	assert_memory_equal(device.bytes, "\xb4\xb4\xb4\xb4\xb4\xb4\xb4\xb4" "89abcdef", 16);
}

/* The device takes 4 bytes at a time, in order. */
static void pieces(void **state)
{
	(void)state;
	STORE("\xc5\xfc\x11\x03");
	assert_int_equal(device.count, 8);
	for (unsigned n = 0; n < 8; n++) {
		assert_int_equal(device.log[n].gpa, DEVICE_GPA + 4 * n);
		assert_int_equal(device.log[n].size, 4);
	}
}

static void expect_fault(u8 vector)
{
	const struct vcpu_event *next = &fake.vcpu.events.next;

	assert_true(next->info & INTR_VALID);
	assert_int_equal(next->info & INTR_VECTOR, vector);
	assert_int_equal(device.count, 0);
	assert_int_equal(vectors.avx, 0);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), CODE);
}

/* The processor has checked these, on what it ran: for us they would be faults of the host. */
static void nothing_faults_in_the_host(void **state)
{
	(void)state;
	fake.vcpu.xcr0 = XCR0_X87 | XCR0_SSE;
	LOAD("\xc5\xfc\x10\x03");
	expect_fault(VECTOR_UD);
	setup(state);
	vectors.x87_pending = true;
	STORE("\x0f\x7f\x03");
	expect_fault(VECTOR_MF);
}

static void others_are_unknown(void **state)
{
	(void)state;
	assert_int_equal(RUN("\xf3\x0f\x12\x03", DATA, false), STOP); /* MOVSLDUP */
	setup(state);
	assert_int_equal(RUN("\xc5\xf0\x10\x03", DATA, false), STOP); /* a third operand */
	setup(state);
	assert_int_equal(RUN("\x66\xc5\xf8\x10\x03", DATA, false), STOP);
	setup(state);
	assert_int_equal(RUN("\xc5\xfd\x7e\x03", DATA, true), STOP); /* VMOVD with VEX.L */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sse_loads_clear_the_rest_of_128_bits, setup),
		cmocka_unit_test_setup(halves_leave_each_other, setup),
		cmocka_unit_test_setup(stores, setup),
		cmocka_unit_test_setup(avx_loads_clear_the_rest_of_the_register, setup),
		cmocka_unit_test_setup(avx_halves, setup),
		cmocka_unit_test_setup(mmx, setup),
		cmocka_unit_test_setup(pieces, setup),
		cmocka_unit_test_setup(nothing_faults_in_the_host, setup),
		cmocka_unit_test_setup(others_are_unknown, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
