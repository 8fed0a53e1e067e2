/* SPDX-License-Identifier: MIT */
/*
 * Writes to CR0, CR3, CR4, CR8, EFER, XCR0 and debug registers: which
 * raise #GP or #UD, and what a legal one does to the VMCS.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/control_registers.h"
#include "vmx/controls.h"
#include "vmx/decode.h"
#include "vmx/exits.h"

static enum verdict move_to_cr(unsigned cr, u64 value)
{
	fake.vcpu.regs.rax = value;
	sim_set(VMCS_EXIT_QUALIFICATION, cr);
	return exit_cr_access(&fake.vcpu);
}

static bool raised(u8 vector)
{
	return (fake.vcpu.events.next.info & (INTR_VALID | INTR_VECTOR)) == (INTR_VALID | vector);
}

static void protected_mode(void)
{
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_ET);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0xb);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE);
	sim_set(VMCS_CR4_READ_SHADOW, 0);
	fake.vcpu.entry_controls = 0;
}

static void cr0_rules(void **state)
{
	const struct control_state legacy = { .cr0 = CR0_PE }, lme = { .cr0 = CR0_PE, .efer = EFER_LME },
				   lme_pae = { .cr0 = CR0_PE, .efer = EFER_LME, .cr4 = CR4_PAE },
				   code64 = { .cr0 = CR0_PE | CR0_PG, .efer = EFER_LME | EFER_LMA,
					      .cr4 = CR4_PAE, .cs_l = true },
				   pcid = { .cr0 = CR0_PE | CR0_PG, .efer = EFER_LME | EFER_LMA,
					    .cr4 = CR4_PAE | CR4_PCIDE },
				   /* An L bit without IA-32e mode means nothing, until it begins. */
				   early_l = { .cr0 = CR0_PE, .efer = EFER_LME, .cr4 = CR4_PAE, .cs_l = true },
				   legacy_l = { .cr0 = CR0_PE | CR0_PG, .cs_l = true },
				   tss_16 = { .cr0 = CR0_PE, .efer = EFER_LME, .cr4 = CR4_PAE,
					      .tss_16 = true };

	(void)state;
	assert_true(cr0_legal(&legacy, CR0_PE | CR0_PG));
	assert_false(cr0_legal(&legacy, CR0_PG));
	assert_false(cr0_legal(&legacy, CR0_PE | CR0_NW));
	assert_true(cr0_legal(&legacy, CR0_PE | CR0_NW | CR0_CD));
	assert_false(cr0_legal(&legacy, CR0_PE | BIT(32)));
	assert_false(cr0_legal(&lme, CR0_PE | CR0_PG));
	assert_true(cr0_legal(&lme_pae, CR0_PE | CR0_PG));
	assert_false(cr0_legal(&code64, CR0_PE));
	assert_false(cr0_legal(&pcid, CR0_PE));
	assert_false(cr0_legal(&early_l, CR0_PE | CR0_PG));
	assert_true(cr0_legal(&legacy_l, CR0_PE));
	assert_false(cr0_legal(&tss_16, CR0_PE | CR0_PG));
	assert_true(cr0_legal(&tss_16, CR0_PE));
}

/* What a VM entry would refuse: SDM "MOV—Move to/from Control Registers", the list of #GP. */
static void long_mode_wants_no_16_bit_tss_and_no_l(void **state)
{
	(void)state;
	protected_mode();
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_EFER, EFER_LME);
	sim_set(VMCS_GUEST_TR_ACCESS_RIGHTS, AR_P | 0x3);
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), AGAIN);
	assert_true(raised(VECTOR_GP));
	sim_set(VMCS_GUEST_TR_ACCESS_RIGHTS, AR_P | 0xb);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | AR_L | 0xb);
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), AGAIN);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_DB | 0xb);
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), NEXT);
}

static void cr4_rules(void **state)
{
	const u64 allowed = CR4_PAE | CR4_PGE | CR4_PCIDE;
	const struct control_state legacy = { .cr0 = CR0_PE },
				   long_mode = { .cr0 = CR0_PE | CR0_PG, .efer = EFER_LME | EFER_LMA,
						 .cr4 = CR4_PAE },
				   with_pcid = { .cr0 = CR0_PE | CR0_PG, .efer = EFER_LME | EFER_LMA,
						 .cr4 = CR4_PAE, .cr3_pcid = 5 };

	(void)state;
	assert_true(cr4_legal(&legacy, CR4_PAE, allowed));
	assert_false(cr4_legal(&legacy, CR4_VMXE, allowed));
	assert_false(cr4_legal(&legacy, BIT(33), allowed));
	assert_false(cr4_legal(&legacy, CR4_PCIDE, allowed));
	assert_false(cr4_legal(&long_mode, 0, allowed));
	assert_true(cr4_legal(&long_mode, CR4_PAE | CR4_PCIDE, allowed));
	assert_false(cr4_legal(&with_pcid, CR4_PAE | CR4_PCIDE, allowed));
}

static void efer_and_xcr0_rules(void **state)
{
	const struct control_state off = { .cr0 = CR0_PE }, on = { .cr0 = CR0_PE | CR0_PG };
	const u64 avx = XCR0_X87 | XCR0_SSE | XCR0_AVX;

	(void)state;
	assert_true(efer_legal(&off, EFER_LME | EFER_NXE, EFER_LME | EFER_NXE));
	assert_false(efer_legal(&off, EFER_NXE, EFER_LME));
	assert_false(efer_legal(&on, EFER_LME, EFER_LME));
	assert_false(efer_legal(&off, BIT(1), EFER_LME));

	assert_true(xcr0_legal(XCR0_X87, avx));
	assert_true(xcr0_legal(avx, avx));
	assert_false(xcr0_legal(0, avx));
	assert_false(xcr0_legal(XCR0_X87 | XCR0_AVX, avx));
	assert_false(xcr0_legal(XCR0_X87 | BIT(9), avx));
	assert_false(xcr0_legal(avx | BIT(5), avx | XCR0_AVX512));
	assert_true(xcr0_legal(avx | XCR0_AVX512, avx | XCR0_AVX512));
}

/* VMX wants NE set; the guest's own one says whether #MF is for it, or an interrupt. */
static void x87_errors_are_the_machines_without_ne(void **state)
{
	(void)state;
	protected_mode();
	assert_int_equal(move_to_cr(0, CR0_PE), NEXT);
	assert_int_equal(sim_get(VMCS_EXCEPTION_BITMAP), EXCEPTIONS_THAT_EXIT | BIT(VECTOR_MF));
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_NE), NEXT);
	assert_int_equal(sim_get(VMCS_EXCEPTION_BITMAP), EXCEPTIONS_THAT_EXIT);
	sim_set(VMCS_EXIT_INTERRUPTION_INFO,
		INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_MF);
	assert_int_equal(exit_exception_nmi(&fake.vcpu), AGAIN);
	assert_int_equal(fake.x87_errors, 1);
	assert_int_equal(fake.vcpu.events.next.info & INTR_VALID, 0);
}

static void long_mode_is_switched_on_with_paging(void **state)
{
	(void)state;
	protected_mode();
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_EFER, EFER_LME);
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_EFER), EFER_LME | EFER_LMA);
	assert_true(sim_get(VMCS_ENTRY_CONTROLS) & ENTRYCTL_IA32E_GUEST);
	assert_true(sim_get(VMCS_GUEST_CR0) & CR0_NE);
	assert_int_equal(sim_get(VMCS_CR0_READ_SHADOW) & CR0_NE, 0);

	/* And off again, from compatibility mode. */
	assert_int_equal(move_to_cr(0, CR0_PE), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_EFER), EFER_LME);
	assert_int_equal(sim_get(VMCS_ENTRY_CONTROLS) & ENTRYCTL_IA32E_GUEST, 0);
}

/* What a VM entry in real mode wants of a register that real mode makes usable by a load. */
static void null_segments_get_a_type_on_the_way_to_real_mode(void **state)
{
	const u64 code32 = AR_P | AR_S | AR_DB | 0xb, data = AR_P | AR_S | 0x3;

	(void)state;
	protected_mode();
	sim_set(VMCS_GUEST_ACCESS_RIGHTS(SEG_DS), AR_P | AR_S | 0x1);
	sim_set(VMCS_GUEST_ACCESS_RIGHTS(SEG_GS), AR_UNUSABLE | 0x10);
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_CD), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_GS)), AR_UNUSABLE | 0x10);
	assert_int_equal(move_to_cr(0, CR0_CD), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_GS)), AR_UNUSABLE | data);
	assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_DS)), AR_P | AR_S | 0x1);
	assert_int_equal(sim_get(VMCS_GUEST_ACCESS_RIGHTS(SEG_CS)), code32);
}

static void refused_cr_writes_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(move_to_cr(0, 0), AGAIN);
	assert_true(raised(VECTOR_GP));
	assert_int_equal(sim_vmx.writes, 1); /* RF in the flags that the fault saves */
	assert_true(sim_get(VMCS_GUEST_RFLAGS) & RFLAGS_RF);
	fake_setup(NULL);
	assert_int_equal(move_to_cr(4, CR4_PAE | CR4_VMXE), AGAIN);
	assert_true(raised(VECTOR_GP));
	fake_setup(NULL);
	assert_int_equal(move_to_cr(3, BIT(41)), AGAIN);
	assert_true(raised(VECTOR_GP));
	fake_setup(NULL);
	assert_int_equal(move_to_cr(8, 16), AGAIN);
	assert_true(raised(VECTOR_GP));
	assert_int_equal(guest_cr8(&fake.vcpu), 0);
}

static void caches_off_lives_in_the_shadow_only(void **state)
{
	(void)state;
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG | CR0_CD), NEXT);
	assert_true(sim_get(VMCS_CR0_READ_SHADOW) & CR0_CD);
	assert_int_equal(sim_get(VMCS_GUEST_CR0) & CR0_CD, 0);
	assert_true(guest_cr0(&fake.vcpu) & CR0_CD);
}

static void pae_paging_loads_its_four_entries(void **state)
{
	/* Reserved bits, the last one above the physical width, and only where they count. */
	const u64 reserved[] = { BIT(1), BIT(2), BIT(5), BIT(8), BIT(40), BIT(51), BIT(63) };
	const u64 good[4] = { 0x5001, BIT(1) | BIT(63), 0x6001 | BIT(39) | BIT(9), 0 };

	(void)state;
	protected_mode();
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_GUEST_CR3, 0x4020);
	memcpy(fake.ram + 0x4020, good, sizeof(good));
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_PDPTE2), good[2]);

	for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++) {
		const u64 bad = 0x6001 | reserved[i];

		fake_setup(NULL);
		protected_mode();
		sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
		sim_set(VMCS_GUEST_CR3, 0x4020);
		memcpy(fake.ram + 0x4038, &bad, sizeof(bad));
		assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG), AGAIN);
		assert_true(raised(VECTOR_GP));
		assert_int_equal(sim_get(VMCS_GUEST_CR0) & CR0_PG, 0);
	}
}

/* Undefined bits are ignored; they must not be read back either. */
static void undefined_bits_of_cr0_read_as_zero(void **state)
{
	(void)state;
	assert_int_equal(move_to_cr(0, CR0_PE | CR0_PG | BIT(10) | BIT(28)), NEXT);
	assert_int_equal(guest_cr0(&fake.vcpu), CR0_PE | CR0_PG | CR0_ET);
}

static void invlpg_flushes_what_vpid_keeps(void **state)
{
	(void)state;
	assert_int_equal(exit_invlpg(&fake.vcpu), NEXT);
	assert_int_equal(sim_vmx.invvpids, 1);
	fake.vcpu.vpid = 0; /* then entries flush, and INVVPID would fail */
	assert_int_equal(exit_invlpg(&fake.vcpu), NEXT);
	assert_int_equal(sim_vmx.invvpids, 1);
}

static void osxsave_reaches_cpuid(void **state)
{
	(void)state;
	assert_int_equal(move_to_cr(4, CR4_PAE | CR4_OSXSAVE), NEXT);
	assert_int_equal(fake.state_changes, 1);
	assert_true(sim_get(VMCS_GUEST_CR4) & CR4_VMXE);
	assert_int_equal(guest_cr4(&fake.vcpu), CR4_PAE | CR4_OSXSAVE);
}

static void clts_lmsw_and_reads(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE | CR0_TS);
	sim_set(VMCS_EXIT_QUALIFICATION, CR_CLTS << 4);
	assert_int_equal(exit_cr_access(v), NEXT);
	assert_int_equal(guest_cr0(v) & CR0_TS, 0);

	/* LMSW sets TS and MP, and cannot clear PE. */
	sim_set(VMCS_EXIT_QUALIFICATION, (u64)(CR0_TS | CR0_MP) << 16 | CR_LMSW << 4);
	assert_int_equal(exit_cr_access(v), NEXT);
	assert_int_equal(guest_cr0(v) & 0xf, CR0_PE | CR0_TS | CR0_MP);

	guest_set_cr8(v, 5);
	sim_set(VMCS_EXIT_QUALIFICATION, 8 | CR_MOVE_FROM << 4 | 11 << 8);
	assert_int_equal(exit_cr_access(v), NEXT);
	assert_int_equal(v->regs.r11, 5);

	/* RSP as operand lives in the VMCS. */
	sim_set(VMCS_GUEST_CR3, 0x7000);
	sim_set(VMCS_EXIT_QUALIFICATION, 3 | CR_MOVE_FROM << 4 | 4 << 8);
	assert_int_equal(exit_cr_access(v), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_RSP), 0x7000);
}

static enum verdict mov_dr(unsigned dr, bool read, u64 value)
{
	fake.vcpu.regs.rax = value;
	sim_set(VMCS_EXIT_QUALIFICATION, dr | (read ? BIT(4) : 0));
	return exit_mov_dr(&fake.vcpu);
}

static void debug_registers(void **state)
{
	(void)state;
	assert_int_equal(mov_dr(2, false, 0x1234), NEXT);
	assert_int_equal(sim.dr2, 0x1234);
	assert_int_equal(mov_dr(2, true, 0), NEXT);
	assert_int_equal(fake.vcpu.regs.rax, 0x1234);
	assert_int_equal(mov_dr(7, false, 0x401), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_DR7), 0x401);

	assert_int_equal(mov_dr(7, false, BIT(32)), AGAIN);
	assert_true(raised(VECTOR_GP));
}

/* This exit comes before the processor's own check. */
static void debug_registers_are_the_kernels(void **state)
{
	(void)state;
	sim.dr0 = 0x1234;
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 3 << 5 | 0x3);
	sim_set(VMCS_GUEST_DR7, DR7_RESET | DR7_GD);
	fake.vcpu.regs.rax = 0;
	assert_int_equal(mov_dr(0, true, 0), AGAIN);
	assert_true(raised(VECTOR_GP));
	assert_int_equal(fake.vcpu.regs.rax, 0);
	assert_true(sim_get(VMCS_GUEST_DR7) & DR7_GD);
}

static void dr4_is_undefined_with_debug_extensions(void **state)
{
	(void)state;
	assert_int_equal(mov_dr(4, true, 0), NEXT); /* another name of DR6 */
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE | CR4_DE);
	assert_int_equal(mov_dr(4, true, 0), AGAIN);
	assert_true(raised(VECTOR_UD));
}

static void general_detect_raises_db(void **state)
{
	(void)state;
	sim.dr6 = DR6_RESET;
	sim_set(VMCS_GUEST_DR7, DR7_RESET | DR7_GD);
	assert_int_equal(mov_dr(0, false, 1), AGAIN);
	assert_true(raised(VECTOR_DB));
	assert_true(sim.dr6 & DR6_BD);
	assert_int_equal(sim_get(VMCS_GUEST_DR7) & DR7_GD, 0);
}

static void xsetbv_checks_and_tells_cpuid(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	v->regs.rax = XCR0_X87 | XCR0_SSE;
	assert_int_equal(exit_xsetbv(v), NEXT);
	assert_int_equal(sim.xcr0, XCR0_X87 | XCR0_SSE);
	assert_int_equal(fake.state_changes, 1);

	v->regs.rax = 0;
	assert_int_equal(exit_xsetbv(v), AGAIN);
	assert_true(raised(VECTOR_GP));
	assert_int_equal(v->xcr0, XCR0_X87 | XCR0_SSE);

	fake_setup(NULL);
	v->regs.rcx = 1;
	v->regs.rax = XCR0_X87;
	assert_int_equal(exit_xsetbv(v), AGAIN);
	assert_true(raised(VECTOR_GP));
}

static void efer_write_by_wrmsr(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	protected_mode();
	v->regs.rcx = MSR_EFER;
	v->regs.rax = EFER_LME | EFER_NXE;
	assert_int_equal(exit_wrmsr(v), NEXT);
	assert_int_equal(sim_get(VMCS_GUEST_EFER), EFER_LME | EFER_NXE);
	assert_int_equal(exit_rdmsr(v), NEXT);
	assert_int_equal(v->regs.rax, EFER_LME | EFER_NXE);

	v->regs.rax = BIT(12); /* SVME */
	assert_int_equal(exit_wrmsr(v), AGAIN);
	assert_true(raised(VECTOR_GP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, fake_setup)
		TEST(cr0_rules),
		TEST(long_mode_wants_no_16_bit_tss_and_no_l),
		TEST(cr4_rules),
		TEST(efer_and_xcr0_rules),
		TEST(x87_errors_are_the_machines_without_ne),
		TEST(long_mode_is_switched_on_with_paging),
		TEST(null_segments_get_a_type_on_the_way_to_real_mode),
		TEST(refused_cr_writes_change_nothing),
		TEST(caches_off_lives_in_the_shadow_only),
		TEST(pae_paging_loads_its_four_entries),
		TEST(undefined_bits_of_cr0_read_as_zero),
		TEST(invlpg_flushes_what_vpid_keeps),
		TEST(osxsave_reaches_cpuid),
		TEST(clts_lmsw_and_reads),
		TEST(debug_registers),
		TEST(debug_registers_are_the_kernels),
		TEST(dr4_is_undefined_with_debug_extensions),
		TEST(general_detect_raises_db),
		TEST(xsetbv_checks_and_tells_cpuid),
		TEST(efer_write_by_wrmsr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
