/* SPDX-License-Identifier: MIT */
/*
 * As test_autopsy_trap, without the flight recorder: DR6 and TF tell.
 *
 * OPTIONS recorder=off stats=off
 * EXPECT ^autopsy:   #DB cannot be delivered: gate 1 is not present$
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
