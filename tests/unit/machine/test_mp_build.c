/* SPDX-License-Identifier: MIT */
/* The tables of the MultiProcessor Specification, read as an operating system does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/memory_map.h"
#include "machine/mp_build.h"
#include "tests/unit/machine/fake_loader.h"

#define HAS_APIC (1U << 9)
#define HEADER	 44

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(2));
	fake_vm.cpus[0].cpuid.basic[1].eax = 0x50654;
	fake_vm.cpus[0].cpuid.basic[1].edx = 0x01000000 | HAS_APIC;
	return 0;
}

/* At each 16 bytes of the BIOS' 64K; 0 if there is none. */
static gpa_t find(void)
{
	for (gpa_t at = MAP_BIOS; at < MAP_BIOS_END; at += 16)
		if (!memcmp(fake_memory + at, "_MP_", 4))
			return at;
	return 0;
}

static u8 sum(gpa_t at, u64 length)
{
	u8 sum = 0;

	while (length--)
		sum += fake_memory[at++];
	return sum;
}

static gpa_t table(void)
{
	gpa_t pointer;

	mp_build(&fake_vm);
	pointer = find();
	assert_int_not_equal(pointer, 0);
	assert_int_equal(sum(pointer, 16), 0);
	assert_int_equal(fake_memory[pointer + 8], 1);
	assert_int_equal(fake_memory[pointer + 9], 4);
	assert_int_equal(fake_u32(pointer + 11) & 0xffffff, 0);
	return fake_u32(pointer + 4);
}

static void test_header(void **state)
{
	gpa_t at;

	(void)state;
	at = table();
	assert_memory_equal(fake_memory + at, "PCMP", 4);
	assert_int_equal(sum(at, fake_u16(at + 4)), 0);
	assert_true(at + fake_u16(at + 4) <= MAP_BIOS_END);
	assert_memory_equal(fake_memory + at + 8, "TRIVET  PC          ", 20);
	assert_int_equal(fake_u32(at + 36), MAP_LOCAL_APIC);
}

/* The entries fill the table, in ascending order of their types. */
static void test_entries(void **state)
{
	unsigned counts[5] = { 0 }, last = 0;
	gpa_t at = table(), end;

	(void)state;
	end = at + fake_u16(at + 4);
	for (unsigned left = fake_u16(at + 34), i = 0; i < left; i++) {
		gpa_t entry = i ? end : at + HEADER;
		unsigned type = fake_memory[entry];

		assert_in_range(type, last, 4);
		last = type;
		counts[type]++;
		end = entry + (type ? 8 : 20);
	}
	assert_int_equal(end, at + fake_u16(at + 4));
	assert_int_equal(counts[0], VM_CPUS);
	assert_int_equal(counts[1], 2);
	assert_int_equal(counts[2], 1);
	assert_int_equal(counts[3], 15);
	assert_int_equal(counts[4], 2);
}

static void test_processor(void **state)
{
	gpa_t at = table() + HEADER;

	(void)state;
	assert_int_equal(fake_u32(at), 0x03140000); /* enabled, the boot processor */
	assert_int_equal(fake_u32(at + 4), 0x50654);
	assert_int_equal(fake_u32(at + 8), 0x01000000 | HAS_APIC);
}

static void test_interrupts(void **state)
{
	gpa_t at = table() + HEADER + 20 * VM_CPUS;

	(void)state;
	assert_memory_equal(fake_memory + at, "\x01\0PCI   \x01\x01ISA   ", 16);
	at += 16;
	assert_int_equal(fake_u32(at), 0x01200002);
	assert_int_equal(fake_u32(at + 4), MAP_IO_APIC);
	at += 8;
	assert_memory_equal(fake_memory + at, "\x03\0\0\0\x01\0\0\x02", 8);	    /* timer: pin 2 */
	assert_memory_equal(fake_memory + at + 8, "\x03\0\0\0\x01\x01\0\x01", 8);   /* keyboard */
	assert_memory_equal(fake_memory + at + 16, "\x03\0\0\0\x01\x03\0\x03", 8);   /* no cascade */
	assert_memory_equal(fake_memory + at + 64, "\x03\0\x0d\0\x01\x09\0\x09", 8); /* SCI: level */
	at += 120;
	assert_memory_equal(fake_memory + at, "\x04\x03\0\0\x01\0\xff\0", 8);
	assert_memory_equal(fake_memory + at + 8, "\x04\x01\0\0\x01\0\xff\x01", 8);
}

static void test_no_apic(void **state)
{
	(void)state;
	fake_vm.cpus[0].cpuid.basic[1].edx = 0;
	mp_build(&fake_vm);
	assert_int_equal(find(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_header),     TEST(test_entries), TEST(test_processor),
		TEST(test_interrupts), TEST(test_no_apic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
