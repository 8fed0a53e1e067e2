/* SPDX-License-Identifier: MIT */
/*
 * A machine for vCPUs under test: records what it was asked for, answers
 * what the test has set. RAM is one buffer at guest-physical 0.
 */
#pragma once

#include "sim/vmx.h"

#define FAKE_RAM_SIZE (64 * 1024)

struct fake_machine {
	struct vcpu vcpu;
	u8 ram[FAKE_RAM_SIZE];

	u32 port_value;	   /* what reads give */
	u16 last_port;
	unsigned last_port_size;
	u32 last_port_value;
	unsigned port_ins, port_outs;
	enum verdict port_verdict;

	int msr_error;
	u64 msr_value;
	u32 last_msr;

	struct memory_access last_memory;
	enum verdict memory_verdict;

	int interrupt_vector; /* -1: none */
	unsigned polls, idles, cpuids, hypercalls, state_changes, priority_changes;
	u32 virtual_apic[1024];
	unsigned x87_errors;
	unsigned apic_writes, apic_ends, last_apic; /* the last one's offset or vector */
	bool can_wake, nmi_can_come;
};

extern struct fake_machine fake;

/* A vCPU in 64-bit code at RIP 1000H, CPL 0, with interrupts on. cmocka set-up function. */
int fake_setup(void **state);
