/* SPDX-License-Identifier: MIT */
/*
 * Long mode, the other classic: the stack has run into a page that is not
 * there, and no exception has a stack of its own.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: 1\. #PF error=0x2 address=0x1ffffff8 \(.*\) at rip=0x
 * EXPECT ^autopsy:   #PF cannot be delivered: the stack at 0x1fffffd0 is not mapped$
 * EXPECT ^autopsy:   gate 14 at 0x[0-9a-f]+: [0-9a-f]{16} 0{16} \(0x18:0x[0-9a-f]+ type 14 DPL 0 IST 0\)$
 * EXPECT ^autopsy:   segment 0x18 at 0x[0-9a-f]+: 00af9b000000ffff \(64-bit code readable accessed DPL 0 G\)$
 * EXPECT ^autopsy: 2\. #PF error=0x2 address=0x1ffff[0-9a-f]{3} .*: #DF$
 * EXPECT ^autopsy:   #DF cannot be delivered: the stack at 0x1fffffd0 is not mapped$
 * EXPECT ^autopsy: 3\. #PF error=0x2 .*: triple fault$
 * EXPECT ^walk: vm=vm0 vcpu=0 of=fault gva=0x1ffffff8 access=write
 * EXPECT PDE .*not present
 * REJECT FAIL
 * STATUS 1
 */
#include "guest/guest.h"

#define STACK 0x20000000UL

int guest_main(void)
{
	interrupts_init();
	print("autopsy: now\n");
	PAGE_PD[(STACK - 1) >> 21] = 0;
	cr3_write(cr3_read());
	asm volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(STACK) : "memory");
	print("FAIL: still here\n");
	return 1;
}
