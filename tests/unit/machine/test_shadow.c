/* SPDX-License-Identifier: MIT */
/* The memory where a PC's ROMs are: what is read and written there, and what EPT says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "machine/shadow.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "tests/sim/panic.h"
#include "tests/sim/pool.h"
#include "tests/sim/vmx.h"
#include "vmx/caps.h"
#include "vmx/vmx.h"

#define ALL_CAPS (EPTCAP_WALK_4 | EPTCAP_WB | EPTCAP_2M | EPTCAP_INVEPT | EPTCAP_INVEPT_SINGLE)
#define ROM_SIZE 0x40000UL

struct vmx_host vmx_host;

static struct ept ept;
static struct ram ram;
static struct rom rom;
static struct shadow shadow;
static u8 data[ROM_SIZE];
static const u8 *const end = data + ROM_SIZE; /* what is seen below 1 MiB */

static void open_with(u64 rom_size)
{
	sim_vmx_reset();
	vmx_host.caps.ept_vpid = ALL_CAPS;
	pool_open(GIB(1), MIB(8));
	assert_int_equal(frame_add_range(GIB(1), MIB(8)), 0);
	assert_int_equal(ept_create(&ept, ALL_CAPS), 0);
	assert_int_equal(ram_create(&ram, &ept, MIB(1)), 0);
	for (unsigned i = 0; i < ROM_SIZE; i++)
		data[i] = (u8)(i * 3 + i / 256);
	rom = (struct rom){ 0 };
	if (rom_size)
		assert_int_equal(rom_create(&rom, &ept, data + ROM_SIZE - rom_size, rom_size), 0);
	shadow_create(&shadow, &ept, &ram, &rom);
}

static int teardown(void **state)
{
	(void)state;
	ept_destroy(&ept);
	rom_destroy(&rom);
	ram_destroy(&ram);
	pool_close();
	return 0;
}

static u64 permissions(gpa_t gpa)
{
	struct table_walk walk;

	ept_walk(&ept, gpa, &walk);
	assert_int_equal(walk.leaf_size, PAGE_SIZE);
	return walk.flags & EPT_RWX;
}

/* What the processor reads there. */
static const u8 *seen(gpa_t gpa)
{
	struct table_walk walk;

	ept_walk(&ept, gpa, &walk);
	assert_true(walk.flags & EPT_READ);
	return phys_to_virt(walk.address);
}

static void test_ram_at_first(void **state)
{
	(void)state;
	open_with(ROM_SIZE);
	assert_false(shadow_holds(&shadow, SHADOW_START));
	assert_false(shadow_holds(&shadow, SHADOW_END - 1));
	assert_int_equal(ram.cleared, 0);
	/* Nothing changes, so nothing is touched. */
	shadow_set(&shadow, SHADOW_START, SHADOW_END, SHADOW_RAM);
	assert_int_equal(ram.cleared, 0);
	assert_int_equal(sim_vmx.invepts, 0);
}

/* The end of the ROM in the last 128K, nothing below. */
static void test_closed(void **state)
{
	(void)state;
	open_with(ROM_SIZE);
	shadow_set(&shadow, SHADOW_START, SHADOW_END, 0);
	assert_int_equal(sim_vmx.invepts, 1);
	for (gpa_t gpa = SHADOW_START; gpa < MAP_ACPI; gpa += PAGE_SIZE) {
		assert_int_equal(permissions(gpa), 0);
		assert_null(shadow_read(&shadow, gpa));
		assert_null(shadow_write(&shadow, gpa));
	}
	for (gpa_t gpa = MAP_ACPI; gpa < SHADOW_END; gpa += PAGE_SIZE) {
		assert_int_equal(permissions(gpa), EPT_READ | EPT_EXECUTE);
		assert_memory_equal(seen(gpa), end - (SHADOW_END - gpa), PAGE_SIZE);
		assert_ptr_equal(shadow_read(&shadow, gpa + 5), seen(gpa) + 5);
		assert_null(shadow_write(&shadow, gpa));
	}
	assert_true(shadow_holds(&shadow, SHADOW_START));
	assert_true(shadow_holds(&shadow, SHADOW_END - 1));
	assert_false(shadow_holds(&shadow, SHADOW_START - 1));
	assert_false(shadow_holds(&shadow, SHADOW_END));
}

/* As firmware does it: writes go to the RAM while reads get the ROM; then it is protected. */
static void test_shadowing(void **state)
{
	u8 *to;

	(void)state;
	open_with(ROM_SIZE);
	shadow_set(&shadow, MAP_BIOS, SHADOW_END, SHADOW_WRITE);
	assert_int_equal(permissions(MAP_BIOS), EPT_READ | EPT_EXECUTE);
	to = shadow_write(&shadow, MAP_BIOS + 0x1010);
	*to = 0x5a;
	assert_memory_equal(seen(MAP_BIOS + 0x1000), end - 0xf000, PAGE_SIZE);

	shadow_set(&shadow, MAP_BIOS, SHADOW_END, SHADOW_READ);
	assert_int_equal(permissions(MAP_BIOS + 0x1000), EPT_READ | EPT_EXECUTE);
	assert_int_equal(seen(MAP_BIOS + 0x1000)[0x10], 0x5a);
	assert_ptr_equal(shadow_read(&shadow, MAP_BIOS + 0x1010), to);
	assert_null(shadow_write(&shadow, MAP_BIOS + 0x1010));

	shadow_set(&shadow, MAP_BIOS, SHADOW_END, SHADOW_RAM);
	assert_int_equal(permissions(MAP_BIOS + 0x1000), EPT_RWX);
	assert_ptr_equal(ram_pointer(&ram, MAP_BIOS + 0x1010, 1), to);
	assert_false(shadow_holds(&shadow, MAP_BIOS));
}

/* What was hidden is there again; the neighbors never went. */
static void test_hidden_and_back(void **state)
{
	(void)state;
	open_with(0);
	memset(ram_pointer(&ram, 0xd0000, PAGE_SIZE), 0x77, PAGE_SIZE);
	shadow_set(&shadow, 0xd0000, 0xd4000, 0);
	assert_int_equal(permissions(0xd0000), 0);
	assert_false(shadow_holds(&shadow, 0xcffff));
	assert_false(shadow_holds(&shadow, 0xd4000));
	/* Whoever looks from outside sees the RAM, and does not open it. */
	assert_int_equal(*(u8 *)ram_pointer(&ram, 0xd0000, 1), 0x77);
	assert_int_equal(permissions(0xd0000), 0);
	shadow_set(&shadow, 0xd0000, 0xd4000, SHADOW_RAM);
	assert_int_equal(permissions(0xd0000), EPT_RWX);
	assert_int_equal(seen(0xd0000)[0], 0x77);
	assert_int_equal(seen(0xd3000)[0], 0);
}

/* A ROM of 64K is seen once, and without a ROM there is nothing. */
static void test_small_rom(void **state)
{
	(void)state;
	open_with(0x10000);
	shadow_set(&shadow, SHADOW_START, SHADOW_END, 0);
	assert_int_equal(permissions(MAP_BIOS - PAGE_SIZE), 0);
	assert_memory_equal(seen(MAP_BIOS), end - 0x10000, PAGE_SIZE);
	teardown(NULL);
	open_with(0);
	shadow_set(&shadow, SHADOW_START, SHADOW_END, SHADOW_WRITE);
	assert_int_equal(permissions(SHADOW_END - PAGE_SIZE), 0);
	assert_null(shadow_read(&shadow, SHADOW_END - 1));
	assert_non_null(shadow_write(&shadow, SHADOW_END - 1));
}

/* For the processor's marks. */
static void test_opened(void **state)
{
	(void)state;
	open_with(ROM_SIZE);
	shadow_set(&shadow, SHADOW_START, SHADOW_END, 0);
	shadow_open(&shadow, MAP_BIOS + 0x5123);
	assert_int_equal(permissions(MAP_BIOS + 0x5000), EPT_RWX);
	assert_int_equal(permissions(MAP_BIOS + 0x6000), EPT_READ | EPT_EXECUTE);
	SIM_PANICS(shadow_open(&shadow, SHADOW_START));
}

/* The types that MTRRs gave stay, whatever is shown. */
static void test_memory_type(void **state)
{
	u64 size, *leaf;

	(void)state;
	open_with(ROM_SIZE);
	leaf = table_leaf(&ept.table, MAP_BIOS, &size);
	*leaf = (*leaf & ~(7UL << EPT_TYPE_SHIFT)) | (u64)MEMORY_WT << EPT_TYPE_SHIFT;
	shadow_set(&shadow, MAP_BIOS, SHADOW_END, 0);
	assert_int_equal(*leaf >> EPT_TYPE_SHIFT & 7, MEMORY_WT);
	shadow_set(&shadow, MAP_BIOS, SHADOW_END, SHADOW_RAM);
	assert_int_equal(*leaf >> EPT_TYPE_SHIFT & 7, MEMORY_WT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ram_at_first),
		TEST(test_closed),
		TEST(test_shadowing),
		TEST(test_hidden_and_back),
		TEST(test_small_rom),
		TEST(test_opened),
		TEST(test_memory_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
