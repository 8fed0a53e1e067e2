/* SPDX-License-Identifier: MIT */
/*
 * Into the guest and back, as one function call.
 *
 *	void vmx_enter(struct vcpu *v);		(see vmx/entry.h)
 *
 * Our stack while the guest runs; v->host_stack points to its lowest word:
 *
 *	+48	return address into vcpu_run()
 *	+40	rbp
 *	+32	rbx
 *	+24	r12
 *	+16	r13
 *	 +8	r14
 *	  0	r15
 *
 * HOST_RSP is not that stack. It points behind v->regs, so that the pushes
 * after an exit lay the guest's registers down where they belong, without
 * needing a register to find the place. Nothing may interrupt those pushes
 * on that "stack": interrupts are off, and NMI, #MC and #DF have IST stacks.
 *
 * After an exit every register that C does not restore is cleared, so no
 * guest value can steer a speculative path of ours.
 */
#include "vmx/vcpu_offsets.h"

	.text
	.globl	vmx_enter
	.type	vmx_enter, @function
	.balign	64
vmx_enter:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, VCPU_HOST_STACK(%rdi)

	testb	$1, VCPU_LAUNCHED(%rdi)	/* MOV leaves the flags alone */
	mov	VCPU_RAX(%rdi), %rax
	mov	VCPU_RCX(%rdi), %rcx
	mov	VCPU_RDX(%rdi), %rdx
	mov	VCPU_RBX(%rdi), %rbx
	mov	VCPU_RBP(%rdi), %rbp
	mov	VCPU_RSI(%rdi), %rsi
	mov	VCPU_R8(%rdi), %r8
	mov	VCPU_R9(%rdi), %r9
	mov	VCPU_R10(%rdi), %r10
	mov	VCPU_R11(%rdi), %r11
	mov	VCPU_R12(%rdi), %r12
	mov	VCPU_R13(%rdi), %r13
	mov	VCPU_R14(%rdi), %r14
	mov	VCPU_R15(%rdi), %r15
	mov	VCPU_RDI(%rdi), %rdi
	jz	1f
	vmresume
	jmp	2f
1:	vmlaunch

	/* Still here, on our stack: the instruction failed. ZF: there is an error number. */
2:	setz	%al
	movzbl	%al, %edi
	call	vmx_enter_failed
	ud2

	.globl	vmx_exit
	.balign	64
vmx_exit:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	push	%rdi
	push	%rsi
	push	%rbp
	push	%rbp			/* RSP's slot: the VMCS has the real one */
	push	%rbx
	push	%rdx
	push	%rcx
	push	%rax
	mov	VCPU_HOST_STACK(%rsp), %rsp
	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	vmx_enter, . - vmx_enter

	.section .note.GNU-stack, "", @progbits
