/* SPDX-License-Identifier: MIT */
/*
 * Writes of control registers that the architecture refuses, whatever the
 * CPU has: so CPUID is not to blame.
 *
 * EXPECT checks: 2, failed: 0
 * EXPECT ^hint: vm=vm0 vcpu=0 2 refused writes of control registers, the last at rip=0x[0-9a-f]+: CR0=0xa00000[0-9a-f]+; .*#hint-cr$
 * EXPECT ^run: outcome=clean
 * REJECT #hint-(exits|msr|cpuid|ept)
 */
#include "guest/guest.h"

#define CR0_PE  1UL
#define CR0_NW  0x20000000UL
#define CR0_CD  0x40000000UL

int guest_main(void)
{
	interrupts_init();
	check_equal(try("mov %0, %%cr0", : "r"(cr0_read() & ~CR0_PE)), VECTOR_GP, "PG without PE");
	check_equal(try("mov %0, %%cr0", : "r"((cr0_read() & ~CR0_CD) | CR0_NW)), VECTOR_GP,
		    "NW without CD");
	return check_failures();
}
