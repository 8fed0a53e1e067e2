/* SPDX-License-Identifier: MIT */
/*
 * Every rule of the VM-entry checks holds in a case where it applies and is
 * violated in another; nothing that is not known makes a rule pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/vmx/entry_cases.h"
#include "vmx/entry_doctor.h"

static const struct entry_rule_case *const tables[] = {
	entry_cases_controls, entry_cases_host, entry_cases_guest, entry_cases_segments,
};

static enum entry_result check(const struct entry_group *group, const struct entry_rule *rule,
			       const struct entry_input *in, struct entry_case *c)
{
	return entry_rule_check(group, (unsigned)(rule - group->rules), in, c);
}

/* Call fn for every case of every table. */
static void for_each_case(void (*fn)(const struct entry_rule_case *))
{
	for (unsigned t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct entry_rule_case *one = tables[t]; one->rule; one++)
			fn(one);
}

static void note(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%s\n", line);
}

static void the_good_vmcs_is_good(void **state)
{
	struct entry_diagnosis d;
	struct entry_fixture f;

	(void)state;
	entry_fixture_init(&f);
	entry_diagnose(&d, &f.in);
	if (d.violated || d.not_checked)
		entry_report(&f.in, ENTRY_CLASSES, note, NULL);
	assert_int_equal(d.violated, 0);
	assert_int_equal(d.not_checked, 0);
	assert_int_equal(d.class, ENTRY_CLASSES);
}

static void check_case(const struct entry_rule_case *one)
{
	const struct entry_group *group;
	const struct entry_rule *rule = entry_rule_find(one->rule, &group);
	struct entry_fixture f;
	struct entry_case c;

	if (!rule)
		fail_msg("no rule %s", one->rule);
	entry_fixture_init(&f);
	entry_fixture_change(&f, one->good);
	c = (struct entry_case){ .in = &f.in };
	if (!group->applies(&c, (unsigned)(rule - group->rules)))
		fail_msg("%s does not apply: \"%s\"", one->rule, one->good);
	if (check(group, rule, &f.in, &c) != ENTRY_PASSED)
		fail_msg("%s does not hold: \"%s\"", one->rule, one->good);

	entry_fixture_init(&f);
	entry_fixture_change(&f, one->bad);
	if (check(group, rule, &f.in, &c) != ENTRY_VIOLATED)
		fail_msg("%s is not violated: \"%s\"", one->rule, one->bad);
	/* What is offered as legal by this rule has to be. */
	if (c.offense.index >= 0) {
		u64 value = f.image.value[c.offense.index];

		vmcs_image_set(&f.image, (unsigned)c.offense.index,
			       (value | c.offense.must_be_one) & ~c.offense.must_be_zero);
		if (check(group, rule, &f.in, &c) != ENTRY_PASSED)
			fail_msg("%s: its remedy does not cure \"%s\"", one->rule, one->bad);
	}
}

static void every_case(void **state)
{
	(void)state;
	for_each_case(check_case);
}

static bool tested(const char *name)
{
	for (unsigned t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct entry_rule_case *one = tables[t]; one->rule; one++)
			if (!strcmp(one->rule, name))
				return true;
	return false;
}

static void every_rule_has_a_case(void **state)
{
	unsigned rules = 0, untested = 0;

	(void)state;
	for (unsigned g = 0; g < entry_group_count; g++)
		for (unsigned i = 0; i < entry_groups[g]->count; i++) {
			const struct entry_rule *rule = &entry_groups[g]->rules[i];
			const struct entry_group *found;

			rules++;
			assert_ptr_equal(entry_rule_find(rule->name, &found), rule); /* once */
			if (tested(rule->name))
				continue;
			untested++;
			fprintf(stderr, "untested: %s\n", rule->name);
		}
	printf("VM-entry rules: %u, untested: %u\n", rules, untested);
	assert_int_equal(untested, 0);
}

/* Take away each thing that the rule has asked for, one by one. */
static void take_away(const struct entry_group *group, const struct entry_rule *rule,
		      const char *words)
{
	struct entry_fixture f;
	struct entry_case before, c;

	entry_fixture_init(&f);
	entry_fixture_change(&f, words);
	(void)check(group, rule, &f.in, &before);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		if (!vmcs_set_has(&before.used, i))
			continue;
		f.image.known.word[i / 64] ^= BIT(i % 64);
		if (check(group, rule, &f.in, &c) != ENTRY_NOT_CHECKED)
			fail_msg("%s is checked without %s", rule->name, vmcs_index_name(i));
		f.image.known.word[i / 64] ^= BIT(i % 64);
	}
	for (unsigned cap = 0; cap < ENTRY_CAP_COUNT; cap++) {
		struct entry_case other;

		f.in.caps_known = 0;
		(void)check(group, rule, &f.in, &other);
		f.in.caps_known = ENTRY_CAPS_ALL & ~(1U << cap);
		if (other.caps_missing >> cap & 1 &&
		    check(group, rule, &f.in, &c) != ENTRY_NOT_CHECKED)
			fail_msg("%s is checked without capability %u", rule->name, cap);
	}
}

static void check_missing(const struct entry_rule_case *one)
{
	const struct entry_group *group;
	const struct entry_rule *rule = entry_rule_find(one->rule, &group);

	take_away(group, rule, one->good);
	take_away(group, rule, one->bad);
}

static void what_is_not_known_is_not_checked(void **state)
{
	(void)state;
	for_each_case(check_missing);
}

static void check_fields(const struct entry_rule_case *one)
{
	const char *const words[] = { one->good, one->bad };
	const struct entry_group *group;
	const struct entry_rule *rule = entry_rule_find(one->rule, &group);
	struct vmcs_set said;

	entry_rule_fields(rule, &said);
	for (unsigned w = 0; w < ARRAY_SIZE(words); w++) {
		struct entry_fixture f;
		struct entry_case c;

		entry_fixture_init(&f);
		entry_fixture_change(&f, words[w]);
		(void)check(group, rule, &f.in, &c);
		for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
			if (vmcs_set_has(&c.used, i) && !vmcs_set_has(&said, i))
				fail_msg("%s reads %s, its text does not tell", one->rule,
					 vmcs_index_name(i));
	}
}

static void the_text_names_all_fields(void **state)
{
	(void)state;
	for_each_case(check_fields);
}

static void memory_that_cannot_be_seen(void **state)
{
	static const struct {
		const char *rule, *words;
	} cases[] = {
		{ "tpr_threshold_not_above_vtpr", "PROC_CONTROLS|0x200000 VIRTUAL_APIC_ADDRESS=0x9000" },
		{ "link_pointer_revision", "VMCS_LINK_POINTER=0x9000" },
		{ "link_pointer_shadow", "VMCS_LINK_POINTER=0x9000" },
		{ "pdptes_in_memory", "ENTRY_CONTROLS~0x200 PROC_CONTROLS2~2 GUEST_CR3=0x9000" },
		{ "entry_msr_load_list", "ENTRY_MSR_LOAD_COUNT=1 ENTRY_MSR_LOAD_ADDRESS=0x9000" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct entry_group *group;
		const struct entry_rule *rule = entry_rule_find(cases[i].rule, &group);
		struct entry_fixture f;
		struct entry_case c;

		entry_fixture_init(&f);
		entry_fixture_change(&f, cases[i].words);
		assert_int_equal(check(group, rule, &f.in, &c), ENTRY_NOT_CHECKED);
		f.in.memory = NULL;
		assert_int_equal(check(group, rule, &f.in, &c), ENTRY_NOT_CHECKED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_vmcs_is_good),
		cmocka_unit_test(every_case),
		cmocka_unit_test(every_rule_has_a_case),
		cmocka_unit_test(what_is_not_known_is_not_checked),
		cmocka_unit_test(the_text_names_all_fields),
		cmocka_unit_test(memory_that_cannot_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
