/* SPDX-License-Identifier: MIT */
/*
 * When the doctor speaks: after a failed entry, and with check=on before
 * one. The VMCS is that of tests/sim.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/log.h"
#include "lib/error.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "sim/cpu.h"
#include "sim/vmx.h"
#include "unit/vmx/entry_cases.h"
#include "vmx/entry_check.h"
#include "vmx/vmx.h"

struct vmx_host vmx_host;
u64 direct_base;

static char said[65536];
static struct vcpu vcpu;
static struct cpu cpu;

void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(said + strlen(said), sizeof(said) - strlen(said), fmt, args);
	va_end(args);
	strcat(said, "\n");
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	(void)level;
	log_report("%s: %s", subsystem, fmt);
}

int frame_owner_of(hpa_t frame)
{
	return frame == CASE_PAGE ? FRAME_GUEST : -ERR_NOENT;
}

void vcpu_attend(struct vcpu *v, u32 attention)
{
	v->attention |= attention;
}

static void prepare(const char *words)
{
	struct entry_fixture f;

	entry_fixture_init(&f);
	entry_fixture_change(&f, words);
	sim_vmx_reset();
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		sim_set((enum vmcs_field)vmcs_index_field(i), f.image.value[i]);
	vmx_host.caps = f.caps;
	vcpu.vmcs = CASE_VMCS;
	vcpu.attention = 0;
	cpu.current_vcpu = &vcpu;
	sim_cpu_become(&cpu);
	said[0] = 0;
}

static void a_failed_entry_is_explained(void **state)
{
	(void)state;
	prepare("GUEST_RFLAGS~2");
	entry_check_explain(ENTRY_GUEST_STATE);
	assert_non_null(strstr(said, "guest_rflags_one"));
	assert_non_null(strstr(said, "GUEST_RFLAGS: must be 1"));
	prepare("");
	entry_check_explain(ENTRY_GUEST_STATE);
	assert_non_null(strstr(said, "no rule is violated"));
	prepare("VMCS_LINK_POINTER=0x7000");
	entry_check_explain(ENTRY_GUEST_LINK);
	assert_non_null(strstr(said, "link_pointer_not_current"));
}

static void memory_is_looked_at_only_where_it_is_known(void **state)
{
	(void)state;
	prepare("ENTRY_MSR_LOAD_COUNT=1 ENTRY_MSR_LOAD_ADDRESS=0x9000");
	entry_check_explain(ENTRY_MSR_LOADING);
	assert_non_null(strstr(said, "not checked: entry_msr_load_list"));
}

static void before_an_entry(void **state)
{
	(void)state;
	prepare("");
	entry_check_before(&vcpu);
	assert_string_equal(said, "");
	assert_int_equal(vcpu.attention, ATTENTION_CHECK); /* and again before the next */
	prepare("HOST_TR_SELECTOR=0");
	entry_check_before(&vcpu);
	assert_non_null(strstr(said, "host_tr_not_null"));
	assert_int_equal(vcpu.attention, 0); /* said once */
}

static void numbers_of_failures(void **state)
{
	(void)state;
	assert_int_equal(entry_check_class_of_error(7), ENTRY_CONTROLS);
	assert_int_equal(entry_check_class_of_error(8), ENTRY_HOST_STATE);
	assert_int_equal(entry_check_class_of_error(4), ENTRY_CLASSES);
	assert_int_equal(entry_check_class_of_exit(0x80000021, 0), ENTRY_GUEST_STATE);
	assert_int_equal(entry_check_class_of_exit(0x80000021, 2), ENTRY_GUEST_PDPTE);
	assert_int_equal(entry_check_class_of_exit(0x80000021, 3), ENTRY_GUEST_NMI);
	assert_int_equal(entry_check_class_of_exit(0x80000021, 4), ENTRY_GUEST_LINK);
	assert_int_equal(entry_check_class_of_exit(0x80000022, 1), ENTRY_MSR_LOADING);
	assert_int_equal(entry_check_class_of_exit(0x80000029, 0), ENTRY_CLASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_entry_is_explained),
		cmocka_unit_test(memory_is_looked_at_only_where_it_is_known),
		cmocka_unit_test(before_an_entry),
		cmocka_unit_test(numbers_of_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
