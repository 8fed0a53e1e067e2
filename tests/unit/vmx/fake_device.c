/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_device.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"

#define ALL 7 /* present, writable, user */

struct fake_device device;

static u8 *place(gpa_t gpa, unsigned size)
{
	assert_true(size && size <= (device.ops.widest == 8 ? 8 : 4) && !(size & (size - 1)));
	assert_int_equal(gpa % size, 0);
	assert_in_range(gpa, DEVICE_GPA, DEVICE_GPA + sizeof(device.bytes) - size);
	return device.bytes + (gpa - DEVICE_GPA);
}

static void note(gpa_t gpa, unsigned size, bool write, u64 value)
{
	if (device.count < ARRAY_SIZE(device.log))
		device.log[device.count] = (struct fake_access){ gpa, size, write, value };
	if (++device.count == device.attention_at)
		vcpu_attend(&fake.vcpu, ATTENTION_EVENT);
}

/* What is above `size` bytes is rubbish, which must not matter. */
static u64 device_read(void *state, gpa_t gpa, unsigned size)
{
	u64 value = 0xbad0bad0bad0bad0;

	assert_ptr_equal(state, &device);
	memcpy(&value, place(gpa, size), size);
	note(gpa, size, false, value);
	return value;
}

static enum verdict device_write(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value)
{
	assert_ptr_equal(state, &device);
	assert_ptr_equal(v, &fake.vcpu);
	assert_int_equal(value & ~bits_byte_mask(size), 0);
	memcpy(place(gpa, size), &value, size);
	note(gpa, size, true, value);
	return device.write_verdict;
}

static void table(gpa_t at, unsigned index, u64 entry)
{
	((u64 *)(fake.ram + at))[index] = entry;
}

int device_setup(void **state)
{
	fake_setup(state);
	memset(&device, 0, sizeof(device));
	device.ops.read = device_read;
	device.ops.write = device_write;
	device.write_verdict = NEXT;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | CR0_WP);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG);
	sim_set(VMCS_GUEST_CR3, 0x2000);
	table(0x2000, 0, 0x3000 | ALL);
	table(0x3000, 0, 0x4000 | ALL);
	table(0x4000, 0, 0x5000 | ALL);
	for (unsigned n = 0; n < 16; n++)
		table(0x5000, n, n * PAGE_SIZE | ALL);
	table(0x3000, DATA >> 30, 0x7000 | ALL);
	table(0x7000, DATA >> 21 & 511, 0x6000 | ALL);
	for (unsigned n = 0; n < DEVICE_PAGES; n++)
		table(0x6000, n, (DEVICE_GPA + n * PAGE_SIZE) | ALL);
	table(0x6000, 1, DATA_RAM | ALL);
	return 0;
}

u64 *device_pte(gva_t gva)
{
	return (u64 *)(fake.ram + (gva >= DATA ? 0x6000 : 0x5000)) + (gva >> PAGE_SHIFT & 511);
}

void device_set_mode(unsigned code_bits)
{
	u64 big = code_bits == 32 ? AR_DB : 0;

	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | big | 0xb);
	for (enum segment s = SEG_ES; s <= SEG_GS; s++) {
		if (s != SEG_CS)
			sim_set(VMCS_GUEST_ACCESS_RIGHTS(s), AR_P | AR_S | big | 0x3);
		sim_set(VMCS_GUEST_LIMIT(s), 0xffffffff);
	}
}

enum verdict device_emulate(const void *code, unsigned length, gva_t gva, bool write)
{
	bool paging = sim_get(VMCS_GUEST_CR0) & CR0_PG;
	const struct memory_access access = {
		.gpa = paging ? (*device_pte(gva) & ~(PAGE_SIZE - 1)) | gva % PAGE_SIZE : gva,
		.gva = gva,
		.gva_valid = true,
		.read = !write,
		.write = write,
	};

	memcpy(fake.ram + CODE, code, length);
	sim_set(VMCS_GUEST_RIP, CODE);
	return mmio_emulate(&fake.vcpu, &access, &device.ops, &device);
}
