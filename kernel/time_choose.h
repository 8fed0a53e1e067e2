/* SPDX-License-Identifier: MIT */
/*
 * Choosing between what was measured of the TSC and what CPUID claims. Pure.
 */
#pragma once

#include "lib/types.h"

/* What CPUID says of the TSC; 0 = nothing. SDM "CPUID—CPU Identification", leaves 15H and 16H. */
struct time_cpuid {
	u32 denominator, numerator, crystal_hz; /* 15H: EAX, EBX, ECX */
	u32 base_mhz;				/* 16H: EAX */
};

/* The TSC frequency by CPUID alone, for a message or for want of better; 0 = not told. */
u64 time_claimed_hz(const struct time_cpuid *claims);

/*
 * The frequency to use: CPUID's where it is exact and within 1 % of what was
 * measured, else the measured one; CPUID's when nothing was measured (0).
 * Sets *claimed when it is CPUID's. 0 when there is neither.
 */
u64 time_choose_hz(u64 measured, const struct time_cpuid *claims, bool *claimed);
