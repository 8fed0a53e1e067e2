/* SPDX-License-Identifier: MIT */
/*
 * The paging modes one after the other: 32-bit with 4K and 4M pages, PAE with
 * its four registers, long mode with 2M and 1G pages, and back to real mode.
 * Each is used across exits; its rules must hold.
 *
 * EXPECT ok: 32-bit: a 4M page
 * EXPECT ok: PAE: a 2M page
 * EXPECT ok: long mode: a 2M page
 * EXPECT ok: real mode again
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 */
#include "guest/asm.h"

#define CODE32	0x08
#define DATA32	0x10
#define CODE64	0x18
#define CODE16	0x20
#define DATA16	0x28
#define TSS16	0x30
#define TSS32	0x38

#define CR0_PE	0x1
#define CR0_PG	0x80000000
#define CR0_CD	0x40000000
#define CR0_NW	0x20000000
#define CR4_PSE	0x10
#define CR4_PAE	0x20
#define CR4_PGE	0x80

#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define EFER_LMA 0x400

/* Tables, one page each. */
#define PD32	0x10000
#define PT32	0x11000
#define PDPT	0x12000
#define PD0	0x13000
#define PD1	0x14000
#define PD2	0x15000
#define PML4	0x16000
#define PDPT64	0x17000
#define TABLES_END 0x18000

#define P	0x03	/* present, writable */
#define PS	0x83	/* and large */

/* What the pages below point to, and what lies there. */
#define PLACE_A	0x800000
#define PLACE_B	0xa00000
#define MARK_A	0xaaaa1111
#define MARK_B	0xbbbb2222
#define WINDOW	0x40000000	/* a virtual address that no mode maps one to one */

	/* Run one line that must raise #GP. */
	.macro	REFUSED text, line:vararg
	movl	$0, seen
	movl	$7f, resume
	\line
7:	cmpl	$13, seen
	CHECK	e, "\text", pm
	.endm

	/* A small exit in between: nothing of the mode may get lost. */
	.macro	EXIT
	xor	%eax, %eax
	cpuid
	.endm

	START
	cli
	lgdtl	gdt_register
	lidtl	idt_register
	mov	%cr0, %eax
	and	$~(CR0_CD | CR0_NW), %eax
	or	$CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$CODE32, $protected

	.code32
	ROUTINES pm

protected:
	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x7c00, %esp
	movl	$MARK_A, PLACE_A
	movl	$MARK_B, PLACE_B
	mov	$(fault_13 - guest_start + 0x7c00), %eax
	mov	%ax, idt + 13 * 8
	shr	$16, %eax
	mov	%ax, idt + 13 * 8 + 6
	mov	$PD32, %edi
	mov	$((TABLES_END - PD32) / 4), %ecx
	xor	%eax, %eax
	rep stosl

	/* ---- 32-bit paging ---- */
	movl	$(PT32 + P), PD32
	movl	$(PLACE_A + PS), PD32 + (WINDOW >> 22) * 4
	mov	$P, %eax
	mov	$PT32, %edi
1:	stosl
	add	$0x1000, %eax
	cmp	$(0x400000 + P), %eax
	jb	1b
	mov	%cr4, %eax
	or	$CR4_PSE, %eax
	mov	%eax, %cr4
	mov	$PD32, %eax
	mov	%eax, %cr3
	call	paging_on
	cmpl	$MARK_A, WINDOW
	CHECK	e, "32-bit: a 4M page", pm
	EXIT
	cmpl	$MARK_B, WINDOW + PLACE_B - PLACE_A
	CHECK	e, "32-bit: it stays over an exit", pm
	movl	$(0x300000 + P), PT32 + 0x200 * 4
	movl	$0x33333333, 0x300000
	movl	$0x22222222, 0x301000
	cmpl	$0x33333333, 0x200000
	CHECK	e, "32-bit: a 4K page", pm
	movl	$(0x301000 + P), PT32 + 0x200 * 4
	invlpg	0x200000
	cmpl	$0x22222222, 0x200000
	CHECK	e, "32-bit: INVLPG", pm
	call	paging_off
	cmpl	$0, 0x200000
	CHECK	e, "32-bit: off again", pm

	/* ---- PAE paging ---- */
	movl	$(PD0 + 1), PDPT
	movl	$(PD1 + 1), PDPT + 8
	mov	$PS, %eax
	mov	$PD0, %edi
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	cmp	$(0x40000000 + PS), %eax
	jb	1b
	movl	$(PLACE_A + PS), PD1
	movl	$(PLACE_B + PS), PD2
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PDPT, %eax
	mov	%eax, %cr3
	call	paging_on
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: a 2M page", pm
	/* The processor has the four entries in registers: memory does not count. */
	movl	$(PD2 + 1), PDPT + 8
	EXIT
	invlpg	WINDOW
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: an exit does not load the entries anew", pm
	mov	%cr3, %eax
	mov	%eax, %cr3
	cmpl	$MARK_B, WINDOW
	CHECK	e, "PAE: MOV to CR3 does", pm
	movl	$(PD1 + 1), PDPT + 8
	mov	%cr0, %eax
	xor	$CR0_CD, %eax
	mov	%eax, %cr0
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: MOV to CR0 that changes CD does", pm
	movl	$(PD2 + 1), PDPT + 8
	mov	%cr4, %eax
	xor	$CR4_PGE, %eax
	mov	%eax, %cr4
	cmpl	$MARK_B, WINDOW
	CHECK	e, "PAE: MOV to CR4 that changes PGE does", pm
	movl	$(PD2 + 3), PDPT + 16
	mov	%cr3, %eax
	REFUSED	"PAE: MOV to CR3 with a reserved bit in an entry", mov %eax, %cr3
	mov	%cr0, %eax
	xor	$CR0_CD, %eax
	REFUSED	"PAE: MOV to CR0 with it", mov %eax, %cr0
	movl	$0, PDPT + 16
	mov	%cr0, %eax
	and	$~CR0_CD, %eax
	mov	%eax, %cr0
	call	paging_off

	/* ---- Long mode ---- */
	movl	$(PDPT64 + P), PML4
	movl	$(PD0 + P), PDPT64
	movl	$(PD1 + P), PDPT64 + 8
	mov	$PML4, %eax
	mov	%eax, %cr3
	call	lme_on
	mov	%cr4, %eax
	and	$~CR4_PAE, %eax
	mov	%eax, %cr4
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	REFUSED	"long mode: not without PAE", mov %eax, %cr0
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$TSS16, %eax
	ltr	%ax
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	REFUSED	"long mode: not with a 16-bit TSS", mov %eax, %cr0
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
	EXIT
	mov	$0x123456789abcdef0, %rax
	cmp	%rax, %r15
	CHECK	e, "long mode: 64-bit registers", lm
	mov	$0x80000001, %eax
	cpuid
	bt	$26, %edx
	jnc	1f
	movl	$PS, PDPT64 + 8		/* WINDOW is now memory from 0 on */
	mov	%cr3, %rax
	mov	%rax, %cr3
	EXIT
	mov	$(WINDOW + PLACE_B), %ebx
	cmpl	$MARK_B, (%rbx)
	CHECK	e, "long mode: a 1G page", lm
1:	ljmpl	*to_compatibility

	.code32
compatibility:
	EXIT
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
	EXIT
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

fault_13:
	add	$4, %esp		/* error code */
	movl	$13, seen
	push	%eax
	mov	resume, %eax
	mov	%eax, 4(%esp)
	pop	%eax
	iret

	.data
	.balign	8
seen:	.long	0
resume:	.long	0
to_compatibility:
	.long	compatibility
	.word	CODE32
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00009b000000ffff
	.quad	0x000093000000ffff
	.quad	0x000081500000002b	/* a 16-bit TSS, available, at 500000 */
	.quad	0x0000895000000067	/* a 32-bit one */
gdt_register:
	.word	gdt_register - gdt - 1
	.long	gdt
	.balign	8
idt:	.fill	13, 8, 0
	.quad	0x00008e0000080000
idt_register:
	.word	idt_register - idt - 1
	.long	idt
