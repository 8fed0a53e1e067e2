/* SPDX-License-Identifier: MIT */
/*
 * this_cpu() in a host test: a Linux process has GS to itself. Stands in
 * for kernel/cpu.c at link time.
 */
#pragma once

#include "kernel/cpu.h"

/* Let the test run on `cpu` from now on; sets cpu->self and cpu_ready. */
void sim_cpu_become(struct cpu *cpu);
