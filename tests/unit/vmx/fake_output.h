/* SPDX-License-Identifier: MIT */
/*
 * Where the tracer writes in its tests, and a guest for it to watch: a list
 * of exits. Lines are in unit/vmx/fake_sink.h.
 */
#pragma once

#include "unit/vmx/fake_sink.h"
#include "vmx/trace.h"

#define FAKE_PORT_SIZE 8192

struct fake_output {
	bool log_is_full;
	const char *port_missing; /* what is wrong with COM2 */
	unsigned port_busy;	  /* so many writes fail */
	u8 port[FAKE_PORT_SIZE];
	size_t port_used;
	unsigned pauses, resumes;
	bool paused;
};

extern struct fake_output output;

struct fake_exit {
	u32 reason;
	u64 qualification;
	u32 length;
	void (*guest)(struct vcpu *v); /* what the guest does before it; or NULL */
};

/* cmocka set-up and tear-down: a vCPU with a recorder of 128 exits, machine 1; nothing may be leaked. */
int fake_output_setup(void **state);
int fake_output_teardown(void **state);

/* Run these exits; behind the last one the vCPU is stopped. */
void fake_output_run(const struct fake_exit *list, unsigned count);

/* trace_configure() that must succeed. */
void fake_output_trace(const char *words);
