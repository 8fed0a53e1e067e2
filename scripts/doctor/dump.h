/* SPDX-License-Identifier: MIT */
/*
 * A VMCS dump as people paste it: `FIELD = value` lists of any spelling,
 * KVM's dump_vmcs, Xen's, with whatever a log puts before its lines, and
 * capability MSRs among them.
 */
#pragma once

#include "vmx/entry_rule.h"

struct dump {
	struct vmcs_image image;
	struct vmx_caps caps;
	u32 caps_known;
	unsigned fields;  /* values found */
	unsigned unknown; /* lines that say nothing we know */
	int section;	  /* of KVM's and Xen's dumps; see dump.c */
};

void dump_init(struct dump *d);

/* Read one line of n characters. False: nothing in it is known. Blank lines are known. */
bool dump_line(struct dump *d, const char *line, size_t n);

/* A capability MSR's value. False: not one of ours. */
bool dump_set_msr(struct dump *d, u32 msr, u64 value);
