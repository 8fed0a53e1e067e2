/* SPDX-License-Identifier: MIT */
/*
 * For guests in assembly alone: text on COM1, checks, the end. All works in
 * any mode, once ROUTINES stands in the source behind the right .code16,
 * .code32 or .code64 with a name of its own; data segments must have base 0.
 *
 *	START				the guest begins here, in real mode
 *	ROUTINES rm			defines rm_put
 *	SAY	"text", rm		a line
 *	CHECK	e, "text", rm		"ok: text" if the condition code holds, else
 *					"FAIL: text", and the exit status will be 1
 *	POWER_OFF			with the number of failed checks
 *
 * All of them may change EAX, EDX and ESI.
 */
#include "guest/abi.h"

#define COM1 0x3f8

	.macro	START
	.section .start, "ax"
	.globl	guest_start
guest_start:
	.code16
	.endm

	.macro	ROUTINES name
\name\()_put:
	cld
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$COM1, %dx
	out	%al, %dx
	jmp	1b
2:	ret
	.endm

	.macro	PUT text, name
	.pushsection .rodata
text\@:	.asciz	"\text"
	.popsection
	mov	$text\@, %esi
	call	\name\()_put
	.endm

	.macro	SAY text, name
	PUT	"\text", \name
	PUT	"\r\n", \name
	.endm

	.macro	CHECK condition, text, name
	j\condition	5f
	incl	failures
	PUT	"FAIL: ", \name
	jmp	6f
5:	PUT	"ok: ", \name
6:	SAY	"\text", \name
	.endm

	.macro	POWER_OFF
	mov	$ABI_CALL_POWER_OFF, %eax
	mov	failures, %ebx
	vmcall
	.endm

	.data
	.balign	4
failures:
	.long	0

	.section .note.GNU-stack, "", @progbits
	.text
