/* SPDX-License-Identifier: MIT */
/*
 * All rules on one VMCS image: what is violated, what could not be checked,
 * and what the processor will say. Pure; text goes out line by line.
 */
#pragma once

#include "vmx/entry_rule.h"

struct entry_diagnosis {
	unsigned rules, violated, not_checked;
	unsigned class_violated[ENTRY_CLASSES];
	/* The first violated rule in the processor's order, and how the entry will fail. */
	const struct entry_rule *first;
	enum entry_class class; /* ENTRY_CLASSES: nothing violated that every processor checks */
};

void entry_diagnose(struct entry_diagnosis *d, const struct entry_input *in);

/* "VMfailValid, error 8 (invalid host-state fields)" */
const char *entry_class_text(enum entry_class class);

typedef void (*entry_line_fn)(void *context, const char *line);

/* All violated rules in words, those of class `first` before others; what was not checked. */
void entry_report(const struct entry_input *in, enum entry_class first, entry_line_fn line,
		  void *context);
