/* SPDX-License-Identifier: MIT */
/*
 * A timer's interrupt that has no gate, in a machine without handlers: the
 * instruction at RIP is innocent.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=18:
 * EXPECT ^autopsy:   interrupt 0x20 cannot be delivered: gate 32 is not present$
 * EXPECT ^autopsy: 1\. #NP error=0x103$
 * EXPECT ^autopsy:   #NP cannot be delivered: gate 11 is not present$
 * EXPECT ^autopsy: 2\. #NP error=0x5b: #DF$
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * REJECT FAIL
 * STATUS 1
 */
#include "guest/guest.h"

int guest_main(void)
{
	interrupts_init();
	interrupts_set_present(VECTOR_IRQ, false);
	interrupts_set_present(VECTOR_NP, false);
	interrupts_set_present(VECTOR_DF, false);
	print("autopsy: now\n");
	irq_unmask(0);
	pit_once(11932);
	asm volatile("sti\n\thlt\n\tcli");
	print("FAIL: still here\n");
	return 1;
}
