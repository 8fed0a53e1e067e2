/* SPDX-License-Identifier: MIT */
/*
 * A computer without devices, until a test provides some.
 */
#include "kernel/asm.h"

struct sim_asm sim;

u32 sim_in(u16 port, unsigned bytes)
{
	return sim.port_in ? sim.port_in(port, bytes) : ~0u >> (32 - 8 * bytes);
}

void sim_out(u16 port, unsigned bytes, u32 value)
{
	if (sim.port_out)
		sim.port_out(port, bytes, value);
}

u64 rdmsr(u32 msr)
{
	return sim.msr_read ? sim.msr_read(msr) : 0;
}

void wrmsr(u32 msr, u64 value)
{
	if (sim.msr_write)
		sim.msr_write(msr, value);
}

struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	return sim.cpuid ? sim.cpuid(leaf, subleaf) : (struct cpuid_regs){0};
}
