/* SPDX-License-Identifier: MIT */
/*
 * What a Linux kernel finds by the 64-bit boot protocol: a file with its
 * header, and code that looks around. Linux itself is booted in tests/boot.
 *
 * ARGS quiet panic=1
 * DATA guest/kernel.lds
 * EXPECT loader: vm0: module 1 is Linux test-kernel: protocol=2.15 load=0x1000000 entry=0x1000200 bits=64
 * EXPECT ok: CR0
 * EXPECT ok: the command line
 * EXPECT ok: the initrd
 * EXPECT ok: the memory map
 * EXPECT ok: acpi_rsdp_addr
 * EXPECT ok: the identity map
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm.h"

#define SETUP	0xa00		/* four setup sectors, and the first */
#define LOAD	0x1000000
#define INIT	0x100000

	.section .start, "awx"
	.globl	guest_start
guest_start:
start:
	.org	0x1f1
	.byte	4			/* setup_sects */
	.org	0x1f4
	.long	0x20			/* syssize, or a little less */
	.org	0x1fe
	.short	0xaa55
	.byte	0xeb, 0x6a
	.ascii	"HdrS"
	.short	0x20f
	.org	0x20e
	.short	version - start - 0x200
	.byte	0, 1			/* loaded high */
	.org	0x214
	.long	0x100000
	.org	0x22c
	.long	0x7fffffff		/* initrd_addr_max */
	.long	0x200000		/* kernel_alignment */
	.byte	1, 21			/* relocatable; min_alignment */
	.short	1			/* there is a 64-bit entry */
	.long	2047			/* cmdline_size */
	.org	0x258
	.quad	LOAD			/* pref_address */
	.long	INIT			/* init_size */
	.org	0x26c
version:
	.asciz	"test-kernel (somebody)"
	.org	SETUP
code:
	.code64
	hlt				/* the 32-bit entry */
	.org	SETUP + 0x200
	mov	%rsi, %rbx
	mov	$stack_end, %esp
	mov	%cr0, %rax
	and	$0x80000001, %eax
	cmp	$0x80000001, %eax
	CHECK	e, "CR0: PE and PG are set", lm
	mov	%cs, %eax
	cmp	$0x10, %eax
	CHECK	e, "CS is __BOOT_CS", lm
	mov	%ds, %eax
	mov	%es, %ecx
	mov	%ss, %edx
	cmp	$0x18, %eax
	jne	1f
	cmp	%eax, %ecx
	jne	1f
	cmp	%eax, %edx
1:	CHECK	e, "DS, ES and SS are __BOOT_DS", lm
	pushf
	pop	%rax
	test	$0x200, %eax
	CHECK	z, "interrupts are off", lm
	mov	%ds, %eax
	mov	%eax, %ds		/* the GDT is good */
	mov	0x228(%rbx), %eax	/* cmd_line_ptr */
	mov	(%rax), %rax
	mov	$0x6170207465697571, %rcx	/* "quiet pa" */
	cmp	%rcx, %rax
	CHECK	e, "the command line", lm
	mov	0x218(%rbx), %eax	/* ramdisk_image */
	cmpl	$0x5053202a, 1(%rax)	/* "* SP" */
	CHECK	e, "the initrd", lm
	cmpb	$0xff, 0x210(%rbx)
	CHECK	e, "type_of_loader", lm
	cmpl	$LOAD, 0x214(%rbx)
	CHECK	e, "code32_start", lm
	movzbl	0x1e8(%rbx), %ecx
	lea	0x2d0(%rbx), %rdi
	xor	%r8d, %r8d
1:	cmpl	$1, 16(%rdi)
	jne	2f
	add	8(%rdi), %r8
2:	add	$20, %rdi
	loop	1b
	cmp	$(256 << 20) - 385 * 1024, %r8
	CHECK	e, "the memory map", lm
	mov	0x70(%rbx), %rax
	cmpl	$0x20445352, (%rax)	/* "RSD " */
	CHECK	e, "acpi_rsdp_addr", lm
	movl	$0x12345678, LOAD + 0x800000
	cmpl	$0x12345678, LOAD + 0x800000
	CHECK	e, "the identity map", lm
	POWER_OFF

	ROUTINES lm

	.balign	16
stack:	.skip	512
stack_end:
