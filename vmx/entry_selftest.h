/* SPDX-License-Identifier: MIT */
/*
 * The doctor against the processor: mutated VMCSs, each judged by the rules
 * and then tried. For the option doctor=.
 */
#pragma once

#include "lib/types.h"

struct vcpu;

struct entry_selftest {
	unsigned tried, agreed, disagreed;
	unsigned harmful;   /* legal, but would take the host down: not tried */
	unsigned uncertain; /* a rule could not be checked: not tried */
	unsigned rules_seen_alone; /* rules that were violated by themselves, and the processor agreed */
};

/*
 * Try one VMCS of each kind as it is, then, `count` in all, mutations of the vCPU's VMCS, which must be loaded and ready
 * for a first entry. No guest runs: each VMCS has a list of MSRs to load
 * that no processor accepts, so a legal one ends with exit reason 34.
 * Each disagreement is reported; with log=debug each attempt. The VMCS is
 * good again afterwards. Interrupts off.
 */
void entry_selftest_run(struct vcpu *v, unsigned count, u64 seed, struct entry_selftest *result);
