/* SPDX-License-Identifier: MIT */
/*
 * The report at the end of a run: exits by reason, exactly as many as there
 * were, ports that nobody answers, and memory by owner, of which nothing is
 * left. Switches off as an operating system does, by ACPI.
 *
 * OPTIONS stats=full
 * EXPECT ^report: off$
 * EXPECT power-off: ACPI S5
 * EXPECT vm0: \d+ exits in \d+\.\d+ s
 * EXPECT exit: vm=vm0 vcpu=0 reason=CPUID count=1234 share=\d+\.\d% .*mean_ticks=\d+ mean_ns=\d+
 * EXPECT exit-histogram: vm=vm0 vcpu=0 reason=CPUID of=guest sum=\d+ min=\d+ max=\d+ log2=\d+:\d+
 * EXPECT exit-key: vm=vm0 vcpu=0 reason=CPUID key="leaf=0" count=1234 ticks=\d+ min_ticks=\d+ p50
 * EXPECT exit-rip: vm=vm0 vcpu=0 reason=CPUID rip=0x[0-9a-f]+ samples=9[0-9]
 * EXPECT exit: vm=vm0 vcpu=0 reason=VMCALL count=56
 * EXPECT exit: vm=vm0 vcpu=0 reason=RDMSR count=7
 * EXPECT CPUID +1234 +\d+\.\d% +\d+ +\d+\.\d%( +\d+){7}
 * EXPECT vm: name=vm0 .*absent_port_reads=11 absent_port_writes=6
 * EXPECT memory: total=\d+K
 * EXPECT memory: owner="vcpu" now=0K peak=[1-9]
 * EXPECT memory: owner="ept" now=0K peak=[1-9]
 * EXPECT memory: owner="vm" now=0K peak=[1-9]
 * EXPECT memory: owner="guest" now=0K peak=[1-9]
 * EXPECT ^run: outcome=clean reason="vm0: power-off: ACPI S5"
 * REJECT reason=(HLT|MOV_DR|TRIPLE_FAULT) count
 * REJECT ^  rip=[0-9a-f]+ rsp=
 */
#include "guest/guest.h"

#define MTRRCAP 0xfe

int guest_main(void)
{
	for (unsigned i = 0; i < 1234; i++)
		(void)cpuid(0, 0);
	for (unsigned i = 0; i < 56; i++)
		(void)hypercall(ABI_CALL_VERSION, 0, 0);
	for (unsigned i = 0; i < 7; i++)
		(void)rdmsr(MTRRCAP);
	for (unsigned i = 0; i < 11; i++)
		(void)inb(0xe0);
	outw(0xe0, 0);
	outl(0xe0, 0);
	print("report: off\n");
	outw(ABI_PM1A_CONTROL, ABI_SOFT_OFF);
	print("FAIL: still on\n");
	return 1;
}
