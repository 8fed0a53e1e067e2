/* SPDX-License-Identifier: MIT */
/*
 * A guest that does its worst: random code, registers, segments, modes and
 * exits. Whatever comes, mmio_emulate() finishes the instruction, raises a
 * fault or stops the guest, and asks devices for nothing odd.
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
#include "vmx/instruction_prefix.h"

#define ROUNDS 100000

static u64 random_state = 88172645463325252UL;

static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned widest, accesses;

static void check(gpa_t gpa, unsigned size)
{
	accesses++;
	assert_true(size == 1 || size == 2 || size == 4 || size == widest);
	assert_int_equal(gpa % size, 0);
}

static u64 any_read(void *state, gpa_t gpa, unsigned size)
{
	(void)state;
	check(gpa, size);
	return random_number();
}

static enum verdict any_write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	(void)state;
	(void)v;
	check(gpa, size);
	assert_int_equal(value & ~bits_byte_mask(size), 0);
	return NEXT;
}

/* RAM, the device, their ends, the ends of the address space, or anything. */
static u64 random_address(void)
{
	static const u64 places[] = { 0, 0x8000, FAKE_RAM_SIZE, DATA, DATA + PAGE_SIZE,
				      DATA + DEVICE_PAGES * PAGE_SIZE, BIT(31), BIT(32), BIT(47),
				      -BIT(47), BIT(63), DEVICE_GPA };
	u64 dice = random_number();

	if (dice % 16 == 0)
		return random_number();
	return places[(dice >> 8) % ARRAY_SIZE(places)] + (dice >> 32) % 64 - 32;
}

static void random_mode(void)
{
	u64 dice = random_number();

	device_setup(NULL);
	if (dice & 1)
		return;
	device_set_mode(dice & 2 ? 32 : 16);
	if (dice & 4) {
		sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | (dice & 8 ? CR0_WP : 0));
		sim_set(VMCS_GUEST_CR4, CR4_VMXE | (dice & 16 ? CR4_PAE : CR4_PSE));
		sim_set(VMCS_CR4_READ_SHADOW, dice & 16 ? CR4_PAE : CR4_PSE);
		sim_set(VMCS_GUEST_PDPTE0, dice & 32 ? 0x4001 : dice >> 8);
		sim_set(VMCS_GUEST_CR3, dice & 64 ? 0x4000 : random_number() & 0xfffff000);
		*(u32 *)(fake.ram + 0x4000) = 0x5007;
	}
	for (enum segment s = SEG_ES; s <= SEG_GS; s++) {
		if (random_number() & 1)
			sim_set(VMCS_GUEST_BASE(s), s == SEG_CS ? 0 : random_number());
		if (random_number() & 1)
			sim_set(VMCS_GUEST_LIMIT(s), random_number() & 0xffffffff);
	}
}

static void whatever_comes(void **state)
{
	static const u8 starts[] = { 0xf3, 0x8b, 0xc7, 0x0f, 0xf0, 0x48, 0xff, 0xa5 };
	/* VMOVDQU8, VMOVUPS and VMOVSD under masks, VMASKMOVPS, BZHI, VMOVHPS */
	static const char *const vex[] = {
		"\x62\xe1\x7f\x49\x6f", "\x62\xe1\x7f\x4a\x7f", "\x62\xf1\x7c\x2b\x10",
		"\x62\xf1\xff\x0c\x11", "\xc4\xe2\x75\x2c\x13", "\xc4\xe2\x65\x2e\x13",
		"\xc4\xe2\xe0\xf5\x03", "\xc4\xe1\x70\x16\x13",
	};
	const struct mmio_device_ops ops = { .read = any_read, .write = any_write };
	unsigned again = 0, faults = 0, stops = 0;

	(void)state;
	for (unsigned n = 0; n < ROUNDS; n++) {
		struct mmio_device_ops mine = ops;
		struct vcpu *v = &fake.vcpu;
		struct memory_access a;
		enum verdict verdict;
		u64 dice = random_number();

		random_mode();
		mine.widest = dice & 1 ? 8 : 0;
		widest = dice & 1 ? 8 : 4;
		for (unsigned r = 0; r < 16; r++)
			vcpu_set_register(v, r, random_address());
		for (unsigned k = 0; k < INSTRUCTION_MAX; k++)
			fake.ram[CODE + k] = (u8)(random_number() >> 16);
		if (dice & 2)
			fake.ram[CODE] = starts[dice >> 8 & 7];
		else if (dice & 0x800)
			memcpy(fake.ram + CODE, vex[(dice >> 8) % ARRAY_SIZE(vex)], 5);
		v->xcr0 = dice & 0x1000 ? XCR0_X87 : XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512;
		for (unsigned k = 1; k < 8; k++)
			vectors.opmask[k] = random_number() & random_number();
		sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | (dice >> 16 & 0xcd5) |
						   (dice & 4 ? RFLAGS_AC : 0));
		sim_set(VMCS_GUEST_RIP,
			dice & 0x38 ? CODE : random_address() & (dice & 64 ? ~0UL : 0xffff));
		a = (struct memory_access){ .gpa = DEVICE_GPA + dice % PAGE_SIZE,
					    .gva = random_address(),
					    .gva_valid = dice & 64,
					    .read = dice & 128,
					    .write = dice & 256 };
		verdict = mmio_emulate(v, &a, &mine, NULL);
		if (verdict == STOP) {
			stops++;
			assert_int_not_equal(v->stop.cause, STOP_NONE);
			continue;
		}
		assert_int_equal(verdict, AGAIN);
		assert_int_equal(v->stop.cause, STOP_NONE);
		if (v->events.next.info)
			faults++;
		else
			again++;
	}
	/* All of it must have happened. */
	assert_true(again > ROUNDS / 50);
	assert_true(faults > ROUNDS / 50);
	assert_true(stops > ROUNDS / 50);
	assert_true(accesses > ROUNDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
