/* SPDX-License-Identifier: MIT */
/*
 * A guest that does not ask CPUID: instructions and bits of features that
 * it is not offered. Its own mistakes are not called CPUID's.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT ^hint: vm=vm0 vcpu=0 2 refused writes of control registers, the last at rip=0x[0-9a-f]+: XCR0=0x203; .*#hint-cr$
 * EXPECT ^hint: vm=vm0 vcpu=0 bits 0x200 of that value need features that CPUID does not offer; .*#hint-cpuid$
 * EXPECT ^hint: vm=vm0 vcpu=0 VMXON, which CPUID does not offer, raised #UD 1 times; .*#hint-cpuid$
 * EXPECT ^hint: vm=vm0 vcpu=0 MONITOR, which CPUID does not offer, raised #UD 2 times; .*#hint-cpuid$
 * EXPECT ^hint: vm=vm0 vcpu=0 XSAVES at rip=0x[0-9a-f]+, which CPUID does not offer, raised #UD; 1 such; .*#hint-cpuid$
 * EXPECT ^run: outcome=clean
 * REJECT #hint-(exits|msr|ept)
 */
#include "guest/guest.h"

#define CR4_PKE	    0x400000UL
#define CR4_OSXSAVE 0x40000UL

int guest_main(void)
{
	static u64 operand[2];

	interrupts_init();
	check_equal(try("xsaves %0", : "m"(operand), "a"(0), "d"(0)), VECTOR_UD, "XSAVES");
	check_equal(try("ud2"), VECTOR_UD, "UD2 is nobody's fault");
	check_equal(try("monitor", : "a"(operand), "c"(0), "d"(0)), VECTOR_UD, "MONITOR");
	check_equal(try("monitor", : "a"(operand), "c"(0), "d"(0)), VECTOR_UD, "again");
	check_equal(try("vmxon %0", : "m"(operand)), VECTOR_UD, "VMXON");
	check_equal(try("mov %0, %%cr4", : "r"(cr4_read() | CR4_PKE)), VECTOR_GP, "CR4.PKE");
	cr4_write(cr4_read() | CR4_OSXSAVE);
	check_equal(try("xsetbv", : "c"(0), "a"(0x203), "d"(0)), VECTOR_GP, "XCR0.PKRU");
	return check_failures();
}
