/* SPDX-License-Identifier: MIT */
#include "machine/cpuid_timing.h"

#include "guest/abi.h"
#include "machine/cpuid.h"
#include "machine/lapic_timer.h"

#define DIV_ROUND(a, b) (((a) + (b) / 2) / (b))
#define BUS_MHZ		100U /* told, used by nobody */

/*
 * TSC = crystal * EBX / EAX. The crystal is the APIC timer's input, as on
 * Intel's processors. Linux takes the product in kHz, in 32 bits; so EBX is
 * small, and the fraction that comes nearest in whole kHz is sought.
 */
static struct cpuid_regs crystal_leaf(u64 crystal_hz, u64 tsc_khz)
{
	const u64 crystal_khz = crystal_hz / 1000;
	struct cpuid_regs leaf = {0, 0, 0, 0};
	u64 least = ~0UL;

	for (u64 times = ~0U / crystal_khz; tsc_khz && times && least; times--) {
		u64 by = DIV_ROUND(crystal_khz * times, tsc_khz), told, error;

		if (!by)
			break;
		told = crystal_khz * times / by;
		error = told > tsc_khz ? told - tsc_khz : tsc_khz - told;
		if (error >= least)
			continue;
		least = error;
		leaf = (struct cpuid_regs){(u32)by, (u32)times, (u32)crystal_hz, 0};
	}
	return leaf;
}

void cpuid_build_timing(struct cpuid_table *table, u32 tsc_khz)
{
	u64 crystal_hz = LAPIC_TIMER_HZ >> lapic_timer_halved((u64)tsc_khz * 1000);
	struct cpuid_regs *base = &table->basic[0x16];
	struct cpuid_regs *timing = &table->hypervisor[ABI_CPUID_TIMING - CPUID_HYPERVISOR];

	table->basic[0x15] = crystal_leaf(crystal_hz, tsc_khz);
	base->eax = base->ebx = DIV_ROUND(tsc_khz, 1000U);
	base->ecx = BUS_MHZ;
	/* The TSC and the APIC timer's input, in kHz. */
	timing->eax = tsc_khz;
	timing->ebx = (u32)(crystal_hz / 1000);
}
