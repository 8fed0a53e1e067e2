/* SPDX-License-Identifier: MIT */
/* All rules in one order, and the evaluation of one. */
#include "vmx/entry_rule.h"

extern const struct entry_group entry_execution, entry_execution_apic, entry_execution_ept,
	entry_execution_more, entry_exit, entry_entry, entry_injection, entry_host_registers,
	entry_host_segments, entry_address_space, entry_guest_registers, entry_guest_msrs,
	entry_guest_segments, entry_guest_v86, entry_guest_cs_ss, entry_guest_system,
	entry_guest_tables, entry_guest_flow, entry_guest_state, entry_guest_pending,
	entry_guest_link, entry_guest_pdptes, entry_guest_nmi, entry_msr_loading;

const struct entry_group *const entry_groups[] = {
	&entry_execution,      &entry_execution_apic, &entry_execution_ept,  &entry_execution_more,
	&entry_exit,	       &entry_entry,	      &entry_injection,	     &entry_address_space,
	&entry_host_registers, &entry_host_segments,  &entry_guest_registers, &entry_guest_msrs,
	&entry_guest_segments, &entry_guest_v86,      &entry_guest_cs_ss,    &entry_guest_system,
	&entry_guest_tables,   &entry_guest_flow,     &entry_guest_state,    &entry_guest_pending,
	&entry_guest_link,     &entry_guest_pdptes,   &entry_guest_nmi,	     &entry_msr_loading,
};

const unsigned entry_group_count = ARRAY_SIZE(entry_groups);

static bool something_missing(const struct entry_case *c)
{
	u64 missing = 0;

	for (unsigned i = 0; i < VMCS_IMAGE_WORDS; i++)
		missing |= c->missing.word[i];
	return missing || c->caps_missing || c->memory_missing;
}

enum entry_result entry_rule_check(const struct entry_group *group, unsigned rule,
				   const struct entry_input *in, struct entry_case *c)
{
	bool good;

	*c = (struct entry_case){ .in = in, .offense.index = -1 };
	good = !group->applies(c, rule);
	/* Whether it applies may hang on what is missing; then it is of no use to look on. */
	if (something_missing(c))
		return ENTRY_NOT_CHECKED;
	if (good)
		return ENTRY_PASSED;
	c->offense.index = -1;
	good = group->holds(c, rule);
	if (something_missing(c))
		return ENTRY_NOT_CHECKED;
	return good ? ENTRY_PASSED : ENTRY_VIOLATED;
}
