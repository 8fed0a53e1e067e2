/* SPDX-License-Identifier: MIT */
/* The two states in which boot loaders start programs, as the VMCS has them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/control_registers.h"
#include "vmx/controls.h"
#include "vmx/descriptor.h"
#include "vmx/entry_state.h"

static const struct entry_state start = {
	.rip = 0x100020, .rax = 0x2badb002, .rbx = 0x10000, .rsi = 0x20000,
	.gdt = 0x30000, .cr3 = 0x40000,
};

/* From reset: real mode. */
static int setup(void **state)
{
	fake_setup(state);
	fake.vcpu.regs.rdx = 0x600;
	sim_set(VMCS_GUEST_EFER, 0);
	guest_set_cr4(&fake.vcpu, 0);
	guest_set_cr0(&fake.vcpu, CR0_CD | CR0_NW | CR0_ET);
	return 0;
}

/* What is in a segment register is what its descriptor in memory says. */
static void expect_segment(enum segment s, u16 selector, const u64 gdt[])
{
	struct segment_register is, should;

	segment_read(s, &is);
	descriptor_unpack(selector, gdt[selector / 8], &should);
	assert_int_equal(is.selector, selector);
	assert_int_equal(is.base, 0);
	assert_int_equal(is.limit, 0xffffffff);
	assert_int_equal(is.base, should.base);
	assert_int_equal(is.limit, should.limit);
	assert_int_equal(is.rights, should.rights);
}

static void expect_both(const u64 gdt[])
{
	static const enum segment data[] = { SEG_ES, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

	expect_segment(SEG_CS, ENTRY_CS, gdt);
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++)
		expect_segment(data[i], ENTRY_DS, gdt);
	assert_int_equal(sim_get(VMCS_GUEST_TR_LIMIT), 0x67);
	assert_int_equal(sim_get(VMCS_GUEST_TR_ACCESS_RIGHTS), 0x8b);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_BASE), 0x30000);
	assert_int_equal(sim_get(VMCS_GUEST_GDTR_LIMIT), 31);
	assert_int_equal(sim_get(VMCS_GUEST_IDTR_LIMIT), 0);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x100020);
	assert_int_equal(fake.vcpu.regs.rax, 0x2badb002);
	assert_int_equal(fake.vcpu.regs.rbx, 0x10000);
	assert_int_equal(fake.vcpu.regs.rsi, 0x20000);
	assert_int_equal(fake.vcpu.regs.rdx, 0);
}

static void protected_mode(void **state)
{
	(void)state;
	vcpu_set_protected_mode_entry(&fake.vcpu, &start);
	expect_both(entry_gdt_32);
	assert_int_equal(guest_cr0(&fake.vcpu), CR0_PE | CR0_ET);
	assert_int_equal(guest_cr4(&fake.vcpu), 0);
	assert_int_equal(sim_get(VMCS_GUEST_EFER), 0);
	assert_false(fake.vcpu.entry_controls & ENTRYCTL_IA32E_GUEST);
	assert_false(vcpu_in_64bit_code(&fake.vcpu));
	assert_int_equal(segment_mode(&fake.vcpu), SEGMENT_PROTECTED);
}

static void long_mode(void **state)
{
	(void)state;
	vcpu_set_long_mode_entry(&fake.vcpu, &start);
	expect_both(entry_gdt_64);
	assert_int_equal(guest_cr0(&fake.vcpu), CR0_PE | CR0_ET | CR0_PG);
	assert_int_equal(guest_cr4(&fake.vcpu), CR4_PAE);
	assert_int_equal(sim_get(VMCS_GUEST_CR3), 0x40000);
	assert_int_equal(sim_get(VMCS_GUEST_EFER), EFER_LME | EFER_LMA);
	assert_true(fake.vcpu.entry_controls & ENTRYCTL_IA32E_GUEST);
	assert_true(vcpu_in_64bit_code(&fake.vcpu));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(protected_mode, setup),
		cmocka_unit_test_setup(long_mode, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
