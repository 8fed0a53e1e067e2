/* SPDX-License-Identifier: MIT */
/*
 * Into the guest and back, as one call from vcpu_run() (see vmx/entry.h):
 * RBX is the vCPU, before and after; at the exit EDX:EAX is the TSC.
 * RBP comes back as it was; all other registers are cleared, so that
 * no guest value can steer a speculative path of ours. Saving what the
 * caller does not need would cost every exit ten instructions.
 *
 * Our stack while the guest runs; v->host_stack points to its lowest word:
 *
 *	+8	return address into vcpu_run()
 *	 0	rbp
 *
 * HOST_RSP is not that stack. It points behind v->regs, so that the pushes
 * after an exit lay the guest's registers down where they belong, without
 * needing a register to find the place; RSP then is the vCPU's address.
 * Nothing may interrupt those pushes on that "stack": interrupts are off,
 * and NMI, #MC and #DF have IST stacks.
 */
#include "vmx/vcpu_offsets.h"

	.text
	.globl	vmx_enter
	.type	vmx_enter, @function
	.balign	64
vmx_enter:
	push	%rbp
	mov	%rsp, VCPU_HOST_STACK(%rbx)
	btsq	$0, VCPU_LAUNCHED(%rbx)	/* CF: it was; MOV leaves the flags alone */
	mov	VCPU_RAX(%rbx), %rax
	mov	VCPU_RCX(%rbx), %rcx
	mov	VCPU_RDX(%rbx), %rdx
	mov	VCPU_RBP(%rbx), %rbp
	mov	VCPU_RSI(%rbx), %rsi
	mov	VCPU_RDI(%rbx), %rdi
	mov	VCPU_R8(%rbx), %r8
	mov	VCPU_R9(%rbx), %r9
	mov	VCPU_R10(%rbx), %r10
	mov	VCPU_R11(%rbx), %r11
	mov	VCPU_R12(%rbx), %r12
	mov	VCPU_R13(%rbx), %r13
	mov	VCPU_R14(%rbx), %r14
	mov	VCPU_R15(%rbx), %r15
	mov	VCPU_RBX(%rbx), %rbx
	jnc	1f
	vmresume
	mov	$1, %esi
	jmp	2f
1:	vmlaunch
	mov	$0, %esi

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
	mov	%rsp, %rbx		/* v: its registers come first */
	mov	VCPU_HOST_STACK(%rbx), %rsp
	rdtsc
	xor	%ecx, %ecx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	pop	%rbp
	ret
	.size	vmx_enter, . - vmx_enter

	.section .note.GNU-stack, "", @progbits
