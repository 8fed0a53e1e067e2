/* SPDX-License-Identifier: MIT */
/*
 * Into long mode and all the way back: what refuses to go there, 2M and 1G
 * pages, compatibility mode, and real mode in the end.
 *
 * EXPECT ok: long mode: a 2M page
 * EXPECT ok: compatibility mode
 * EXPECT ok: real mode again
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 */
#include "guest/asm32.h"

#define CR4_PAE	0x20

#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define EFER_LMA 0x400

/* Tables, one page each. RAM is empty at first. */
#define PML4	0x10000
#define PDPT	0x11000
#define PD0	0x12000
#define PD1	0x13000

#define P	0x03	/* present, writable */
#define PS	0x83	/* and large */

/* What the pages below point to, and what lies there. */
#define PLACE_A	0x800000
#define PLACE_B	0xa00000
#define MARK_A	0xaaaa1111
#define MARK_B	0xbbbb2222
#define WINDOW	0x40000000	/* a virtual address that is not mapped one to one */

	START32
	movl	$MARK_A, PLACE_A
	movl	$MARK_B, PLACE_B
	mov	$PS, %eax
	mov	$PD0, %edi
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	cmp	$(0x40000000 + PS), %eax
	jb	1b
	movl	$(PLACE_A + PS), PD1
	movl	$(PDPT + P), PML4
	movl	$(PD0 + P), PDPT
	movl	$(PD1 + P), PDPT + 8
	mov	$PML4, %eax
	mov	%eax, %cr3
	call	lme_on
	mov	%cr4, %eax
	and	$~CR4_PAE, %eax
	mov	%eax, %cr4
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	REFUSED	"long mode: not without PAE", pm, mov %eax, %cr0
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$TSS16, %eax
	ltr	%ax
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	REFUSED	"long mode: not with a 16-bit TSS", pm, mov %eax, %cr0
	mov	$TSS32, %eax
	ltr	%ax
	call	paging_on
	call	efer
	test	$EFER_LMA, %eax
	CHECK	nz, "long mode: EFER.LMA is on", pm
	cmpl	$MARK_A, WINDOW
	CHECK	e, "long mode: a 2M page", pm
	ljmp	$CODE64, $long_mode

	.code64
	ROUTINES lm
long_mode:
	mov	$0x7c00, %esp
	mov	$0x123456789abcdef0, %r15
	xor	%eax, %eax
	cpuid			/* an exit */
	mov	$0x123456789abcdef0, %rax
	cmp	%rax, %r15
	CHECK	e, "long mode: 64-bit registers", lm
	mov	$0x80000001, %eax
	cpuid
	bt	$26, %edx
	jnc	1f
	movl	$PS, PDPT + 8		/* WINDOW is now memory from 0 on */
	mov	%cr3, %rax
	mov	%rax, %cr3
	xor	%eax, %eax
	cpuid			/* an exit */
	mov	$(WINDOW + PLACE_B), %ebx
	cmpl	$MARK_B, (%rbx)
	CHECK	e, "long mode: a 1G page", lm
1:	ljmpl	*to_compatibility

	.code32
compatibility:
	xor	%eax, %eax
	cpuid			/* an exit */
	mov	%cs, %eax
	cmp	$CODE32, %ax
	CHECK	e, "compatibility mode", pm
	call	paging_off
	call	efer
	and	$(EFER_LMA | EFER_LME), %eax
	cmp	$EFER_LME, %eax
	CHECK	e, "long mode: LMA goes with paging, LME stays", pm
	mov	$MSR_EFER, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	ljmp	$CODE16, $leave

	.code16
leave:
	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	%cr0, %eax
	and	$~CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$0, $real
real:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	xor	%eax, %eax
	mov	%eax, %cr4
	xor	%eax, %eax
	cpuid			/* an exit */
	mov	%cr0, %eax
	test	$CR0_PE, %al
	CHECK	z, "real mode again", rm
	POWER_OFF
	ROUTINES rm

	.code32
paging_on:
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ret
paging_off:
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	ret
efer:	mov	$MSR_EFER, %ecx
	rdmsr
	ret
lme_on:	call	efer
	or	$EFER_LME, %eax
	wrmsr
	ret

	ROUTINES32

	.data
to_compatibility:
	.long	compatibility
	.word	CODE32
