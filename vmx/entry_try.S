/* SPDX-License-Identifier: MIT */
/*
 * u32 entry_try(u64 *stack): enter by VMLAUNCH and come back whatever
 * happens. An exit arrives with RSP pointing to *stack, where our own RSP
 * was kept; no guest register is of interest, the guest never ran.
 */
	.text
	.globl	entry_try
	.type	entry_try, @function
entry_try:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	vmlaunch
	setz	%al		/* failed: 2 with an error number, 1 without a VMCS */
	movzbl	%al, %eax
	inc	%eax
	jmp	1f

	.globl	entry_try_exit
entry_try_exit:
	mov	(%rsp), %rsp
	xor	%eax, %eax
1:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	entry_try, . - entry_try

	.section .note.GNU-stack, "", @progbits
