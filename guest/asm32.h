/* SPDX-License-Identifier: MIT */
/*
 * For guests in assembly alone that begin in flat 32-bit protected mode: the
 * descriptors, the way there, and a handler for #GP. Besides guest/asm.h:
 *
 *	START32				behind it: .code32, a stack below 7C00H
 *	REFUSED	"text", pm, line	the line must raise #GP
 *	ROUTINES32			once, behind the code
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

	.macro	START32
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
protected:
	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x7c00, %esp
	.endm

	.macro	REFUSED text, name, line:vararg
	movl	$0, refused
	movl	$7f, refused_resume
	\line
7:	cmpl	$13, refused
	CHECK	e, "\text", \name
	.endm

	.macro	ROUTINES32
	.code32
	ROUTINES pm
fault_13:
	add	$4, %esp		/* error code */
	movl	$13, refused
	push	%eax
	mov	refused_resume, %eax
	mov	%eax, 4(%esp)
	pop	%eax
	iret
	.endm

	.data
	.balign	8
refused:
	.long	0
refused_resume:
	.long	0
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00009b000000ffff
	.quad	0x000093000000ffff
	.quad	0x000081500000002b	/* a 16-bit TSS, available, at 500000H */
	.quad	0x0000895000000067	/* a 32-bit one */
gdt_register:
	.word	gdt_register - gdt - 1
	.long	gdt
	.balign	8
idt:	.fill	13, 8, 0
	.word	fault_13, CODE32
	.byte	0, 0x8e
	.word	0
idt_register:
	.word	idt_register - idt - 1
	.long	idt
	.text
