/* SPDX-License-Identifier: MIT */
/*
 * Conversions between TSC ticks and nanoseconds, and the choice of a clock
 * to measure the TSC with. Relies on an invariant TSC, in step on all CPUs.
 */
#include "kernel/time.h"

#include "kernel/asm.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/time_calibrate.h"
#include "kernel/time_choose.h"
#include "kernel/time_sources.h"

#define NS_PER_S    1000000000UL
#define FALLBACK_HZ 1000000000UL
#define FASTEST_HZ  8000000000UL /* no TSC is faster: a delay before time_init() */

static u64 tsc_hz;

/* count * to / from, rounded down, for to and from that fit together into 64 bits. */
static u64 scale(u64 count, u64 to, u64 from)
{
	u64 whole = count / from, rest = count % from, result;

	if (__builtin_mul_overflow(whole, to, &result) ||
	    __builtin_add_overflow(result, rest * to / from, &result))
		return ~0UL;
	return result;
}

u64 time_tsc_hz(void)
{
	return tsc_hz;
}

u64 time_tsc_to_ns(u64 ticks)
{
	return tsc_hz ? scale(ticks, NS_PER_S, tsc_hz) : 0;
}

u64 time_ns_to_tsc(u64 ns)
{
	return scale(ns, tsc_hz, NS_PER_S);
}

u64 time_since_boot_ns(void)
{
	u64 now = time_tsc();

	return now > boot_entry_tsc ? time_tsc_to_ns(now - boot_entry_tsc) : 0;
}

void time_delay_ns(u64 ns)
{
	u64 start = time_tsc();
	u64 ticks = scale(ns, tsc_hz ? tsc_hz : FASTEST_HZ, NS_PER_S) + 1;

	while (time_tsc() - start < ticks)
		cpu_pause();
}

/* Measure with the first clock that is there and runs. NULL when there is none. */
static const char *measure(struct time_measurement *m)
{
	static bool (*const open[])(struct time_source *) = {
		time_sources_open_pm_timer,
		time_sources_open_hpet,
		time_sources_open_pit,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(open); i++) {
		struct time_source source;
		int error;

		if (!open[i](&source))
			continue;
		error = time_calibrate(&source, m);
		if (source.close)
			source.close();
		if (error == 0)
			return source.name;
		log_warn("time", "the %s does not run: trying the next clock", source.name);
	}
	return NULL;
}

void time_init(void)
{
	struct time_measurement m = {0};
	struct time_cpuid claims = {0};
	const char *source = measure(&m);
	u32 max_leaf = cpuid(0, 0).eax;
	const char *used;
	bool claimed;

	if (max_leaf >= 0x15) {
		struct cpuid_regs leaf = cpuid(0x15, 0);

		claims.denominator = leaf.eax;
		claims.numerator = leaf.ebx;
		claims.crystal_hz = leaf.ecx;
	}
	if (max_leaf >= 0x16)
		claims.base_mhz = cpuid(0x16, 0).eax & 0xffff;

	tsc_hz = time_choose_hz(m.hz, &claims, &claimed);
	if (source && m.spread_ppm > TIME_SPREAD_MAX_PPM)
		log_warn("time", "the TSC seems unsteady: measurements by the %s differ by %lu ppm",
			 source, m.spread_ppm);
	if (!source)
		log_warn("time", "no clock to measure the TSC with: %s",
			 claimed ? "CPUID is believed" : "1 GHz is assumed");
	used = claimed ? "cpuid" : "measured";
	if (!tsc_hz) {
		tsc_hz = FALLBACK_HZ;
		used = "fallback";
	}
	log_info("time", "tsc_hz=%lu measured=%lu by=%s spread_ppm=%lu cpuid=%lu used=%s", tsc_hz,
		 m.hz, source ? source : "none", m.spread_ppm, time_claimed_hz(&claims), used);
}
