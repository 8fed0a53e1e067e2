/* SPDX-License-Identifier: MIT */
/* What the guest is told about its memory, for each amount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <asm/bootparam.h>
#include <asm/e820.h>
#include <cmocka.h>

#include "machine/memory_map.h"
#include "machine/ram.h"

static struct boot_e820_entry map[MEMORY_MAP_MAX];
static unsigned count;

static void build(u64 size)
{
	const struct ram ram = { .size = size };

	count = memory_map_build(&ram, map);
}

static u64 usable(void)
{
	u64 sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += map[i].type == E820_RAM ? map[i].size : 0;
	return sum;
}

/* Its type; E820_UNUSABLE where the map says nothing. */
static u32 type_of(u64 address)
{
	for (unsigned i = 0; i < count; i++)
		if (address - map[i].addr < map[i].size)
			return map[i].type;
	return E820_UNUSABLE;
}

static void test_ascending_and_apart(void **state)
{
	static const u64 sizes[] = { MIB(1), MIB(1) + PAGE_SIZE, MIB(512), GIB(3), GIB(3) + PAGE_SIZE,
				     GIB(64) };

	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		build(sizes[s]);
		for (unsigned i = 0; i < count; i++) {
			assert_true(map[i].size > 0);
			if (i)
				assert_true(map[i - 1].addr + map[i - 1].size <= map[i].addr);
		}
		/* All but the 385 KiB from the EBDA up to 1 MiB can be used. */
		assert_int_equal(usable(), sizes[s] - (MIB(1) - MAP_EBDA));
	}
}

static void test_firmware_areas(void **state)
{
	(void)state;
	build(MIB(512));
	assert_int_equal(type_of(0), E820_RAM);
	assert_int_equal(type_of(0x9fbff), E820_RAM);
	assert_int_equal(type_of(0x9fc00), E820_RESERVED);
	assert_int_equal(type_of(0x9ffff), E820_RESERVED);
	assert_int_equal(type_of(0xa0000), E820_UNUSABLE);
	assert_int_equal(type_of(0xdffff), E820_UNUSABLE);
	assert_int_equal(type_of(0xe0000), E820_ACPI);
	assert_int_equal(type_of(0xef000), E820_NVS);
	assert_int_equal(type_of(0xf0000), E820_RESERVED);
	assert_int_equal(type_of(0xfffff), E820_RESERVED);
	assert_int_equal(type_of(0x100000), E820_RAM);
	assert_int_equal(type_of(MIB(512) - 1), E820_RAM);
	assert_int_equal(type_of(MIB(512)), E820_UNUSABLE);
	assert_int_equal(type_of(0xfec00000), E820_RESERVED);
	assert_int_equal(type_of(0xfee00fff), E820_RESERVED);
	assert_int_equal(type_of(0xfee01000), E820_UNUSABLE);
}

/* What has no room below 3 GiB is above 4 GiB. */
static void test_around_the_hole(void **state)
{
	const struct ram small = { .size = MIB(1) }, large = { .size = GIB(5) };

	(void)state;
	assert_int_equal(memory_map_low_end(&small), MIB(1));
	assert_int_equal(memory_map_low_end(&large), GIB(3));
	build(GIB(5));
	assert_int_equal(type_of(GIB(3) - 1), E820_RAM);
	assert_int_equal(type_of(GIB(3)), E820_UNUSABLE);
	assert_int_equal(type_of(GIB(4)), E820_RAM);
	assert_int_equal(type_of(GIB(6) - 1), E820_RAM);
	assert_int_equal(type_of(GIB(6)), E820_UNUSABLE);
	build(GIB(3));
	assert_int_equal(type_of(GIB(4)), E820_UNUSABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascending_and_apart),
		cmocka_unit_test(test_firmware_areas),
		cmocka_unit_test(test_around_the_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
