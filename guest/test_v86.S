/* SPDX-License-Identifier: MIT */
/*
 * Virtual-8086 mode under a small 32-bit monitor: exits from there, ports by
 * the TSS's permission bitmap, software interrupts and refused instructions
 * that come to the monitor as #GP, and a timer's interrupt.
 *
 * EXPECT ok: V86: CPUID
 * EXPECT ok: V86: interrupts
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm.h"

#define CODE32	0x08
#define DATA32	0x10
#define TSS	0x18

#define RFLAGS_IF 0x200
#define RFLAGS_VM 0x20000

#define STACK	  0x7c00
#define V86_STACK 0x6000
#define V86_BASE  0x700		/* as a segment: a base that is not 0 */
#define IRQ0	  0x20

	/* Enter V86 code at `label`; back here when it executes HLT. */
	.macro	V86 label
	movl	$0, refused
	mov	$(\label - V86_BASE * 16), %eax
	call	v86_run
	.endm

	START
	cli
	lgdtl	gdt_register
	lidtl	idt_register
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$CODE32, $protected

	.code32
	ROUTINES pm

protected:
	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$STACK, %esp
	mov	$TSS, %eax
	ltr	%ax

	V86	v86_cpuid
	cmpl	$0x76697254, v86_ebx
	CHECK	e, "V86: CPUID", pm
	cmpl	$0, refused
	CHECK	e, "V86: nothing is refused", pm

	V86	v86_vmcall
	cmpl	$ABI_VERSION, v86_eax
	CHECK	e, "V86: VMCALL", pm
	cmpl	$-ABI_ERROR_PRIVILEGE, v86_ebx
	CHECK	e, "V86: VMCALL of a privileged call", pm

	V86	v86_ports
	cmpb	$0x77, v86_eax
	CHECK	e, "V86: a port that the TSS allows", pm
	cmpl	$1, refused
	CHECK	e, "V86: one that it does not", pm

	V86	v86_refused
	cmpl	$6, refused
	CHECK	e, "V86: RDMSR, MOV to CR0, MOV to DR7, CLI, INT", pm

	mov	$0x11, %al
	out	%al, $0x20
	mov	$IRQ0, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	mov	$1, %al
	out	%al, $0x21
	mov	$0xfe, %al
	out	%al, $0x21
	mov	$0x34, %al
	out	%al, $0x43
	mov	$0xa9, %al
	out	%al, $0x40
	mov	$4, %al
	out	%al, $0x40
	V86	v86_ticks
	cmpl	$5, ticks
	CHECK	ae, "V86: interrupts", pm
	POWER_OFF

/* EAX: the offset in V86_BASE. Returns at the HLT, with the registers in v86_eax and v86_ebx. */
v86_run:
	mov	%esp, monitor_stack
	mov	$V86_BASE, %ecx
	push	%ecx			/* gs, fs, ds, es */
	push	%ecx
	push	%ecx
	push	%ecx
	pushl	$0			/* ss */
	pushl	$V86_STACK
	pushl	$(RFLAGS_VM | RFLAGS_IF | 2)
	push	%ecx			/* cs */
	push	%eax
	iret

/* #GP: HLT ends the V86 code; what else is refused is three or two bytes to step over. */
fault_13:
	push	%eax
	push	%ebx
	push	%ds
	mov	$DATA32, %eax
	mov	%eax, %ds
	movzwl	20(%esp), %ebx		/* cs: behind ds, ebx, eax, error, eip */
	shl	$4, %ebx
	add	16(%esp), %ebx
	cmpb	$0xf4, (%ebx)
	je	1f
	incl	refused
	addl	$2, 16(%esp)
	cmpb	$0xfa, (%ebx)		/* CLI: one byte */
	jne	2f
	decl	16(%esp)
2:	cmpw	$0x220f, (%ebx)		/* MOV to CR0 and DR7: three */
	je	3f
	cmpw	$0x230f, (%ebx)
	jne	4f
3:	incl	16(%esp)
4:	pop	%ds
	pop	%ebx
	pop	%eax
	add	$4, %esp
	iret
1:	pop	%eax
	pop	%ebx
	pop	%eax
	mov	$DATA32, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	mov	%eax, v86_eax
	mov	%ebx, v86_ebx
	mov	monitor_stack, %esp
	ret

tick:
	push	%eax
	push	%ds
	mov	$DATA32, %eax
	mov	%eax, %ds
	incl	ticks
	mov	$0x20, %al
	out	%al, $0x20
	pop	%ds
	pop	%eax
	iret

	.code16
v86_cpuid:
	mov	$ABI_CPUID_SIGNATURE, %eax
	cpuid
	hlt
v86_vmcall:
	mov	$ABI_CALL_EXITS, %eax
	vmcall
	mov	%eax, %ebx
	mov	$ABI_CALL_VERSION, %eax
	vmcall
	hlt
v86_ports:
	mov	$0x3ff, %dx		/* COM1's scratch register */
	mov	$0x77, %al
	out	%al, %dx
	xor	%al, %al
	in	%dx, %al
	out	%al, $0x80
	hlt
v86_refused:
	rdmsr
	mov	%eax, %cr0
	mov	%eax, %dr7
	cli
	int	$0x41
	wbinvd
	hlt
v86_ticks:
	xor	%eax, %eax
	cpuid
	mov	$0x3ff, %dx
	in	%dx, %al
	mov	%ds:(ticks - V86_BASE * 16), %ax
	cmp	$5, %ax
	jb	v86_ticks
	hlt

	.data
	.balign	4
refused:	.long 0
ticks:		.long 0
v86_eax:	.long 0
v86_ebx:	.long 0
monitor_stack:	.long 0
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.word	tss_end - tss - 1, tss
	.byte	0, 0x89, 0, 0
gdt_register:
	.word	gdt_register - gdt - 1
	.long	gdt
	.balign	8
	.macro	GATE handler
	.word	\handler, CODE32
	.byte	0, 0x8e
	.word	0
	.endm
idt:	.fill	13, 8, 0
	GATE	fault_13
	.fill	IRQ0 - 14, 8, 0
	GATE	tick
idt_register:
	.word	idt_register - idt - 1
	.long	idt
	.balign	8
tss:	.long	0, STACK - 256, DATA32
	.fill	22, 4, 0
	.word	0, permissions - tss
permissions:
	.fill	0x3f8 / 8, 1, 0xff
	.byte	0			/* COM1 alone */
	.byte	0xff
tss_end:
