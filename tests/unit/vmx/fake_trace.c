/* SPDX-License-Identifier: MIT */
/*
 * No tracer, for tests that are not about it.
 */
#include "vmx/trace.h"

void trace_exit(struct vcpu *v)
{
	(void)v;
}

void trace_entry(struct vcpu *v)
{
	(void)v;
}
