/* SPDX-License-Identifier: MIT */
/*
 * The 256 entries of the IDT and their one common path to trap_handle().
 * Every entry leaves the same frame; where the processor pushes no error
 * code a zero takes its place. No SWAPGS: the host has no user mode, and a
 * VM exit loads GS base from the VMCS.
 *
 * The stack at the call, from high to low (the processor has aligned it to
 * 16 bytes before SS, and 22 words keep that):
 *
 *   ss rsp rflags cs rip | error code, vector | rax rcx rdx rbx rbp rsi rdi
 *   r8 ... r15  <- rsp = struct trap_frame
 */

	.section .text
	.balign	16
	.globl	trap_stubs
trap_stubs:
	vector = 0
	.rept	32
	.balign	16
	/* Exceptions with an error code: 8, 10 to 14, 17, 21, 29, 30. */
	.if	!((0x60227d00 >> vector) & 1)
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_common
	vector = vector + 1
	.endr
	.rept	224
	.balign	16
	pushq	$0
	pushq	$vector
	jmp	trap_common
	vector = vector + 1
	.endr
	.balign	16

	.globl	trap_common
trap_common:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	call	trap_handle
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp	/* vector and error code */
	iretq

	.section .note.GNU-stack, "", @progbits
