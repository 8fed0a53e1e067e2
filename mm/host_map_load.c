/* SPDX-License-Identifier: MIT */
/*
 * The one step of mm/host_map.c that only a CPU can do; host tests replace it.
 */
#include "mm/host_map.h"

#include "kernel/asm.h"
#include "lib/x86.h"

void host_map_load(void)
{
	/* The boot tables use PAT entry 0 only, which stays as it is: nothing to flush. */
	wrmsr(MSR_PAT, HOST_MAP_PAT);
	cr3_write(host_map_root());
}
