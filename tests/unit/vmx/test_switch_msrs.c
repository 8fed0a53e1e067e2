/* SPDX-License-Identifier: MIT */
/* Which MSRs a guest has without an exit, on processors old and new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "lib/x86.h"
#include "vmx/bitmaps.h"
#include "vmx/switch_msrs.h"

static u64 processor[SWITCHED_MSRS];
static u32 numbers[SWITCHED_MSRS];
static unsigned known;

/* A place for each number that is asked for. */
static u64 *place(u32 msr)
{
	unsigned i = 0;

	while (i < known && numbers[i] != msr)
		i++;
	assert_true(i < SWITCHED_MSRS);
	if (i == known)
		numbers[known++] = msr;
	return &processor[i];
}

static u64 msr_read(u32 msr)
{
	return *place(msr);
}

static void msr_write(u32 msr, u64 value)
{
	*place(msr) = value;
}

static bool touched(u32 msr)
{
	for (unsigned i = 0; i < known; i++)
		if (numbers[i] == msr)
			return true;
	return false;
}

static int setup(void **state)
{
	(void)state;
	memset(&cpu_features, 0, sizeof(cpu_features));
	memset(processor, 0, sizeof(processor));
	sim.msr_read = msr_read;
	sim.msr_write = msr_write;
	known = 0;
	return 0;
}

static u8 bitmap[MSR_BITMAP_SIZE];

static void allow(void)
{
	msr_bitmap_deny_all(bitmap);
	switch_msrs_allow(bitmap);
}

static bool reads(u32 msr)
{
	return !msr_bitmap_exits(bitmap, msr, false);
}

static bool writes(u32 msr)
{
	return !msr_bitmap_exits(bitmap, msr, true);
}

static void what_every_processor_has(void **state)
{
	static const u32 both[] = {
		MSR_STAR,	    MSR_LSTAR,	      MSR_CSTAR,   MSR_SYSCALL_MASK,
		MSR_KERNEL_GS_BASE, MSR_FS_BASE,      MSR_GS_BASE, MSR_SYSENTER_CS,
		MSR_SYSENTER_ESP,   MSR_SYSENTER_EIP, MSR_PAT};

	(void)state;
	allow();
	for (unsigned i = 0; i < ARRAY_SIZE(both); i++)
		assert_true(reads(both[i]) && writes(both[i]));
	assert_true(reads(MSR_TSC) && reads(MSR_EFER));
	assert_false(writes(MSR_TSC) || writes(MSR_EFER));
}

static void nothing_that_the_processor_has_not(void **state)
{
	static const u32 none[] = {MSR_TSC_AUX,	  MSR_SPEC_CTRL,	 MSR_PRED_CMD,
				   MSR_FLUSH_CMD, MSR_ARCH_CAPABILITIES, MSR_APIC_BASE,
				   MSR_DEBUGCTL,  MSR_FEATURE_CONTROL,	 MSR_XSS};
	u64 values[SWITCHED_MSRS] = {0};

	(void)state;
	allow();
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(reads(none[i]) || writes(none[i]));
	switch_msrs_load(values);
	switch_msrs_save(values);
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(touched(none[i]));
}

static void each_by_its_own_bit(void **state)
{
	(void)state;
	cpu_features.rdtscp = true;
	allow();
	assert_true(reads(MSR_TSC_AUX) && writes(MSR_TSC_AUX) && !reads(MSR_SPEC_CTRL));
	cpu_features.spec_ctrl = true;
	allow();
	assert_true(reads(MSR_SPEC_CTRL) && writes(MSR_SPEC_CTRL) && !writes(MSR_PRED_CMD));
	cpu_features.pred_cmd = true;
	allow();
	assert_true(writes(MSR_PRED_CMD) && !reads(MSR_PRED_CMD) && !writes(MSR_FLUSH_CMD));
	cpu_features.flush_cmd = true;
	cpu_features.arch_capabilities = true;
	allow();
	assert_true(writes(MSR_FLUSH_CMD) && !reads(MSR_FLUSH_CMD));
	assert_false(reads(MSR_ARCH_CAPABILITIES) || writes(MSR_ARCH_CAPABILITIES));
}

static void they_change_hands(void **state)
{
	const u64 nobodys[SWITCHED_MSRS] = {0};
	u64 guests[SWITCHED_MSRS];

	(void)state;
	cpu_features.rdtscp = cpu_features.spec_ctrl = true;
	cpu_features.pred_cmd = cpu_features.flush_cmd = true;
	switch_msrs_load(nobodys);
	assert_int_equal(known, SWITCHED_MSRS); /* commands are not among them */
	for (unsigned i = 0; i < SWITCHED_MSRS; i++)
		processor[i] = 0x1000 + i;
	switch_msrs_save(guests);
	switch_msrs_load(nobodys);
	for (unsigned i = 0; i < SWITCHED_MSRS; i++)
		assert_int_equal(processor[i], 0); /* no IBRS, no SSBD: as the host has it */
	switch_msrs_load(guests);
	for (unsigned i = 0; i < SWITCHED_MSRS; i++)
		assert_int_equal(processor[i], 0x1000 + i);
	assert_true(touched(MSR_SPEC_CTRL) && touched(MSR_TSC_AUX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_every_processor_has, setup),
		cmocka_unit_test_setup(nothing_that_the_processor_has_not, setup),
		cmocka_unit_test_setup(each_by_its_own_bit, setup),
		cmocka_unit_test_setup(they_change_hands, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
