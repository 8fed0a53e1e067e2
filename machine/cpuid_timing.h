/* SPDX-License-Identifier: MIT */
/*
 * How fast the guest's clocks run, as CPUID tells it: leaves 15H and 16H,
 * and 4000_0010H as other hypervisors have it. By what was measured: the
 * host's own leaves are not always true. SDM "CPUID-CPU Identification".
 */
#pragma once

#include "lib/types.h"

struct cpuid_table;

/* Fill these leaves. Boot time. tsc_khz: 0 if not known, then 15H is left empty. */
void cpuid_build_timing(struct cpuid_table *table, u32 tsc_khz);
