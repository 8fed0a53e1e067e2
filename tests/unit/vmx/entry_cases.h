/* SPDX-License-Identifier: MIT */
/*
 * Cases for the VM-entry rules: a good VMCS of a 64-bit guest on a processor
 * that has everything, and changes to it in words:
 *
 *	FIELD=0x1	FIELD|0x1	FIELD~0x1 (clear bits)	FIELD? (not known)
 *	cap=0x1		a capability: misc, pin.may_be_one as "pin", ...
 *	long_mode=0	the processor enters from legacy mode
 *	@0x80=0x1	a quadword of the page at CASE_PAGE; other memory cannot be seen
 */
#pragma once

#include "vmx/entry_rule.h"

#define CASE_PAGE 0x5000UL
#define CASE_VMCS 0x7000UL

struct entry_fixture {
	struct vmcs_image image;
	struct vmx_caps caps;
	struct entry_input in;
};

/* A rule with changes that make it apply and hold, and changes that violate it. */
struct entry_rule_case {
	const char *rule, *good, *bad;
};

extern const struct entry_rule_case entry_cases_controls[], entry_cases_host[],
	entry_cases_guest[], entry_cases_segments[]; /* each ends with a NULL rule */

void entry_fixture_init(struct entry_fixture *f);

/* Apply changes; fails the test for a word that it does not understand. */
void entry_fixture_change(struct entry_fixture *f, const char *words);

const struct entry_rule *entry_rule_find(const char *name, const struct entry_group **group);
