/* SPDX-License-Identifier: MIT */
/*
 * A triple fault in long mode, at an address whose page directory is not
 * there: the report shows the walk that ends at that level, the code, the
 * stack, and flags in words.
 *
 * EXPECT ^vm0: triple fault: at RIP 0x[0-9a-f]+$
 * EXPECT ^vcpu 0:$
 * EXPECT ^  rax=0000000040003000
 * EXPECT ^  rflags=\[.*\] cr0=\[PE .*PG\] cr4=\[PAE.*\] efer=\[LME LMA\]$
 * EXPECT ^  cr2=0000000040003000 xcr0=
 * EXPECT ^  cs   selector=0018 .* 64-bit code readable accessed DPL 0 G$
 * EXPECT ^  last exit: reason=0x2 \(TRIPLE_FAULT\)
 * EXPECT ^code: vm=vm0 vcpu=0 mode=64 rip=0x7[0-9a-f]{3} linear=0x7[0-9a-f]{3} bytes=.*b800300040<c6>0012
 * EXPECT ^stack: vm=vm0 vcpu=0 size=8 rsp=0x7bf0 linear=0x7bf0$
 * EXPECT ^  0000000000007bf0: 00005678deadbeef 0000123400000000
 * EXPECT ^walk: vm=vm0 vcpu=0 of=rip gva=0x7[0-9a-f]{3} access=fetch by=supervisor paging=4-level cr3=0x10000$
 * EXPECT ^  PML4E gpa=0x10000 entry=0x0000000000011[0-9a-f]{3} P RW.* -> 0x11000$
 * EXPECT ^  PDPTE gpa=0x11000 entry=0x0000000000012[0-9a-f]{3} P RW.* -> 0x12000$
 * EXPECT ^  PDE gpa=0x12000 entry=0x00000000000000[0-9a-f]{2} P RW.* PS$
 * EXPECT ^  result: gpa=0x7[0-9a-f]{3} page=2048K$
 * EXPECT ^walk: vm=vm0 vcpu=0 of=rsp gva=0x7bf0 access=write
 * EXPECT ^walk: vm=vm0 vcpu=0 of=cr2 gva=0x40003000 access=read by=supervisor paging=4-level cr3=0x10000$
 * EXPECT ^  PML4E gpa=0x10000
 * EXPECT ^  PDPTE gpa=0x11008 entry=0x000000000dead000 not present$
 * EXPECT ^  result: #PF error=0 \(read, supervisor, not present\)$
 * EXPECT ^run: outcome=guest-fault reason="vm0: triple fault
 * STATUS 1
 */
#include "guest/asm32.h"

#define CR4_PAE	 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

/* Tables, one page each. RAM is empty at first. */
#define PML4	0x10000
#define PDPT	0x11000
#define PD0	0x12000

	START32
	movl	$(PDPT + 3), PML4
	movl	$(PD0 + 3), PDPT
	movl	$0x0dead000, PDPT + 8	/* an address, but not present */
	movl	$0x83, PD0
	mov	$PML4, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ljmp	$CODE64, $long_mode

	.code64
long_mode:
	mov	$0x7c00, %esp
	movabs	$0x0000123400000000, %rax
	push	%rax
	movabs	$0x00005678deadbeef, %rax
	push	%rax
	lidt	nothing
	mov	$0x40003000, %eax
	movb	$0x12, (%rax)
	POWER_OFF

	ROUTINES32

	.data
nothing:
	.word	0
	.quad	0
