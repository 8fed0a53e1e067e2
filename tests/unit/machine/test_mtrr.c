/* SPDX-License-Identifier: MIT */
/* MTRRs: what the processor accepts and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/x86.h"
#include "machine/mtrr.h"

static struct mtrr m;

static int setup(void **state)
{
	(void)state;
	mtrr_reset(&m, 40);
	return 0;
}

static u64 get(u32 msr)
{
	u64 value;

	assert_int_equal(mtrr_read(&m, msr, &value), 0);
	return value;
}

static void accepts(u32 msr, u64 value)
{
	assert_int_equal(mtrr_write(&m, msr, value), 0);
	assert_int_equal(get(msr), value);
}

static void refuses(u32 msr, u64 value)
{
	u64 before = get(msr);

	assert_int_equal(mtrr_write(&m, msr, value), -ERR_INVAL);
	assert_int_equal(get(msr), before);
}

static void test_as_firmware_leaves_them(void **state)
{
	(void)state;
	assert_int_equal(get(MSR_MTRRCAP), 0x508);
	assert_int_equal(get(MSR_MTRR_DEF_TYPE), 0x806); /* enabled, write-back */
	assert_int_equal(get(0x201), 0);		 /* no range is valid */
}

static void test_which_there_are(void **state)
{
	u64 value;
	unsigned count = 0;

	(void)state;
	for (u32 msr = 0xf0; msr < 0x300; msr++)
		count += mtrr_read(&m, msr, &value) == 0;
	assert_int_equal(count, 1 + 16 + 11 + 1);
	assert_int_equal(mtrr_read(&m, 0x210, &value), -ERR_NOENT);
	assert_int_equal(mtrr_write(&m, 0x210, 0), -ERR_NOENT);
	assert_int_equal(mtrr_read(&m, 0x251, &value), -ERR_NOENT);
	assert_int_equal(mtrr_read(&m, 0, &value), -ERR_NOENT);
}

static void test_all_are_apart(void **state)
{
	static const u32 numbers[] = { 0x200, 0x202, 0x20e, 0x250, 0x258, 0x259, 0x268, 0x26f };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		accepts(numbers[i], i & 1 ? 0 : 4); /* types only */
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(get(numbers[i]), i & 1 ? 0 : 4);
	accepts(0x201, 0xff00000800);
	accepts(0x20f, 0xfffff00800);
	assert_int_equal(get(0x201), 0xff00000800);
}

static void test_types(void **state)
{
	static const u8 legal[] = { 0, 1, 4, 5, 6 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(legal); i++) {
		accepts(0x200, 0x1000000UL | legal[i]);
		accepts(0x250, 0x0101010101010101UL * legal[i]);
		accepts(MSR_MTRR_DEF_TYPE, 0x800UL | legal[i]);
	}
	for (unsigned type = 0; type < 256; type++) {
		if (type == 0 || type == 1 || (type >= 4 && type <= 6))
			continue;
		refuses(0x200, type);
		refuses(0x250, (u64)type << 56);
		refuses(MSR_MTRR_DEF_TYPE, type);
	}
}

static void test_reserved_bits(void **state)
{
	(void)state;
	accepts(0x200, (1UL << 39) | 6);
	refuses(0x200, 1UL << 40); /* beyond this processor's addresses */
	refuses(0x200, 1UL << 8);
	accepts(0x201, 0xfffffff800);
	refuses(0x201, 1UL << 40);
	refuses(0x201, 1UL << 10);
	refuses(MSR_MTRR_DEF_TYPE, 1UL << 9);
	accepts(MSR_MTRR_DEF_TYPE, 0xc00);
	refuses(MSR_MTRR_DEF_TYPE, 1UL << 12);
	refuses(MSR_MTRRCAP, 0x508);
}

/* SDM "MTRR Precedences". */
static void types(void **state)
{
	(void)state;
	assert_int_equal(mtrr_type(&m, 0, PAGE_SIZE), MEMORY_WB);
	accepts(MSR_MTRR_DEF_TYPE, MEMORY_WB);
	assert_int_equal(mtrr_type(&m, 0, PAGE_SIZE), MEMORY_UC); /* not enabled */
	accepts(MSR_MTRR_DEF_TYPE, 0xc00 | MEMORY_UC);
	accepts(MSR_MTRR_FIX64K_00000, 0x0606060606060604);
	accepts(MSR_MTRR_FIX16K_80000, 0x0600000000000006);
	accepts(MSR_MTRR_FIX4K_C0000, 0x0506);
	assert_int_equal(mtrr_type(&m, 0, PAGE_SIZE), MEMORY_WT);
	assert_int_equal(mtrr_type(&m, 0x7f000, PAGE_SIZE), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, 0x84000, PAGE_SIZE), MEMORY_UC);
	assert_int_equal(mtrr_type(&m, 0x9f000, PAGE_SIZE), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, 0xc0000, PAGE_SIZE), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, 0xc1000, PAGE_SIZE), MEMORY_WP);
	assert_int_equal(mtrr_type(&m, MIB(2), SIZE_2M), MEMORY_UC);

	/* 1 GiB WB at 0, and the 4 KiB at 512 MiB WT, and 2 MiB at 256 MiB UC. */
	accepts(MSR_MTRR_PHYSBASE0, MEMORY_WB);
	accepts(MSR_MTRR_PHYSBASE0 + 1, 0xffc0000800);
	accepts(MSR_MTRR_PHYSBASE0 + 2, MIB(512) | MEMORY_WT);
	accepts(MSR_MTRR_PHYSBASE0 + 3, 0xfffffff800);
	accepts(MSR_MTRR_PHYSBASE0 + 4, MIB(256) | MEMORY_UC);
	accepts(MSR_MTRR_PHYSBASE0 + 5, 0xffffe00800);
	assert_int_equal(mtrr_type(&m, MIB(2), SIZE_2M), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, GIB(1), SIZE_2M), MEMORY_UC);
	assert_int_equal(mtrr_type(&m, MIB(256), SIZE_2M), MEMORY_UC);
	assert_int_equal(mtrr_type(&m, MIB(258), SIZE_2M), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, MIB(512), PAGE_SIZE), MEMORY_WT);
	assert_int_equal(mtrr_type(&m, MIB(512) + PAGE_SIZE, PAGE_SIZE), MEMORY_WB);
	assert_int_equal(mtrr_type(&m, MIB(512), SIZE_2M), MEMORY_UC); /* mixed */
}

static void changes_are_noticed(void **state)
{
	(void)state;
	assert_false(m.changed);
	accepts(MSR_MTRR_DEF_TYPE, get(MSR_MTRR_DEF_TYPE));
	assert_false(m.changed);
	accepts(MSR_MTRR_DEF_TYPE, MEMORY_UC);
	assert_true(m.changed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(types, setup),
		cmocka_unit_test_setup(changes_are_noticed, setup),
		cmocka_unit_test_setup(test_as_firmware_leaves_them, setup),
		cmocka_unit_test_setup(test_which_there_are, setup),
		cmocka_unit_test_setup(test_all_are_apart, setup),
		cmocka_unit_test_setup(test_types, setup),
		cmocka_unit_test_setup(test_reserved_bits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
