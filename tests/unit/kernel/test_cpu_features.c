/* SPDX-License-Identifier: MIT */
/*
 * CPUID answers of a few kinds of processor.
 */
#include "kernel/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"

static struct {
	const char *vendor;
	u32 max_leaf, signature, ecx1, edx1, ebx7, ecx7, edx7, xsave1;
	u32 max_extended, ecx_extended, edx_extended, power, sizes;
	const char *brand, *hypervisor;
} chip;

static struct cpuid_regs words(u32 eax, const char *ebx, const char *ecx, const char *edx)
{
	struct cpuid_regs r = {.eax = eax};

	memcpy(&r.ebx, ebx, 4);
	memcpy(&r.ecx, ecx, 4);
	memcpy(&r.edx, edx, 4);
	return r;
}

static struct cpuid_regs answer(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r = {0};

	if (leaf < 0x40000000 && leaf > chip.max_leaf)
		fail_msg("leaf %x asked for", leaf);
	if (leaf > 0x80000000 && leaf > chip.max_extended)
		fail_msg("leaf %x asked for", leaf);
	switch (leaf) {
	case 0:
		return words(chip.max_leaf, chip.vendor, chip.vendor + 8, chip.vendor + 4);
	case 1:
		return (struct cpuid_regs){chip.signature, 0, chip.ecx1, chip.edx1};
	case 7:
		return (struct cpuid_regs){0, chip.ebx7, chip.ecx7, chip.edx7};
	case 0xd:
		assert_int_equal(subleaf, 1);
		r.eax = chip.xsave1;
		return r;
	case 0x40000000:
		assert_non_null(chip.hypervisor);
		return words(0x40000001, chip.hypervisor, chip.hypervisor + 4, chip.hypervisor + 8);
	case 0x80000000:
		r.eax = chip.max_extended;
		return r;
	case 0x80000001:
		return (struct cpuid_regs){0, 0, chip.ecx_extended, chip.edx_extended};
	case 0x80000002:
	case 0x80000003:
	case 0x80000004:
		memcpy(&r, chip.brand + 16 * (leaf - 0x80000002), 16);
		return r;
	case 0x80000007:
		r.edx = chip.power;
		return r;
	case 0x80000008:
		r.eax = chip.sizes;
		return r;
	}
	return r;
}

static int setup(void **state)
{
	(void)state;
	memset(&chip, 0, sizeof(chip));
	memset(&cpu_features, 0, sizeof(cpu_features));
	sim.cpuid = answer;
	return 0;
}

static void a_new_intel_cpu(void **state)
{
	const struct cpu_features *f = &cpu_features;

	(void)state;
	chip.vendor = "GenuineIntel";
	chip.max_leaf = 0x16;
	chip.signature = 0x00050654;
	chip.ecx1 = BIT(5) | BIT(17) | BIT(21) | BIT(24) | BIT(26);
	chip.edx1 = BIT(9);
	chip.ebx7 = BIT(0) | BIT(7) | BIT(20);
	chip.ecx7 = BIT(2);
	chip.xsave1 = BIT(3);
	chip.max_extended = 0x80000008;
	chip.edx_extended = BIT(20) | BIT(26);
	chip.power = BIT(8);
	chip.sizes = 48 << 8 | 46;
	chip.brand = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
	cpu_features_read();
	assert_string_equal(f->vendor, "GenuineIntel");
	assert_string_equal(f->brand, chip.brand);
	assert_int_equal(f->family, 6);
	assert_int_equal(f->model, 0x55);
	assert_int_equal(f->stepping, 4);
	assert_int_equal(f->physical_bits, 46);
	assert_int_equal(f->linear_bits, 48);
	assert_true(f->intel && f->vmx && f->apic && f->x2apic && f->tsc_deadline && f->pcid);
	assert_true(f->nx && f->page_1g && f->invariant_tsc && f->xsave && f->xsaves);
	assert_true(f->smep && f->smap && f->umip && f->fsgsbase);
	assert_false(f->svm || f->hypervisor);
	assert_string_equal(f->hypervisor_name, "");
}

static void speculation_msrs_by_their_bits(void **state)
{
	static const struct {
		u32 edx7;
		bool spec_ctrl, pred_cmd, flush_cmd, arch_capabilities;
	} rows[] = {
		{0, false, false, false, false},      {BIT(26), true, true, false, false},
		{BIT(27), true, false, false, false}, {BIT(28), false, false, true, false},
		{BIT(29), false, false, false, true}, {BIT(31), true, false, false, false},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		chip.vendor = "GenuineIntel";
		chip.max_leaf = 7;
		chip.edx7 = rows[i].edx7;
		cpu_features_read();
		assert_int_equal(cpu_features.spec_ctrl, rows[i].spec_ctrl);
		assert_int_equal(cpu_features.pred_cmd, rows[i].pred_cmd);
		assert_int_equal(cpu_features.flush_cmd, rows[i].flush_cmd);
		assert_int_equal(cpu_features.arch_capabilities, rows[i].arch_capabilities);
	}
}

static void an_amd_cpu_under_a_hypervisor(void **state)
{
	const struct cpu_features *f = &cpu_features;

	(void)state;
	chip.vendor = "AuthenticAMD";
	chip.max_leaf = 1;
	chip.signature = 0x00810f10;
	chip.ecx1 = BIT(31);
	chip.max_extended = 0x80000001;
	chip.ecx_extended = BIT(2);
	chip.hypervisor = "KVMKVMKVM\0\0\0";
	cpu_features_read();
	assert_false(f->intel || f->vmx);
	assert_true(f->svm && f->hypervisor);
	assert_int_equal(f->family, 0x17);
	assert_int_equal(f->model, 0x11);
	assert_string_equal(f->hypervisor_name, "KVMKVMKVM");
	assert_int_equal(f->physical_bits, 36);
}

static void no_extended_leaves(void **state)
{
	(void)state;
	chip.vendor = "GenuineIntel";
	chip.max_leaf = 2;
	chip.signature = 0x543;
	chip.max_extended = 0x665b5001; /* what leaf 2 answers */
	cpu_features_read();
	assert_int_equal(cpu_features.max_extended_leaf, 0);
	assert_false(cpu_features.nx);
	assert_int_equal(cpu_features.family, 5);
	assert_int_equal(cpu_features.model, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_intel_cpu, setup),
		cmocka_unit_test_setup(speculation_msrs_by_their_bits, setup),
		cmocka_unit_test_setup(an_amd_cpu_under_a_hypervisor, setup),
		cmocka_unit_test_setup(no_extended_leaves, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
