/* SPDX-License-Identifier: MIT */
/*
 * The tracer: it sees each exit of a vCPU whose watch is WATCH_TRACE, and
 * writes those that its filter lets pass. It may format text: that is what
 * was asked for.
 */
#pragma once

#include "vmx/vcpu.h"

/* After the exit was recorded, before its handler runs. */
void trace_exit(struct vcpu *v);

/* Before an entry, with what is injected known: the last exit's record is complete. */
void trace_entry(struct vcpu *v);
