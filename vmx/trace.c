/* SPDX-License-Identifier: MIT */
#include "vmx/trace.h"

void trace_exit(struct vcpu *v)
{
	(void)v;
}

void trace_entry(struct vcpu *v)
{
	(void)v;
}
