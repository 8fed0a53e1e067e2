/* SPDX-License-Identifier: MIT */
/*
 * Every field by name, in groups.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/error.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/dump_vmcs.h"
#include "vmx/vmcs_image.h"

static void groups_have_names(void **state)
{
	static const char *const names[] = { "guest", "host", "execution", "exit", "entry", "info" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		char start[60];

		assert_string_equal(dump_vmcs_group(i), names[i]);
		assert_int_equal(dump_vmcs(&fake.vcpu, names[i]), 0);
		snprintf(start, sizeof(start), "vmcs: vm=vm0 vcpu=0 group=%s", names[i]);
		assert_string_equal(fake_sink_line(0), start);
		assert_true(fake_sink_count() > 5);
		fake_sink_clear();
	}
	assert_null(dump_vmcs_group(ARRAY_SIZE(names)));
	assert_int_equal(dump_vmcs(&fake.vcpu, "nonsense"), -ERR_NOENT);
	assert_int_equal(dump_vmcs(&fake.vcpu, ""), -ERR_NOENT);
	assert_int_equal(fake_sink_count(), 0);
}

/* How often a field has a line of its own. */
static unsigned lines_of(const char *name)
{
	char start[60];
	unsigned n = 0;

	snprintf(start, sizeof(start), "  %-28s = 0x", name);
	for (unsigned i = 0; i < fake_sink_count(); i++)
		n += !strncmp(fake_sink_line(i), start, strlen(start));
	return n;
}

static void every_field_comes_once(void **state)
{
	(void)state;
	assert_int_equal(dump_vmcs(&fake.vcpu, NULL), 0);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (lines_of(vmcs_index_name(i)) != 1)
			fail_msg("%s: %u lines", vmcs_index_name(i), lines_of(vmcs_index_name(i)));
}

static void fields_that_are_not_there(void **state)
{
	(void)state;
	sim_set(VMCS_INSTRUCTION_ERROR, 7);
	sim_vmx_hide(VMCS_GUEST_PKRS, true);
	sim_vmx_hide(VMCS_VPID, true);
	assert_int_equal(dump_vmcs(&fake.vcpu, NULL), 0);
	assert_int_equal(lines_of("GUEST_PKRS"), 0);
	assert_int_equal(lines_of("VPID"), 0);
	assert_int_equal(lines_of("GUEST_RIP"), 1);
	/* The reads that failed left error 12 in the VMCS: what was there before is told. */
	assert_string_equal(fake_sink_find("  INSTRUCTION_ERROR "),
			    "  INSTRUCTION_ERROR            = 0x00000007  VM entry with invalid control field(s)");
}

static void fields_are_in_their_groups(void **state)
{
	static const struct {
		const char *group, *field;
	} rows[] = {
		{ "guest", "GUEST_RIP" },	  { "guest", "VMCS_LINK_POINTER" },
		{ "guest", "PREEMPTION_TIMER_VALUE" }, { "host", "HOST_RSP" },
		{ "execution", "PIN_CONTROLS" },  { "execution", "EPT_POINTER" },
		{ "execution", "EXECUTIVE_VMCS_POINTER" }, { "execution", "EXCEPTION_BITMAP" },
		{ "execution", "ENCLS_EXIT_BITMAP" }, { "exit", "EXIT_CONTROLS" },
		{ "exit", "EXIT_MSR_LOAD_COUNT" }, { "entry", "ENTRY_CONTROLS" },
		{ "entry", "ENTRY_INTERRUPTION_INFO" }, { "info", "EXIT_REASON" },
		{ "info", "GUEST_PHYSICAL_ADDRESS" }, { "info", "GUEST_LINEAR_ADDRESS" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_sink_clear();
		assert_int_equal(dump_vmcs(&fake.vcpu, rows[i].group), 0);
		if (lines_of(rows[i].field) != 1)
			fail_msg("%s is not in %s", rows[i].field, rows[i].group);
	}
}

static void entry_controls_on_and_off(void **state)
{
	(void)state;
	sim_set(VMCS_ENTRY_CONTROLS, 0xd3ff);
	sim_set(VMCS_ENTRY_INTERRUPTION_INFO, 0x80000b0e);
	sim_set(VMCS_ENTRY_EXCEPTION_ERROR_CODE, 6);
	assert_int_equal(dump_vmcs(&fake.vcpu, "entry"), 0);
	fake_sink_expect(
		"vmcs: vm=vm0 vcpu=0 group=entry",
		"  ENTRY_MSR_LOAD_ADDRESS       = 0x0000000000000000",
		"  ENTRY_CONTROLS               = 0x0000d3ff",
		"      on:  load debug controls, IA-32e mode guest, load IA32_PAT, load IA32_EFER",
		"      off: entry to SMM, deactivate dual-monitor treatment, load IA32_PERF_GLOBAL_CTRL, load "
		"IA32_BNDCFGS, conceal VMX from PT,",
		"      off: load IA32_RTIT_CTL, load UINV, load CET state, load IA32_LBR_CTL, load PKRS",
		"  ENTRY_MSR_LOAD_COUNT         = 0x00000000",
		"  ENTRY_INTERRUPTION_INFO      = 0x80000b0e  #PF (14), hardware exception, error 0x6 (write, "
		"user, not present)",
		"  ENTRY_EXCEPTION_ERROR_CODE   = 0x00000006", "  ENTRY_INSTRUCTION_LENGTH     = 0x00000000",
		NULL);
}

static void exit_information_in_words(void **state)
{
	(void)state;
	sim_set(VMCS_EXIT_REASON, EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE);
	sim_set(VMCS_EXIT_QUALIFICATION, 4);
	sim_set(VMCS_IDT_VECTORING_INFO, 0x80000b08);
	assert_int_equal(dump_vmcs(&fake.vcpu, "info"), 0);
	assert_string_equal(fake_sink_find("  EXIT_REASON "),
			    "  EXIT_REASON                  = 0x80000021  ENTRY_GUEST_STATE, VM-entry failure");
	assert_string_equal(fake_sink_find("  EXIT_QUALIFICATION "),
			    "  EXIT_QUALIFICATION           = 0x0000000000000004  VMCS link pointer");
	assert_string_equal(fake_sink_find("  IDT_VECTORING_INFO "),
			    "  IDT_VECTORING_INFO           = 0x80000b08  #DF (8), hardware exception, error 0");
}

static void guest_state_in_words(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CS_SELECTOR, 0x18);
	sim_set(VMCS_GUEST_ACTIVITY_STATE, 1);
	assert_int_equal(dump_vmcs(&fake.vcpu, "guest"), 0);
	assert_string_equal(fake_sink_find("  GUEST_CS_SELECTOR "),
			    "  GUEST_CS_SELECTOR            = 0x0018");
	assert_string_equal(fake_sink_find("  GUEST_CR0 "),
			    "  GUEST_CR0                    = 0x0000000080000021  PE NE PG");
	assert_string_equal(fake_sink_find("  GUEST_CS_ACCESS_RIGHTS "),
			    "  GUEST_CS_ACCESS_RIGHTS       = 0x0000209b  64-bit code readable accessed DPL 0");
	assert_string_equal(fake_sink_find("  GUEST_ACTIVITY_STATE "),
			    "  GUEST_ACTIVITY_STATE         = 0x00000001  HLT");
}

/* All bits of everything: no line is cut but that of CR4, which cannot be so. */
static void no_line_is_too_long(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		sim_set((enum vmcs_field)vmcs_index_field(i), ~0UL);
	fake.vcpu.vpid = 0xffff;
	fake.vcpu.index = ~0U;
	assert_int_equal(dump_vmcs(&fake.vcpu, NULL), 0);
	for (unsigned i = 0; i < fake_sink_count(); i++)
		if (strlen(fake_sink_line(i)) > 190 && !strstr(fake_sink_line(i), "CR4"))
			fail_msg("%s", fake_sink_line(i));
}

static void without_a_vmcs(void **state)
{
	(void)state;
	sim_vmx.loaded = false;
	assert_int_equal(dump_vmcs(&fake.vcpu, NULL), 0);
	fake_sink_expect("vcpu 0: no current VMCS on this CPU", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, fake_sink_setup)
		TEST(groups_have_names),
		TEST(every_field_comes_once),
		TEST(fields_that_are_not_there),
		TEST(fields_are_in_their_groups),
		TEST(entry_controls_on_and_off),
		TEST(exit_information_in_words),
		TEST(guest_state_in_words),
		TEST(no_line_is_too_long),
		TEST(without_a_vmcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
