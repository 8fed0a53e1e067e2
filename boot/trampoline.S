/* SPDX-License-Identifier: MIT */
/*
 * From an AP's start-up IPI to C in long mode. kernel/smp.c copies the first
 * part to a page below 1 MiB, where an AP starts in real mode with CS = page
 * and IP = 0; what it refers to lies in the image, at addresses that the boot
 * code's tables map one to one. So nothing in the copy depends on the page.
 * SDM "MP Initialization Protocol", "Initializing IA-32e Mode".
 */
#define KERNEL_BASE 0xffffffff80000000 /* as mm/layout.h */

#define CR0_PE	     0x00000001
#define CR0_AT_START 0x80010033 /* PG WP NE ET MP PE: so caches on, no emulation */
#define CR4_AT_START 0x00000020 /* PAE */
#define MSR_EFER     0xc0000080
#define EFER_LME_NXE ((1 << 8) | (1 << 11))

#define CODE_SELECTOR 0x08 /* of boot_gdt */
#define DATA_SELECTOR 0x10

#define START_STACK_SIZE 1024

	.section .rodata.trampoline, "a", @progbits
	.code16
	.globl	trampoline_start
trampoline_start:
	cli
	cld
	lgdtl	%cs:(gdt_pointer - trampoline_start)
	/* Of the SDM's steps only the jump to a 32-bit segment is left out. */
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	movl	$CR4_AT_START, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME_NXE, %eax
	wrmsr
	movl	$CR0_AT_START, %eax
	movl	%eax, %cr0
	ljmpl	$CODE_SELECTOR, $(entry_low - KERNEL_BASE)

	.balign	8
	.short	0
gdt_pointer:
	.short	3 * 8 - 1
	.long	boot_gdt
	.globl	trampoline_end
trampoline_end:

	.section .text.trampoline, "ax", @progbits
	.code64
entry_low:
	movq	$entry_high, %rax
	jmpq	*%rax
entry_high:
	movl	$DATA_SELECTOR, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	xorl	%ebp, %ebp	/* where a backtrace ends */

	/* Who takes the struct cpu may use the stack below; a CPU too many stays here. */
	xchgq	%rax, smp_starting
	testq	%rax, %rax
	jz	1f
	movq	%rax, %rbx
	movq	%rax, %rdi
	/* Until the host's own tables are loaded, which alone map the CPU's own stack. */
	movq	$start_stack_top, %rsp
	call	smp_load_tables
	movq	%rax, %rsp
	movq	%rbx, %rdi
	call	smp_enter
	ud2

1:	cli
	hlt
	jmp	1b

	.section .bss.trampoline, "aw", @nobits
	.balign	16
	.skip	START_STACK_SIZE
start_stack_top:

	.section .note.GNU-stack, "", @progbits
