/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "scripts/doctor/json.h"

#define TEXT 1000

static void rule(const struct entry_group *group, const struct entry_rule *r)
{
	struct vmcs_set fields;
	char text[TEXT];
	bool first = true;

	printf("\n### %s\n\n", r->name);
	if (strcmp(r->when, "1")) {
		entry_rule_text(text, sizeof(text), r->when);
		printf("* when: `%s`\n", text);
	}
	entry_rule_text(text, sizeof(text), r->must);
	printf("* must hold: `%s`\n* reads: ", text);
	entry_rule_fields(r, &fields);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (vmcs_set_has(&fields, i)) {
			printf("%s%s", first ? "" : ", ", vmcs_index_name(i));
			first = false;
		}
	printf("%s\n* otherwise: %s\n* cure: %s\n", first ? "no field" : "",
	       entry_class_text(group->class), r->advice);
}

void markdown_rules(void)
{
	const char *title = "";
	unsigned rules = 0;

	for (unsigned g = 0; g < entry_group_count; g++)
		rules += entry_groups[g]->count;
	printf("# The checks of a VM entry\n\n"
	       "Made from the tables vmx/entry_rules_\\*.c by `make docs/vm-entry-checks.md`: do not edit.\n"
	       "These are the %u rules by which [the doctor](doctor.md) judges a VMCS, by the SDM's sections. "
	       "The conditions are the code that is run; their words are in vmx/entry_words.h:\n\n"
	       "* `PIN(X)`, `PROC(X)`, `PROC2(X)`, `PROC3(X)`, `EXITCTL(X)`, `ENTRYCTL(X)`: the control is on.\n"
	       "* `CLEAR(F, mask)`, `SET(F, mask)`: these bits of the field are all 0, all 1.\n"
	       "* `ALLOWED(F, word)`, `FIXED(F, ones, may)`: as the capability MSRs allow.\n"
	       "* `CANONICAL(F)`: a canonical address. `ADDRESS(F, n)`: within the physical-address width, "
	       "aligned to n bytes.\n"
	       "* `TYPE(S)`, `DPL(S)`, `RPL(S)`, `LIMIT(S)`, `USABLE(S)`: of the guest's segment S.\n",
	       rules);
	for (unsigned g = 0; g < entry_group_count; g++) {
		if (strcmp(title, entry_groups[g]->title))
			printf("\n## %s\n", entry_groups[g]->title);
		title = entry_groups[g]->title;
		for (unsigned i = 0; i < entry_groups[g]->count; i++)
			rule(entry_groups[g], &entry_groups[g]->rules[i]);
	}
}
