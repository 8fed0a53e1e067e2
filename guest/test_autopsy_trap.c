/* SPDX-License-Identifier: MIT */
/*
 * A single-step trap that has no gate: the instruction before RIP is what
 * was stepped, and the one at RIP is innocent.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=18:
 * EXPECT ^autopsy:   #DB cannot be delivered: gate 1 is not present$
 * EXPECT ^autopsy: 1\. #NP error=0xb$
 * EXPECT ^autopsy:   #NP cannot be delivered: gate 11 is not present$
 * EXPECT ^autopsy: 2\. #NP error=0x5b: #DF$
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * REJECT FAIL
 * REJECT what began it has gone
 * STATUS 1
 */
#include "guest/test_autopsy_trap.h"

int guest_main(void)
{
	step_without_gates();
	return 1;
}
