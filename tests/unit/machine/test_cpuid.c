/* SPDX-License-Identifier: MIT */
/* The CPUID policy, fed with what real models say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/abi.h"
#include "lib/x86.h"
#include "machine/cpuid.h"
#include "machine/lapic_timer.h"
#include "tests/unit/machine/cpuid_dumps.h"

static const struct cpuid_dump_line *dump;
static unsigned dump_lines;
static struct cpuid_table table;
static struct cpuid_source source;

static struct cpuid_regs read_dump(u32 leaf, u32 subleaf)
{
	for (unsigned i = 0; i < dump_lines; i++)
		if (dump[i].leaf == leaf && dump[i].subleaf == subleaf)
			return (struct cpuid_regs){ dump[i].eax, dump[i].ebx, dump[i].ecx,
						    dump[i].edx };
	return (struct cpuid_regs){ 0, 0, 0, 0 };
}

static void build(const struct cpuid_dump_line *lines, unsigned count)
{
	dump = lines;
	dump_lines = count;
	source = (struct cpuid_source){ read_dump, true, true, 2400000, 0, false };
	cpuid_build(&table, &source);
}
#define BUILD(name) build(dump_##name, ARRAY_SIZE(dump_##name))

static struct cpuid_regs ask(u32 leaf, u32 subleaf)
{
	struct vcpu v = { .cpuid_table = &table };

	/* What the guest has in the upper halves must not matter. */
	v.regs.rax = 0xdead00000000UL | leaf;
	v.regs.rcx = 0xbeef00000000UL | subleaf;
	assert_int_equal(cpuid_answer(&v), NEXT);
	assert_int_equal((v.regs.rax | v.regs.rbx | v.regs.rcx | v.regs.rdx) >> 32, 0);
	return (struct cpuid_regs){ (u32)v.regs.rax, (u32)v.regs.rbx, (u32)v.regs.rcx,
				    (u32)v.regs.rdx };
}

static void test_vendor_and_signature(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(ask(0, 0).eax, 0x16);
	assert_int_equal(ask(0, 0).ebx, 0x756e6547);
	assert_int_equal(ask(1, 0).eax, 0x50654);
	assert_int_equal(ask(0x80000002, 0).eax, 0x65746e49); /* the host's brand string */
	assert_int_equal(ask(0x80000000, 0).eax, 0x80000008);
}

static void test_hidden_features(void **state)
{
	static const struct {
		u32 leaf;
		unsigned reg, bit;
	} hidden[] = {
		{ 1, 2, 2 },  { 1, 2, 3 },  { 1, 2, 5 },  { 1, 2, 6 },	{ 1, 2, 7 },  { 1, 2, 8 },
		{ 1, 2, 15 }, { 1, 2, 18 }, { 1, 3, 18 }, { 1, 3, 21 }, { 1, 3, 22 }, { 1, 3, 28 },
		{ 1, 3, 29 }, { 1, 3, 31 }, { 7, 1, 2 },  { 7, 1, 4 },	{ 7, 1, 11 }, { 7, 1, 14 },
		{ 7, 1, 25 }, { 7, 2, 3 },  { 7, 2, 4 },  { 7, 2, 5 },	{ 7, 2, 7 },  { 7, 2, 16 },
		{ 7, 2, 30 }, { 7, 3, 4 },  { 7, 3, 15 }, { 7, 3, 18 }, { 7, 3, 20 }, { 7, 3, 30 },
	};
	struct cpuid_dump_line all[] = {
		{ 0, 0, 0x1f, 0, 0, 0 },
		{ 1, 0, ~0U, ~0U, ~0U, ~0U },
		{ 7, 0, ~0U, ~0U, ~0U, ~0U },
		{ 0x80000000, 0, 0x80000008, 0, 0, 0 },
	};

	(void)state;
	build(all, ARRAY_SIZE(all)); /* a host with every bit there is */
	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++) {
		struct cpuid_regs r = ask(hidden[i].leaf, 0);
		u32 regs[] = { r.eax, r.ebx, r.ecx, r.edx };

		assert_int_equal(regs[hidden[i].reg] >> hidden[i].bit & 1, 0);
	}
}

static void test_shown_features(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(ask(1, 0).ecx, 0xf7fa3203);
	assert_int_equal(ask(1, 0).edx, 0xf8bfbff);
	assert_int_equal(ask(6, 0).eax, 4);
	assert_int_equal(ask(7, 0).ebx, 0xd19f27eb);
	assert_int_equal(ask(0x80000001, 0).ecx, 0x121);
	assert_int_equal(ask(0x80000001, 0).edx, 0x2c100800);
	assert_int_equal(ask(0x80000007, 0).edx, 0x100);
}

static void test_never_more_than_the_host(void **state)
{
	static const u32 leaves[] = { 1, 7, 0x80000001, 0x80000007 };
	/* Ours, whatever the host has. */
	const u32 hypervisor = 1U << 31, x2apic = 1U << 21, deadline = 1U << 24;
	const u32 tsc_adjust = 1U << 1;

	(void)state;
	BUILD(arrandale);
	for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct cpuid_regs r = ask(leaves[i], 0), h = read_dump(leaves[i], 0);

		if (leaves[i] == 1)
			r.ecx &= ~(hypervisor | x2apic | deadline);
		if (leaves[i] == 7)
			r.ebx &= ~tsc_adjust;
		assert_int_equal(r.ecx & ~h.ecx, 0);
		assert_int_equal(r.edx & ~h.edx, 0);
		if (leaves[i] == 7)
			assert_int_equal(r.ebx & ~h.ebx, 0);
	}
}

static void test_one_cpu(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(ask(1, 0).ebx, 0x00010800);
	assert_int_equal(ask(4, 3).eax, 0x1c03c163 & 0x3fff); /* nobody shares our caches */
	assert_int_equal(ask(4, 3).ebx, 0x280003f);
	assert_int_equal(ask(4, 4).eax, 0);
	assert_int_equal(ask(0xb, 0).ebx, 1);
	assert_int_equal(ask(0xb, 0).ecx, 0x100);
	assert_int_equal(ask(0xb, 1).ecx, 0x201);
	assert_int_equal(ask(0xb, 2).ecx, 2);
	assert_int_equal(ask(0xb, 0x1234).ecx, 0x34);
	assert_int_equal(ask(0xb, 2).ebx, 0);
	assert_int_equal(ask(0x80000008, 0).eax, 0x3028);
}

/* Of what AMD tells there only this, and only of a processor that is known to predict nothing. */
static void test_no_branch_type_confusion(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(ask(0x80000008, 0).ebx, 0);
	source.interpreted = true;
	cpuid_build(&table, &source);
	assert_int_equal(ask(0x80000008, 0).ebx, 1U << 29);
	assert_int_equal(ask(0x80000008, 0).eax, 0x3028);
}

static void test_apic_id(void **state)
{
	(void)state;
	BUILD(skylake_x);
	source.apic_id = 3;
	cpuid_build(&table, &source);
	assert_int_equal(ask(1, 0).ebx >> 24, 3);
	assert_int_equal(ask(0xb, 0).edx, 3);
	assert_int_equal(ask(0xb, 9).edx, 3);
}

/* The APIC and its timer are ours, whatever the host's are; its bit follows IA32_APIC_BASE. */
static void test_apic_features(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(ask(0x40000010, 0).ebx, 1000000);
	cpuid_update_apic(&table, false);
	assert_int_equal(ask(1, 0).edx >> 9 & 1, 0);
	assert_int_equal(ask(1, 0).ecx >> 21 & 1, 1);
	cpuid_update_apic(&table, true);
	assert_int_equal(ask(1, 0).edx >> 9 & 1, 1);
}

static void test_quiet_leaves(void **state)
{
	static const u32 zero[] = { 3,	  5,	8,    9,    0xa,  0xc,	0xe,
				    0xf,  0x10, 0x11, 0x12, 0x13, 0x14, 0x80000005 };

	(void)state;
	BUILD(skylake_x);
	for (unsigned i = 0; i < ARRAY_SIZE(zero); i++) {
		struct cpuid_regs r = ask(zero[i], 0);

		assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	}
}

static void expect_same(struct cpuid_regs a, struct cpuid_regs b)
{
	assert_memory_equal(&a, &b, sizeof(a));
}

/* SDM: a leaf above the highest basic one answers as that one. */
static void test_beyond_the_end(void **state)
{
	static const u32 beyond[] = { 0x17, 0x1f, 0x20, 0x3fffffff, 0x80000009, 0xc0000000, ~0U };

	(void)state;
	BUILD(skylake_x);
	for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
		expect_same(ask(beyond[i], 0), ask(0x16, 0));
		expect_same(ask(beyond[i], 2), ask(0x16, 0));
	}
	BUILD(arrandale); /* ends at 0bH itself */
	assert_int_equal(ask(0, 0).eax, 0x16);
	expect_same(ask(0xd, 1), (struct cpuid_regs){ 0, 0, 0, 0 });
	expect_same(ask(0x17, 1), ask(0x16, 0));
}

/* What Linux makes of leaf 15H, in 32 bits, is what was measured; the host's is not asked. */
static void test_timing(void **state)
{
	static const u32 exact[] = { 4001,    19998,   20000,	20003,	 999000,
				     1000000, 1700000, 2400000, 3500000, 5000000 };

	(void)state;
	BUILD(skylake_x);
	assert_int_not_equal(read_dump(0x15, 0).eax, 0); /* which it has */
	for (unsigned i = 0; i < ARRAY_SIZE(exact); i++) {
		struct cpuid_regs r;

		source.tsc_khz = exact[i];
		cpuid_build(&table, &source);
		r = ask(0x15, 0);
		assert_int_equal(r.ecx, LAPIC_TIMER_HZ >> lapic_timer_halved(exact[i] * 1000UL));
		assert_int_equal(r.edx, 0);
		assert_true((u64)(r.ecx / 1000) * r.ebx <= ~0U);
		assert_int_equal(r.ecx / 1000 * r.ebx / r.eax, exact[i]);
		assert_int_equal(ask(0x16, 0).eax, (exact[i] + 500) / 1000);
		assert_int_equal(ask(0x16, 0).ebx, ask(0x16, 0).eax);
		assert_int_equal(ask(0x16, 0).ecx, 100);
		assert_int_equal(ask(0x16, 0).edx, 0);
	}
}

/* No fraction may be whole kHz: then it is as near as makes no difference. */
static void test_timing_is_near(void **state)
{
	u64 worst = 0, beyond = 0;
	s64 error;

	(void)state;
	BUILD(skylake_x);
	for (u32 khz = 1000000; khz < 4290000; khz += 7919) {
		struct cpuid_regs r;

		source.tsc_khz = khz;
		cpuid_build(&table, &source);
		r = ask(0x15, 0);
		error = (s64)(r.ecx / 1000 * r.ebx / r.eax) - (s64)khz;
		worst = MAX(worst, (u64)labs(error) * 1000000000 / khz);
		beyond += (u64)labs(error) * 1000000 > khz;
	}
	assert_in_range(worst, 0, 23000); /* parts in 10^9 */
	assert_in_range(beyond, 0, 10); /* more than one in 10^6: those near a simple fraction */
	source.tsc_khz = 0; /* nobody knows */
	cpuid_build(&table, &source);
	assert_int_equal(ask(0x15, 0).eax | ask(0x15, 0).ecx | ask(0x16, 0).eax, 0);
}

static void test_hypervisor_leaves(void **state)
{
	struct cpuid_regs r;
	char name[13] = "";

	(void)state;
	BUILD(haswell);
	r = ask(ABI_CPUID_SIGNATURE, 0);
	memcpy(name, &r.ebx, 4);
	memcpy(name + 4, &r.ecx, 4);
	memcpy(name + 8, &r.edx, 4);
	assert_string_equal(name, "TrivetTrivet");
	assert_int_equal(r.eax, 0x40000010);
	assert_int_equal(ask(ABI_CPUID_VERSION, 0).eax, ABI_VERSION);
	assert_int_equal(ask(ABI_CPUID_TIMING, 0).eax, 2400000);
	r = ask(0x40000011, 0);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	assert_int_equal(ask(0x400000ff, 0).eax, 0);
	expect_same(ask(0x40000100, 0), ask(0x16, 0));
}

static void test_xsave_follows_xcr0(void **state)
{
	(void)state;
	BUILD(skylake_x);
	assert_int_equal(table.xcr0_allowed, 0xe7);
	assert_int_equal(ask(0xd, 0).eax, 0xe7);
	assert_int_equal(ask(0xd, 0).ebx, 576); /* XCR0 is 1 after reset */
	assert_int_equal(ask(0xd, 0).ecx, 0xa80);
	cpuid_update(&table, CR4_OSXSAVE, 7);
	assert_int_equal(ask(0xd, 0).ebx, 832);
	cpuid_update(&table, CR4_OSXSAVE, 0xe7);
	assert_int_equal(ask(0xd, 0).ebx, 0xa80);
	assert_int_equal(ask(0xd, 1).eax, 5); /* XSAVEOPT and XGETBV(1): no XSAVEC, no XSAVES */
	assert_int_equal(ask(0xd, 2).eax, 0x100);
	assert_int_equal(ask(0xd, 2).ebx, 0x240);
	assert_int_equal(ask(0xd, 3).eax, 0);
	assert_int_equal(ask(0xd, 8).eax, 0);
	assert_int_equal(ask(0xd, 63).eax, 0);
}

static void test_xsave_hides_unknown_state(void **state)
{
	(void)state;
	BUILD(tigerlake); /* has PKRU and CET state, too */
	assert_int_equal(table.xcr0_allowed, 0xe7);
	assert_int_equal(ask(0xd, 9).eax, 0);
	assert_int_equal(ask(0xd, 11).eax, 0);
	assert_int_equal(ask(0xd, 0).ecx, 0xa80);
	assert_int_equal(ask(0xd, 1).ecx, 0);
}

static void test_osxsave(void **state)
{
	(void)state;
	BUILD(haswell);
	assert_int_equal(ask(1, 0).ecx >> 27 & 1, 0);
	cpuid_update(&table, CR4_OSXSAVE, 1);
	assert_int_equal(ask(1, 0).ecx >> 27 & 1, 1);
	cpuid_update(&table, 0, 1);
	assert_int_equal(ask(1, 0).ecx >> 27 & 1, 0);
}

/* A host whose AVX state is not switchable as a whole must not show what needs it. */
static void test_features_need_their_state(void **state)
{
	struct cpuid_dump_line lines[ARRAY_SIZE(dump_skylake_x)];

	(void)state;
	memcpy(lines, dump_skylake_x, sizeof(lines));
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		if (lines[i].leaf == 0xd && !lines[i].subleaf)
			lines[i].eax = 0x67; /* one part of AVX-512 is missing */
	build(lines, ARRAY_SIZE(lines));
	assert_int_equal(table.xcr0_allowed, 7);
	assert_int_equal(ask(7, 0).ebx & 0xd1230000 & ~(1U << 29), 1U << 24);
	assert_int_equal(ask(7, 0).ebx >> 5 & 1, 1); /* AVX2 */
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
		if (lines[i].leaf == 0xd && !lines[i].subleaf)
			lines[i].eax = 0xe3; /* AVX-512 without AVX */
	build(lines, ARRAY_SIZE(lines));
	assert_int_equal(table.xcr0_allowed, 3);
	assert_int_equal(ask(1, 0).ecx & (1U << 28 | 1U << 29 | 1U << 12), 0);
	assert_int_equal(ask(7, 0).ebx >> 5 & 1, 0);
}

static void test_without_xsave(void **state)
{
	(void)state;
	BUILD(arrandale);
	assert_int_equal(table.xcr0_allowed, 0);
	assert_int_equal(table.cr4_allowed & CR4_OSXSAVE, 0);
	assert_int_equal(ask(1, 0).ecx & (3U << 26), 0);
}

static void test_instructions_follow_their_controls(void **state)
{
	(void)state;
	BUILD(tigerlake);
	assert_int_equal(ask(0x80000001, 0).edx >> 27 & 1, 1);
	assert_int_equal(ask(7, 0).ecx >> 22 & 1, 1);
	assert_int_equal(ask(7, 0).ebx >> 10 & 1, 1);
	source.rdtscp = source.invpcid = false;
	cpuid_build(&table, &source);
	assert_int_equal(ask(0x80000001, 0).edx >> 27 & 1, 0);
	assert_int_equal(ask(7, 0).ecx >> 22 & 1, 0);
	assert_int_equal(ask(7, 0).ebx >> 10 & 1, 0);
	assert_int_equal(ask(1, 0).ecx >> 17 & 1, 1); /* PCIDs can be used without */
}

static void test_control_registers(void **state)
{
	const u64 never = CR4_VMXE | CR4_SMXE | CR4_LA57 | CR4_PKE | CR4_CET | CR4_PKS;

	(void)state;
	BUILD(tigerlake);
	assert_int_equal(table.cr4_allowed & never, 0);
	assert_int_equal(table.cr4_allowed, 0x3507ff | CR4_UMIP | CR4_PCIDE);
	assert_int_equal(table.efer_allowed, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
	BUILD(arrandale);
	assert_int_equal(table.cr4_allowed & (CR4_SMEP | CR4_SMAP | CR4_UMIP | CR4_FSGSBASE | CR4_PCIDE), 0);
}

static void test_old_and_odd_hosts(void **state)
{
	static const struct cpuid_dump_line old[] = { { 0, 0, 2, 0, 0, 0 },
						      { 1, 0, 0x633, 0, 0, 0x008001bf } };
	static const struct cpuid_dump_line seven[] = { { 0, 0, 7, 0, 0, 0 },
							{ 7, 0, 0, 0x280, 0, 0 } };
	static const struct cpuid_dump_line new[] = {
		{ 0, 0, 0x20, 0, 0, 0 },	 { 1, 0, 0, 0, 0x1c000000, 0 },
		{ 7, 0, 2, 0, 0, 0 },		 { 7, 1, 0x1c30, 0, 0, 0 },
		{ 7, 2, ~0U, ~0U, ~0U, ~0U },	 { 0xd, 0, 7, 0, 832, 0 },
		{ 0xd, 2, 256, 576, 0, 0 },
	};

	(void)state;
	build(old, ARRAY_SIZE(old)); /* no extended leaves at all */
	assert_int_equal(ask(0, 0).eax, 0x16);
	assert_int_equal(ask(0x80000000, 0).eax, 0x80000000);
	expect_same(ask(0x80000001, 0), ask(0x16, 0));
	expect_same(ask(4, 0), (struct cpuid_regs){ 0, 0, 0, 0 });
	assert_int_equal(table.efer_allowed, 0);
	build(seven, ARRAY_SIZE(seven)); /* ends with the feature leaf */
	assert_int_equal(ask(7, 0).ebx, 0x282);
	build(new, ARRAY_SIZE(new));
	assert_int_equal(ask(7, 0).eax, 2);
	assert_int_equal(ask(7, 1).eax, 0x10); /* AVX-VNNI without AVX-512's BF16, and no FZRM */
	expect_same(ask(7, 2), (struct cpuid_regs){0, 0, 0, 0x3f}); /* no UC-lock disable */
	expect_same(ask(7, 3), (struct cpuid_regs){0, 0, 0, 0});
}

/* Controls of speculation, each as far as the host has it: a guest must not believe in what is not
 * there. */
static void test_speculation(void **state)
{
	struct cpuid_dump_line host[] = {{0, 0, 7, 0, 0, 0}, {7, 0, 0, 0, 0, 0}};

	(void)state;
	for (unsigned bit = 26; bit < 32; bit++) {
		host[1].edx = 1U << bit;
		build(host, ARRAY_SIZE(host));
		assert_int_equal(ask(7, 0).edx, bit == 30 ? 0 : 1U << bit);
		assert_int_equal(ask(7, 0).eax, 0);
	}
}

/* What the fast path answers is what the table says, for every leaf. */
static void test_both_paths_agree(void **state)
{
	(void)state;
	BUILD(tigerlake);
	for (u32 leaf = 0; leaf < 0x30; leaf++)
		for (u32 sub = 0; sub < 4; sub++)
			expect_same(ask(leaf, sub), cpuid_lookup(&table, leaf, sub));
	assert_true(table.subleaf_count < CPUID_SUBLEAVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vendor_and_signature),
		cmocka_unit_test(test_hidden_features),
		cmocka_unit_test(test_shown_features),
		cmocka_unit_test(test_never_more_than_the_host),
		cmocka_unit_test(test_one_cpu),
		cmocka_unit_test(test_no_branch_type_confusion),
		cmocka_unit_test(test_apic_id),
		cmocka_unit_test(test_apic_features),
		cmocka_unit_test(test_quiet_leaves),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_timing),
		cmocka_unit_test(test_timing_is_near),
		cmocka_unit_test(test_hypervisor_leaves),
		cmocka_unit_test(test_xsave_follows_xcr0),
		cmocka_unit_test(test_xsave_hides_unknown_state),
		cmocka_unit_test(test_osxsave),
		cmocka_unit_test(test_features_need_their_state),
		cmocka_unit_test(test_without_xsave),
		cmocka_unit_test(test_instructions_follow_their_controls),
		cmocka_unit_test(test_control_registers),
		cmocka_unit_test(test_old_and_odd_hosts),
		cmocka_unit_test(test_speculation),
		cmocka_unit_test(test_both_paths_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
