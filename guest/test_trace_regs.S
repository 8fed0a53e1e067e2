/* SPDX-License-Identifier: MIT */
/*
 * A few exits of which all is known, traced with registers: what the guest
 * changed before each, what the handler did, and nothing else.
 *
 * OPTIONS log=quiet trace=regs,!port=0x3f8
 * EXPECT ^trace: vm=vm0 vcpu=0 n=0 in=\d+ out=\d+ reason=CPUID key=0x40000000 qual=0x0 rip=0x7c06 len=2 intr=0x0 idt=0x0 event=0x0 verdict=NEXT guest.rax=0x0->0x40000000 guest.rip=0x7c00->0x7c06$
 * EXPECT ^trace: vm=vm0 vcpu=0 n=0 rax=0x40000000->0x40000010 rcx=0x0->0x72547465 rdx=0x80->0x74657669 rbx=0x0->0x76697254 rip=0x7c06->0x7c08$
 * EXPECT n=1 in=\d+ out=\d+ reason=WRMSR key=0xc0000080 qual=0x0 .* verdict=NEXT guest.rax=0x40000010->0x1$
 * EXPECT n=1 guest.rcx=0x72547465->0xc0000080 guest.rdx=0x74657669->0x0 .* efer=0x0->0x1$
 * EXPECT n=2 in=\d+ out=\d+ reason=IO key=0x80 qual=0x800040 .* verdict=NEXT guest.rax=0x1->0x1234
 * EXPECT guest.cr4=0x0->0x8 guest.ds=0x0->0x1234 guest.ds.base=0x0->0x12340 rip=
 * EXPECT n=3 in=\d+ out=0 reason=VMCALL key=0x2 .* verdict=STOP guest.rax=0x1234->0x2
 * EXPECT guest.ds=0x1234->0x0 guest.ds.base=0x12340->0x0$
 * EXPECT ^trace: vcpu=0 to=log passed=4 written=4 kept=0 lost=0$
 * EXPECT ^run: outcome=clean
 * REJECT ^trace:.* (guest\.)?(rsp|rbp|r8|cs|ss|cr0|cr3)=
 */
#include "guest/asm.h"

	START
	mov	$ABI_CPUID_SIGNATURE, %eax
	cpuid
	mov	$0xc0000080, %ecx
	xor	%edx, %edx
	mov	$1, %eax
	wrmsr
	mov	$8, %eax /* CR4.DE is the guest's own: no exit */
	mov	%eax, %cr4
	mov	$0x1234, %ax
	mov	%ax, %ds
	out	%al, $0x80
	xor	%ax, %ax
	mov	%ax, %ds
	POWER_OFF
