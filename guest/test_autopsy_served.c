/* SPDX-License-Identifier: MIT */
/*
 * A timer's interrupt is served and has returned; then the very instruction
 * that it had interrupted faults. The interrupt is innocent.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=18:
 * EXPECT ^autopsy: 1\. #GP error=0 at rip=0x
 * EXPECT ^autopsy:   #GP cannot be delivered: gate 13 is not present$
 * EXPECT ^autopsy: 2\. #NP error=0x6b: #DF$
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * REJECT FAIL
 * REJECT interrupt 0x20 cannot
 * REJECT memory has changed since
 * STATUS 1
 */
#include "guest/test_autopsy_served.h"

int guest_main(void)
{
	fault_where_interrupted(0);
	return 1;
}
