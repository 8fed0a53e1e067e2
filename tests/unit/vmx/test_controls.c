/* SPDX-License-Identifier: MIT */
/*
 * The control solver on the capability MSRs of real models (as Bochs 2.7
 * reports them) and of KVM's nested VMX: who runs, and what is missing where.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/error.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/requirements.h"

/* In this order: the MSRs that caps_read() asks for. */
static const u32 msrs[] = {
	MSR_VMX_TRUE_PINBASED_CTLS, MSR_VMX_TRUE_PROCBASED_CTLS, MSR_VMX_PROCBASED_CTLS2,
	MSR_VMX_TRUE_EXIT_CTLS, MSR_VMX_TRUE_ENTRY_CTLS, MSR_VMX_MISC, MSR_VMX_EPT_VPID_CAP,
	MSR_VMX_VMFUNC, MSR_VMX_CR4_FIXED0, MSR_VMX_CR4_FIXED1,
};

static const struct model {
	const char *name;
	u64 basic;
	u64 values[ARRAY_SIZE(msrs)];
	bool runs;
} models[] = {
	{ "penryn",
	  0xd810000000002bUL,
	  { 0x3f00000016UL, 0xf7f9fffe04006172UL,
	    0x4100000000UL, 0x3ffff00036dfbUL,
	    0x3fff000011fbUL, 0x401e0UL,
	    0UL, 0UL,
	    0x2000UL, 0x467ffUL },
	  false },
	{ "lynnfield",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x7f00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x401e0UL,
	    0xf0106114141UL, 0UL,
	    0x2000UL, 0x67ffUL },
	  false },
	{ "arrandale",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0xff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x401e0UL,
	    0xf0106114141UL, 0UL,
	    0x2000UL, 0x67ffUL },
	  true },
	{ "sandy_bridge",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0xff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x401e0UL,
	    0xf0106114141UL, 0UL,
	    0x2000UL, 0x627ffUL },
	  true },
	{ "ivy_bridge",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x8ff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x401e0UL,
	    0xf0106114141UL, 0UL,
	    0x2000UL, 0x1727ffUL },
	  true },
	{ "haswell",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x47fff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x200401e0UL,
	    0xf0106334141UL, 0x1UL,
	    0x2000UL, 0x1727ffUL },
	  true },
	{ "broadwell",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x57fff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x200401e0UL,
	    0xf0106334141UL, 0x1UL,
	    0x2000UL, 0x3727ffUL },
	  true },
	{ "skylake_x",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x2177fff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x600401e0UL,
	    0xf0106334141UL, 0x1UL,
	    0x2000UL, 0x3727ffUL },
	  true },
	{ "cannon_lake",
	  0xd810000000002bUL,
	  { 0x7f00000016UL, 0xf7f9fffe04006172UL,
	    0x2157cff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x600401e0UL,
	    0xf0106334141UL, 0x1UL,
	    0x2000UL, 0x772fffUL },
	  true },
	{ "ice_lake",
	  0xd8100000000004UL,
	  { 0x7f00000016UL, 0xfff9fffe04006172UL,
	    0x2977fff00000000UL, 0x7fffff00036dfbUL,
	    0xffff000011fbUL, 0x600401e0UL,
	    0xf0106334141UL, 0x1UL,
	    0x2000UL, 0x772fffUL },
	  true },
	{ "tiger_lake",
	  0x1d8100000000004UL,
	  { 0x7f00000016UL, 0xfff9fffe04006172UL,
	    0x2977fff00000000UL, 0x107fffff00036dfbUL,
	    0x10ffff000011fbUL, 0x600401e0UL,
	    0xf0106b34141UL, 0x1UL,
	    0x2000UL, 0xf72fffUL },
	  true },
	/* Linux 6.1's kvm_intel, as a guest of it sees VMX */
	{ "nested KVM",
	  0x00d8100011e57ed0UL,
	  { 0x0000007f00000016UL, 0xf7f9fffe04006172UL,
	    0x02037bff00000000UL, 0x007fffff00036dfbUL,
	    0x0000f3ff000011fbUL, 0x0000000020000165UL,
	    0x00000f0106334041UL, 0x0000000000000001UL,
	    0x0000000000002000UL, 0x0000000000332fffUL },
	  true },
};

static const struct model *current;
static u64 feature_control = FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_OUTSIDE;

static int read_msr(u32 msr, u64 *value)
{
	if (msr == MSR_VMX_BASIC) {
		*value = current->basic;
		return 0;
	}
	if (msr == MSR_FEATURE_CONTROL) {
		*value = feature_control;
		return 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		if (msrs[i] == msr) {
			*value = current->values[i];
			return 0;
		}
	return -ERR_FAULT;
}

static const struct model *find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	fail_msg("no model %s", name);
	return NULL;
}

static void caps_of(const struct model *model, struct vmx_caps *caps)
{
	current = model;
	caps_read(caps, true, read_msr);
}

/* A solved word keeps what the processor demands and offers, and has all that must be. */
static void check_word(const struct model *m, const struct vmx_caps *caps, enum control_word w,
		       u32 value)
{
	const struct vmx_allowed *allowed = caps_allowed(caps, w);

	if (value & ~allowed->may_be_one || ~value & allowed->must_be_one)
		fail_msg("%s: %s = %#x is not allowed", m->name, control_word_name(w), value);
	if (~value & control_wants[w].must)
		fail_msg("%s: %s = %#x lacks what must be", m->name, control_word_name(w), value);
	if (control_wants[w].want & allowed->may_be_one & ~value)
		fail_msg("%s: %s = %#x lacks what could be", m->name, control_word_name(w), value);
}

static void every_model_runs_or_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
		struct controls controls;
		struct vmx_caps caps;
		int error;

		caps_of(&models[i], &caps);
		error = controls_solve(&controls, &caps);
		if (!error != models[i].runs)
			fail_msg("%s: controls_solve() = %d", models[i].name, error);
		for (enum control_word w = 0; !error && w < CONTROL_WORDS; w++)
			check_word(&models[i], &caps, w, controls.word[w]);
		if (models[i].runs)
			assert_int_equal(requirements_missing(&caps), 0);
	}
}

static void solve(const char *name, enum control_word w, u32 *value, u32 *missing, u32 *forced)
{
	struct vmx_caps caps;

	caps_of(find(name), &caps);
	(void)!control_solve(&control_wants[w], caps_allowed(&caps, w), value, missing, forced);
}

static void the_missing_ones_are_named(void **state)
{
	u32 value, missing, forced;

	(void)state;
	solve("lynnfield", CONTROL_PROC2, &value, &missing, &forced);
	assert_int_equal(missing, PROC2_UNRESTRICTED_GUEST);
	assert_int_equal(forced, 0);
	solve("penryn", CONTROL_PROC2, &value, &missing, &forced);
	assert_int_equal(missing, PROC2_UNRESTRICTED_GUEST | PROC2_EPT);
	solve("penryn", CONTROL_PIN, &value, &missing, &forced);
	assert_int_equal(missing, 0);
	assert_int_equal(value & PIN_PREEMPTION_TIMER, 0); /* wanted, not there: left off */
	solve("skylake_x", CONTROL_PIN, &value, &missing, &forced);
	assert_true(value & PIN_PREEMPTION_TIMER);
}

static void a_forced_control_that_is_not_known_is_refused(void **state)
{
	const struct control_want want = { .must = BIT(0), .want = BIT(1), .may = BIT(2) };
	const struct vmx_allowed allowed = { .must_be_one = BIT(2) | BIT(3), .may_be_one = 0xff };
	u32 value, missing, forced;

	(void)state;
	assert_int_equal(control_solve(&want, &allowed, &value, &missing, &forced), -ERR_UNSUPPORTED);
	assert_int_equal(missing, 0);
	assert_int_equal(forced, BIT(3));
	assert_int_equal(value, BIT(0) | BIT(1) | BIT(2) | BIT(3));
}

static void capabilities_without_the_true_msrs(void **state)
{
	struct model old = *find("haswell");
	struct vmx_caps caps;

	(void)state;
	old.basic &= ~BASIC_TRUE_CONTROLS;
	caps_of(&old, &caps);
	/* The plain MSRs are asked for, and this table does not have them. */
	assert_int_equal(caps.pin.may_be_one, 0);
	assert_int_equal(requirements_missing(&caps), 3);
}

static void firmware_lock_is_a_requirement(void **state)
{
	static const struct {
		u64 value;
		unsigned missing;
	} cases[] = {
		{ 0, 0 },
		{ FEATURE_CONTROL_LOCKED, 1 },
		{ FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_IN_SMX, 1 },
		{ FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_OUTSIDE, 0 },
		{ FEATURE_CONTROL_VMX_OUTSIDE, 0 },
	};
	struct vmx_caps caps;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		feature_control = cases[i].value;
		caps_of(find("skylake_x"), &caps);
		assert_int_equal(requirements_missing(&caps), cases[i].missing);
	}
	feature_control = FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_OUTSIDE;
}

static void without_vmx_only_that_counts(void **state)
{
	struct vmx_caps caps;

	(void)state;
	current = find("skylake_x");
	caps_read(&caps, false, read_msr);
	assert_int_equal(caps.basic, 0);
	assert_false(requirements[0].have(&caps));
}

static void every_control_we_ask_for_has_a_name(void **state)
{
	(void)state;
	for (enum control_word w = 0; w < CONTROL_WORDS; w++)
		for (unsigned bit = 0; bit < 32; bit++)
			if ((control_wants[w].must | control_wants[w].want) & BIT(bit))
				assert_non_null(control_name(w, bit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_runs_or_is_refused),
		cmocka_unit_test(the_missing_ones_are_named),
		cmocka_unit_test(a_forced_control_that_is_not_known_is_refused),
		cmocka_unit_test(capabilities_without_the_true_msrs),
		cmocka_unit_test(firmware_lock_is_a_requirement),
		cmocka_unit_test(without_vmx_only_that_counts),
		cmocka_unit_test(every_control_we_ask_for_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
