/* SPDX-License-Identifier: MIT */
/*
 * A processor with VMX, played in software: one current VMCS of fields in
 * memory. It refuses what the processor refuses (an unknown field, a
 * read-only one, a value too wide, no current VMCS) by failing the test;
 * it counts what is counted on the exit path.
 */
#pragma once

#include "vmx/entry.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

struct sim_vmx {
	bool on;
	bool loaded;	  /* there is a current VMCS */
	hpa_t current;
	unsigned reads, writes; /* VMREAD, VMWRITE since sim_vmx_reset() or sim_vmx_count() */
	unsigned invepts, invvpids;
	/*
	 * Plays the guest: called by vmx_run(). Sets up an exit by
	 * sim_exit() and sim_set(). NULL fails the test.
	 */
	void (*guest)(struct vcpu *v);
};

extern struct sim_vmx sim_vmx;

/* All fields zero, a current VMCS, counters zero. */
void sim_vmx_reset(void);
void sim_vmx_count(void);

/* Any field, read-only ones too, without counting. */
void sim_set(enum vmcs_field field, u64 value);
u64 sim_get(enum vmcs_field field);

/* A field that vmcs_try_read() does not find. */
void sim_vmx_hide(enum vmcs_field field, bool hidden);

/* What the processor reports for an exit. */
void sim_exit(u32 reason, u64 qualification, u32 instruction_length);
