/* SPDX-License-Identifier: MIT */
/*
 * A kernel with Xen's note for PVH: the machine's state and the start info.
 *
 * ARGS one two
 * DATA guest/kernel.lds
 * EXPECT loader: vm0: module 1 is a PVH kernel: entry=0x[0-9a-f]+ start_info=0x10[0-9a-f]+ modules=1
 * EXPECT ok: CR0: PE
 * EXPECT ok: and reach 4 GiB
 * EXPECT ok: CR0: PE, and nothing else
 * EXPECT ok: CR4 is clear
 * EXPECT ok: the magic number
 * EXPECT ok: the command line
 * EXPECT ok: the module
 * EXPECT ok: the RSDP
 * EXPECT ok: the memory map
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm_kernel.h"

	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	guest_start

	.section .start, "awx"
	.skip	32			/* the entry need not be the first byte */
	.globl	guest_start
guest_start:
	KERNEL_CHECKS
	pushf
	pop	%eax
	test	$0x100, %eax
	CHECK	z, "EFLAGS: TF is clear", pm
	mov	%cr0, %eax
	and	$~0x10, %eax		/* ET cannot be cleared */
	cmp	$1, %eax
	CHECK	e, "CR0: PE, and nothing else", pm
	mov	%cr4, %eax
	test	%eax, %eax
	CHECK	z, "CR4 is clear", pm
	mov	info, %ebx
	cmpl	$0x336ec578, (%ebx)
	CHECK	e, "the magic number", pm
	cmpl	$1, 4(%ebx)
	CHECK	e, "the version", pm
	SAME	"one two", 24(%ebx)
	CHECK	e, "the command line", pm
	cmpl	$1, 12(%ebx)
	CHECK	e, "the number of modules", pm
	mov	16(%ebx), %ebp
	mov	(%ebp), %eax
	cmpl	$0x5053202a, 1(%eax)	/* "* SP" */
	CHECK	e, "the module", pm
	mov	32(%ebx), %eax
	cmpl	$0x20445352, (%eax)	/* "RSD " */
	CHECK	e, "the RSDP", pm
	mov	40(%ebx), %ebp
	mov	48(%ebx), %ecx
	xor	%edi, %edi
1:	cmpl	$1, 16(%ebp)
	jne	2f
	add	8(%ebp), %edi
2:	add	$24, %ebp
	loop	1b
	cmp	$(256 << 20) - 385 * 1024, %edi
	CHECK	e, "the memory map", pm
	POWER_OFF

	KERNEL_DATA
