/* SPDX-License-Identifier: MIT */
/*
 * What Trivet needs of a processor beyond the control words, as sentences:
 * each with what it is, whether it is needed, and what follows without.
 * Pure: works on struct vmx_caps.
 */
#pragma once

#include "vmx/caps.h"

struct requirement {
	const char *name;   /* "EPT memory type write-back" */
	bool needed;	    /* otherwise wanted */
	bool (*have)(const struct vmx_caps *caps);
	const char *without; /* needed: the remedy; wanted: what follows */
};

extern const struct requirement requirements[];
extern const unsigned requirement_count;

/* How many needed ones are missing. */
unsigned requirements_missing(const struct vmx_caps *caps);

/* What follows when a control that control_wants asks for is missing, or NULL. */
const char *control_without(unsigned word, unsigned bit);
