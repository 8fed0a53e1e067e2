/* SPDX-License-Identifier: MIT */
/*
 * MSRs that are not there, one of them of a feature that CPUID hides.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT ^hint: vm=vm0 vcpu=0 2 MSRs that are not offered raised #GP, 4 times, first 0x12345: .*#hint-msr$
 * EXPECT ^hint: vm=vm0 vcpu=0 MSR 0x480 belongs to VMX, which CPUID does not offer; .*#hint-cpuid$
 * EXPECT ^run: outcome=clean
 * REJECT #hint-(exits|cr|ept)
 */
#include "guest/guest.h"

int guest_main(void)
{
	u64 value;

	interrupts_init();
	check_equal(try_rdmsr(0x12345, &value), VECTOR_GP, "RDMSR 12345H");
	check_equal(try_rdmsr(0x12345, &value), VECTOR_GP, "RDMSR 12345H again");
	check_equal(try_wrmsr(0x12345, 0), VECTOR_GP, "WRMSR 12345H");
	check_equal(try_rdmsr(0x480, &value), VECTOR_GP, "RDMSR IA32_VMX_BASIC");
	return check_failures();
}
