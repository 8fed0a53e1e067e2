/* SPDX-License-Identifier: MIT */
/*
 * Stands in for kernel/asm.h in host tests (-Itests/sim before -I.): the
 * same functions, but devices and privileged registers are in `sim`, which a
 * test fills with its own. See tests/sim/asm.c for what an empty one does.
 */
#pragma once

#include "lib/types.h"

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

struct sim_asm {
	/* NULL: an empty bus, that reads as all ones and takes no notice. `bytes` is 1, 2 or 4. */
	u32 (*port_in)(u16 port, unsigned bytes);
	void (*port_out)(u16 port, unsigned bytes, u32 value);
	/* NULL: MSRs and CPUID leaves are zero. */
	u64 (*msr_read)(u32 msr);
	void (*msr_write)(u32 msr, u64 value);
	struct cpuid_regs (*cpuid)(u32 leaf, u32 subleaf);
	u64 cr0, cr2, cr3, cr4, cr8, dr0, dr1, dr2, dr3, dr6, dr7, xcr0;
	unsigned pauses, waits, invlpgs;
};

extern struct sim_asm sim;

u32 sim_in(u16 port, unsigned bytes);
void sim_out(u16 port, unsigned bytes, u32 value);

static inline void outb(u16 port, u8 value)
{
	sim_out(port, 1, value);
}

static inline void outw(u16 port, u16 value)
{
	sim_out(port, 2, value);
}

static inline void outl(u16 port, u32 value)
{
	sim_out(port, 4, value);
}

static inline u8 inb(u16 port)
{
	return (u8)sim_in(port, 1);
}

static inline u16 inw(u16 port)
{
	return (u16)sim_in(port, 2);
}

static inline u32 inl(u16 port)
{
	return sim_in(port, 4);
}

u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 value);
struct cpuid_regs cpuid(u32 leaf, u32 subleaf);

#define SIM_REGISTER(name)                                                                         \
	static inline u64 name##_read(void)                                                        \
	{                                                                                          \
		return sim.name;                                                                   \
	}                                                                                          \
	static inline void name##_write(u64 value)                                                 \
	{                                                                                          \
		sim.name = value;                                                                  \
	}

SIM_REGISTER(cr0)
SIM_REGISTER(cr2)
SIM_REGISTER(cr3)
SIM_REGISTER(cr4)
SIM_REGISTER(cr8)
SIM_REGISTER(dr0)
SIM_REGISTER(dr1)
SIM_REGISTER(dr2)
SIM_REGISTER(dr3)
SIM_REGISTER(dr6)
SIM_REGISTER(dr7)
SIM_REGISTER(xcr0)
#undef SIM_REGISTER

static inline void cpu_pause(void)
{
	sim.pauses++;
}

static inline void invlpg(u64 address)
{
	(void)address;
	sim.invlpgs++;
}

static inline void cpu_interrupts_off(void)
{
}

static inline void cpu_wait_interrupt(void)
{
	sim.waits++;
}

static inline void barrier(void)
{
	asm volatile("" : : : "memory");
}
