/* SPDX-License-Identifier: MIT */
/*
 * The whole dump of a vCPU, line by line; and with a state that a hostile
 * guest could have made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/format.h"
#include "lib/x86.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/dump.h"
#include "vmx/dump_code.h"
#include "vmx/dump_text.h"
#include "vmx/dump_walk.h"
#include "vmx/vmcs_image.h"

#define ALL 7UL

static int setup(void **state)
{
	fake_sink_setup(state);
	sim.cr2 = sim.dr0 = sim.dr1 = 0;
	sim.dr6 = DR6_RESET;
	return 0;
}

static void a_vcpu_in_long_mode(void **state)
{
	union vcpu_regs *r = &fake.vcpu.regs;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		r->by_index[i] = 0x1000 + i;
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*(u64 *)(fake.ram + 0x1000) = 0x2000 | ALL;
	*(u64 *)(fake.ram + 0x2000) = 0x3000 | ALL;
	sim_exit(EXIT_TRIPLE_FAULT, 0, 0);
	sim_set(VMCS_IDT_VECTORING_INFO, 0x80000b08);
	sim_set(VMCS_GUEST_RSP, 0x7bf0);
	sim_set(VMCS_GUEST_DR7, 0x402);
	sim.cr2 = 0x1000;
	sim.dr6 = 0xffff4ff1;
	sim.dr0 = 0x1234;
	dump_vcpu(&fake.vcpu);
	fake_sink_expect(
		"vcpu 0:",
		"  rip=0000000000001000 rsp=0000000000007bf0 rflags=00000202 cpl=0",
		"  rax=0000000000001000 rbx=0000000000001003 rcx=0000000000001001 rdx=0000000000001002",
		"  rsi=0000000000001006 rdi=0000000000001007 rbp=0000000000001005 r8 =0000000000001008",
		"  r9 =0000000000001009 r10=000000000000100a r11=000000000000100b r12=000000000000100c",
		"  r13=000000000000100d r14=000000000000100e r15=000000000000100f",
		"  cr0=80000031 cr3=0000000000001000 cr4=00000020 efer=500 cr8=0",
		"  rflags=[IF] cr0=[PE ET NE PG] cr4=[PAE] efer=[LME LMA]",
		"  cr2=0000000000001000 xcr0=1 dr6=ffff4ff1 dr7=00000402 xcr0=[x87] dr6=[B0 BS] dr7=[0:execute/1]",
		"  dr0=0000000000001234 dr1=0000000000000000 dr2=0000000000000000 dr3=0000000000000000",
		"  es   selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  cs   selector=0000 base=0000000000000000 limit=00000000 rights=0209b 64-bit code readable accessed DPL 0",
		"  ss   selector=0000 base=0000000000000000 limit=00000000 rights=00093 16-bit data writable accessed DPL 0",
		"  ds   selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  fs   selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  gs   selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  ldtr selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  tr   selector=0000 base=0000000000000000 limit=00000000 rights=00000 ? DPL 0 not-present",
		"  gdtr base=0000000000000000 limit=0000  idtr base=0000000000000000 limit=0000",
		"  last exit: reason=0x2 (TRIPLE_FAULT) qualification=0 length=0 intr=0 idt=0x80000b08",
		"  while delivering: #DF (8), hardware exception, error 0",
		"  guest-physical=0 linear=0 interruptibility=0 activity=0",
		"code: vm=vm0 vcpu=0 mode=64 rip=0x1000 linear=0x1000 bytes=-",
		"stack: vm=vm0 vcpu=0 size=8 rsp=0x7bf0 linear=0x7bf0 is nowhere",
		"walk: vm=vm0 vcpu=0 of=rip gva=0x1000 access=fetch by=supervisor paging=4-level cr3=0x1000",
		"  PML4E gpa=0x1000 entry=0x0000000000002007 P RW US -> 0x2000",
		"  PDPTE gpa=0x2000 entry=0x0000000000003007 P RW US -> 0x3000",
		"  PDE gpa=0x3000 entry=0x0000000000000000 not present",
		"  result: #PF error=0 (read, supervisor, not present)",
		"walk: vm=vm0 vcpu=0 of=rsp gva=0x7bf0 access=write by=supervisor paging=4-level cr3=0x1000",
		"  PML4E gpa=0x1000 entry=0x0000000000002007 P RW US -> 0x2000",
		"  PDPTE gpa=0x2000 entry=0x0000000000003007 P RW US -> 0x3000",
		"  PDE gpa=0x3000 entry=0x0000000000000000 not present",
		"  result: #PF error=0x2 (write, supervisor, not present)",
		"walk: vm=vm0 vcpu=0 of=cr2 gva=0x1000 access=read by=supervisor paging=4-level cr3=0x1000",
		"  PML4E gpa=0x1000 entry=0x0000000000002007 P RW US -> 0x2000",
		"  PDPTE gpa=0x2000 entry=0x0000000000003007 P RW US -> 0x3000",
		"  PDE gpa=0x3000 entry=0x0000000000000000 not present",
		"  result: #PF error=0 (read, supervisor, not present)", NULL);
}

static void a_vcpu_in_real_mode(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_ET);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | 0xb);
	sim_set(VMCS_GUEST_RIP, 0x7c00);
	sim_set(VMCS_GUEST_RSP, 0x7c00);
	sim_exit(EXIT_IO, 0x3f80000, 1);
	dump_vcpu(&fake.vcpu);
	assert_non_null(fake_sink_find("  rflags=[IF] cr0=[ET] cr4=[PAE] efer=[]"));
	assert_non_null(fake_sink_find("  qualification: OUT 1 byte to port 0x3f8"));
	assert_non_null(fake_sink_find("code: vm=vm0 vcpu=0 mode=16 rip=0x7c00 linear=0x7c00 bytes=00000"));
	assert_non_null(fake_sink_find("stack: vm=vm0 vcpu=0 size=2 rsp=0x7c00 linear=0x7c00"));
	assert_null(fake_sink_find("walk: "));
}

static void the_full_view_has_everything(void **state)
{
	(void)state;
	dump_vcpu_full(&fake.vcpu);
	assert_non_null(fake_sink_find("vcpu 0:"));
	assert_non_null(fake_sink_find("code: "));
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		char start[60];

		format(start, sizeof(start), "  %s ", vmcs_index_name(i));
		assert_non_null(fake_sink_find(start));
	}
}

/* In a panic, for one: nothing recurses into another. */
static void without_a_vmcs(void **state)
{
	(void)state;
	sim_vmx.loaded = false;
	dump_vcpu_full(&fake.vcpu);
	dump_code(&fake.vcpu);
	dump_stack(&fake.vcpu);
	dump_guest_walk(&fake.vcpu, 0);
	dump_guest_walks(&fake.vcpu);
	assert_string_equal(fake_sink_line(0), "vcpu 0:");
	for (unsigned i = 1; i < fake_sink_count(); i++)
		assert_string_equal(fake_sink_line(i), "vcpu 0: no current VMCS on this CPU");
}

static void without_a_sink_it_is_a_report(void **state)
{
	(void)state;
	dump_set_sink(NULL);
	dump_line("number %u%c", 7, '%');
	fake_sink_expect("number 7%", NULL);
}

static u64 any(void)
{
	u64 value = (u64)random() << 42 ^ (u64)random() << 21 ^ (u64)random();

	switch (random() % 4) {
	case 0:
		return value;
	case 1:
		return value & (FAKE_RAM_SIZE - 1); /* within RAM */
	case 2:
		return bits_sign_extend(value, 48);
	default:
		return BIT(value % 64);
	}
}

/* Any state, with tables of garbage that lead anywhere: no fault. The sink checks lengths. */
static void a_guest_may_have_made_any_state(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned round = 0; round < 600; round++) {
		for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
			sim_set((enum vmcs_field)vmcs_index_field(i), any());
		/* The paging modes, and what they walk, more often than chance would. */
		sim_set(VMCS_GUEST_CR3, (u64)random() % 16 << 12);
		if (round % 4)
			sim_set(VMCS_GUEST_CR0, CR0_PG | CR0_PE);
		if (round % 2)
			sim_set(VMCS_GUEST_EFER, EFER_LMA);
		for (unsigned i = 0; i < FAKE_RAM_SIZE / 8; i++)
			((u64 *)fake.ram)[i] = ((u64)random() << 12 & 0xf000) |
					       (round % 3 ? ALL : (u64)random() % 4096);
		sim.cr2 = any();
		sim.dr6 = any();
		fake.vcpu.xcr0 = any();
		dump_vcpu_full(&fake.vcpu);
		assert_true(fake_sink_count() > VMCS_IMAGE_FIELDS);
		fake_sink_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(a_vcpu_in_long_mode),
		TEST(a_vcpu_in_real_mode),
		TEST(the_full_view_has_everything),
		TEST(without_a_vmcs),
		TEST(without_a_sink_it_is_a_report),
		TEST(a_guest_may_have_made_any_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
