/* SPDX-License-Identifier: MIT */
/*
 * Far too many exits for one port and for one MSR: said, with the numbers.
 *
 * EXPECT ^hint: vm=vm0 vcpu=0 (port=0x3fd in \(16550A\)|RDMSR msr=0xfe): 12000 exits, (49|50)% of all, \d+/s: .*#hint-exits$
 * EXPECT ^hint: vm=vm0 vcpu=0 (port=0x3fd in \(16550A\)|RDMSR msr=0xfe): 12000 exits, (49|50)% of all, \d+/s: .*#hint-exits$
 * EXPECT ^run: outcome=clean
 * REJECT #hint-(msr|cr|cpuid|ept)
 */
#include "guest/guest.h"

int guest_main(void)
{
	for (unsigned i = 0; i < 12000; i++) {
		inb(0x3fd);
		rdmsr(0xfe);
	}
	return 0;
}
