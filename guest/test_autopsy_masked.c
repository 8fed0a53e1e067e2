/* SPDX-License-Identifier: MIT */
/*
 * As test_autopsy_served, but the handler returns with interrupts off: to
 * put the interrupt in once more would be refused at the entry.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: 1\. #GP error=0 at rip=0x
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * REJECT FAIL
 * REJECT could not be followed
 * STATUS 1
 */
#include "guest/test_autopsy_served.h"

#define RFLAGS_IF 0x200

int guest_main(void)
{
	fault_where_interrupted(RFLAGS_IF);
	return 1;
}
