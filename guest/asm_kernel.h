/* SPDX-License-Identifier: MIT */
/*
 * For guests that a boot loader's protocol starts in flat 32-bit mode: what
 * all these protocols promise. Besides guest/asm.h:
 *
 *	KERNEL_CHECKS	first; sets a stack; keeps EAX and EBX in `magic`, `info`
 *	SAME text, at	the string at `at` (a register) is "text"; Z is the answer
 *	KERNEL_DATA	once, behind the code
 */
#include "guest/asm.h"

	.macro	KERNEL_CHECKS
	.code32
	mov	%eax, magic
	mov	%ebx, info
	mov	$stack_end, %esp
	pushf
	pop	%eax
	test	$0x20200, %eax
	CHECK	z, "EFLAGS: VM and IF are clear", pm
	mov	%cr0, %eax
	and	$0x80000001, %eax
	cmp	$1, %eax
	CHECK	e, "CR0: PE is set, PG is clear", pm
	movl	$0x11111111, 0x600
	movl	$0x22222222, 0x500600
	cmpl	$0x11111111, 0x600
	CHECK	e, "A20 is on", pm
	mov	%es:0x600, %eax
	and	%fs:0x600, %eax
	and	%gs:0x600, %eax
	and	%ss:0x600, %eax
	cmp	$0x11111111, %eax
	CHECK	e, "ES, FS, GS and SS begin at 0", pm
	mov	%es:0xfffffffc, %eax	/* nothing is there: all ones */
	and	%fs:0xfffffffc, %eax
	and	%gs:0xfffffffc, %eax
	and	%ss:0xfffffffc, %eax
	inc	%eax
	CHECK	z, "and reach 4 GiB", pm
	mov	%ds, %eax
	mov	%eax, %es		/* GDTR is good, though it need not be */
	mov	%ss, %edx
	cmp	%eax, %edx
	CHECK	e, "DS and SS are alike", pm
	mov	%ds, %eax
	lsl	%eax, %eax
	cmp	$-1, %eax
	CHECK	e, "the data segments reach 4 GiB", pm
	movl	image_end - 4, %eax
	test	%eax, %eax
	CHECK	z, ".bss is zero", pm
	.endm

	.macro	SAME text, at
	.pushsection .rodata
string\@:
	.asciz	"\text"
	.set	length\@, . - string\@
	.popsection
	mov	\at, %esi
	mov	$string\@, %edi
	mov	$length\@, %ecx
	cld
	repe	cmpsb
	.endm

	.macro	KERNEL_DATA
	ROUTINES pm
	.data
	.balign	4
magic:	.long	0
info:	.long	0
	.bss
	.balign	16
	.skip	4096
stack_end:
	.skip	16
	.text
	.endm
