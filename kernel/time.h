/* SPDX-License-Identifier: MIT */
/*
 * Time by the TSC, whose frequency is measured at boot against the PM
 * timer, the HPET or the PIT. CPUID 15H/16H are believed only when they
 * agree with the measurement: in Bochs they do not.
 */
#pragma once

#include "lib/types.h"

/* The TSC as RDTSC leaves it: putting the halves together costs the exit path more than storing both. */
struct tsc {
	u32 low, high;
};

static inline struct tsc time_tsc_halves(void)
{
	struct tsc t;

	asm volatile("rdtsc" : "=a"(t.low), "=d"(t.high));
	return t;
}

static inline u64 time_tsc(void)
{
	struct tsc t = time_tsc_halves();

	return (u64)t.high << 32 | t.low;
}

/* Its low half, for short differences on the exit path. */
static inline u32 time_tsc_low(void)
{
	u32 lo;

	asm volatile("rdtsc" : "=a"(lo) : : "edx");
	return lo;
}

/* Measure. Boot CPU, once, after acpi_init(). Never fails: falls back, and says so. */
void time_init(void);

u64 time_tsc_hz(void); /* 0 before time_init() */

/* Exact to one unit, rounded down; what 64 bits cannot hold becomes ~0. 0 before time_init(). */
u64 time_tsc_to_ns(u64 ticks);
u64 time_ns_to_tsc(u64 ns);

u64 time_since_boot_ns(void); /* 0 before time_init(); counts from image entry */
void time_delay_ns(u64 ns);   /* busy wait; any context, never too short */
