/* SPDX-License-Identifier: MIT */
/*
 * An NMI that has no gate.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy:   NMI cannot be delivered: gate 2 is not present$
 * EXPECT ^autopsy: 1\. #NP error=0x13$
 * EXPECT ^autopsy: 3\. #NP error=0x43: triple fault$
 * REJECT FAIL
 * REJECT what began it has gone
 * STATUS 1
 */
#include "guest/apic.h"

#define NMI (4U << 8)

int guest_main(void)
{
	interrupts_init();
	interrupts_set_present(VECTOR_NMI, false);
	interrupts_set_present(VECTOR_NP, false);
	interrupts_set_present(VECTOR_DF, false);
	apic_map();
	print("autopsy: now\n");
	apic_write(APIC_ICR, TO_SELF | NMI);
	for (unsigned i = 0; i < 1000; i++)
		asm volatile("pause");
	print("FAIL: still here\n");
	return 1;
}
