/* SPDX-License-Identifier: MIT */
/*
 * The doctor's findings for programs, and its rules as a document.
 */
#pragma once

#include "scripts/doctor/dump.h"
#include "vmx/entry_doctor.h"

/* One JSON object on stdout. */
void json_report(const struct entry_input *in, const struct dump *d);

/* docs/vm-entry-checks.md on stdout. */
void markdown_rules(void);
