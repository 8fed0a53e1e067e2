/* SPDX-License-Identifier: MIT */
#include "tests/sim/cpu.h"

#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cpu boot_cpu;
bool cpu_ready;

void sim_cpu_become(struct cpu *cpu)
{
	cpu->self = cpu;
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, cpu))
		abort();
	cpu_ready = true;
}
