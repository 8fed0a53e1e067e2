/* SPDX-License-Identifier: MIT */
/*
 * Long mode, the classic: a page fault whose gate is not present, nor that
 * of the fault that follows. A double fault with a handler came before.
 *
 * EXPECT ^autopsy: a double fault was handled$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=18:
 * EXPECT ^autopsy: 1\. #PF error=0x2 address=0x40001000 \(.*write.*\) at rip=0x
 * EXPECT ^autopsy:   #PF cannot be delivered: gate 14 is not present$
 * EXPECT ^autopsy:   gate 14 at 0x[0-9a-f]+: .* type 14 DPL 0 IST 0, not present\)$
 * EXPECT ^autopsy: 2\. #NP error=0x73: #DF$
 * EXPECT ^autopsy:   #DF cannot be delivered: gate 8 is not present$
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * EXPECT ^walk: vm=vm0 vcpu=0 of=fault gva=0x40001000 access=write
 * EXPECT PDPTE gpa=0x2008 entry=0x0000000000000000 not present
 * EXPECT result: #PF error=0x2
 * REJECT FAIL
 * STATUS 1
 */
#include "guest/guest.h"

#define NOTHING ((volatile u64 *)0x40001000) /* beyond the first GiB */

int guest_main(void)
{
	interrupts_init();
	interrupts_set_present(VECTOR_GP, false);
	interrupts_set_present(VECTOR_NP, false);
	/* #NP cannot be delivered: #DF, error code 0, at the instruction. */
	if (try("mov %w0, %%fs", : "r"(0x1238)) == VECTOR_DF && !fault.error)
		print("autopsy: a double fault was handled\n");
	else
		print("FAIL: vector %u error %x\n", fault.vector, fault.error);
	interrupts_set_present(VECTOR_PF, false);
	interrupts_set_present(VECTOR_DF, false);
	*NOTHING = 1;
	print("FAIL: still here\n");
	return 1;
}
