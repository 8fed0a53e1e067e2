/* SPDX-License-Identifier: MIT */
/*
 * What CPUID 15H and 16H say of the TSC's frequency, and when to believe it.
 */
#include "kernel/time_choose.h"

#define AGREE_PERCENT 1

/*
 * Crystals of the processors that tell the ratio but not the crystal.
 * SDM "Determining the Processor Base Frequency". They are so far apart
 * that at most one comes near to a measurement.
 */
static const u32 crystals_hz[] = {19200000, 24000000, 25000000, 38400000};

static u64 by_crystal(const struct time_cpuid *claims, u32 crystal_hz)
{
	if (!claims->denominator || !claims->numerator)
		return 0;
	return (u64)crystal_hz * claims->numerator / claims->denominator;
}

static bool agree(u64 a, u64 b)
{
	return a && b && (a > b ? a - b : b - a) <= b / 100 * AGREE_PERCENT;
}

u64 time_claimed_hz(const struct time_cpuid *claims)
{
	u64 hz = by_crystal(claims, claims->crystal_hz);

	return hz ? hz : (u64)claims->base_mhz * 1000000;
}

u64 time_choose_hz(u64 measured, const struct time_cpuid *claims, bool *claimed)
{
	u64 hz = by_crystal(claims, claims->crystal_hz);

	*claimed = true;
	if (!measured) {
		hz = time_claimed_hz(claims);
		*claimed = hz != 0;
		return hz;
	}
	if (agree(hz, measured))
		return hz;
	/*
	 * 16H is the frequency on the box, in whole MHz, not the actual one: a
	 * measurement is nearer to the truth.
	 */
	for (unsigned i = 0; i < ARRAY_SIZE(crystals_hz) && !claims->crystal_hz; i++) {
		hz = by_crystal(claims, crystals_hz[i]);
		if (agree(hz, measured))
			return hz;
	}
	*claimed = false;
	return measured;
}
