/* SPDX-License-Identifier: MIT */
/*
 * Symptoms that a hypervisor's users know well, recognized from counters
 * that are kept anyway, each with what cures it. docs/troubleshooting.md has
 * a section for each, "Hint: ...".
 */
#pragma once

#include "machine/vm.h"

/*
 * Lines "hint: ..."; none for a healthy guest. At the end of a run, or with
 * the vCPU at rest on this CPU.
 */
void hints_report(struct vm *vm);

/* So many exits for one port or MSR, if they are this share of all and come this fast. */
#define HINT_EXITS	    10000
#define HINT_EXITS_PERCENT  10
#define HINT_EXITS_A_SECOND 1000

/* So many EPT violations of one page: a first access takes one. */
#define HINT_VIOLATIONS 1000
