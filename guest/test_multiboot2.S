/* SPDX-License-Identifier: MIT */
/*
 * A Multiboot 2 kernel, an ELF file of 64 bits that wants to be as high as
 * it can: the machine's state, relocation, the boot information. What is
 * checked where it was linked moves here first.
 *
 * ARGS one two
 * DATA guest/kernel.lds
 * EXPECT loader: vm0: module 1 is a Multiboot2 kernel \(ELF\): load=0xf[0-9a-f]{6}
 * EXPECT ok: CR0: PE
 * EXPECT ok: EAX: the magic number
 * EXPECT ok: the command line
 * EXPECT ok: the module
 * EXPECT ok: the memory map
 * EXPECT ok: the RSDP
 * EXPECT ok: the load address
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm_kernel.h"

#define MAGIC 0xe85250d6

	.section .start, "awx"
	.balign	8
header:
	.long	MAGIC, 0, header_end - header, -(MAGIC + header_end - header)
	.short	1, 0			/* information request */
	.long	8 + 4 * 4, 1, 3, 6, 15
	.short	5, 1			/* a framebuffer, optional */
	.long	20, 0, 0, 0, 0
	.short	6, 0			/* modules aligned */
	.long	8
	.short	10, 0			/* relocatable: min, max, align, preference */
	.long	24, 0x100000, 0xffffffff, 0x1000, 2
	.short	0, 0
	.long	8
header_end:
	.globl	guest_start
guest_start:
	.code32
	/* Where are we? EBX leads to the tag; then everything goes to where it was linked. */
	lea	8(%ebx), %esi
1:	cmpl	$21, (%esi)
	je	2f
	mov	4(%esi), %ecx
	lea	7(%esi, %ecx), %esi
	and	$~7, %esi
	jmp	1b
2:	mov	8(%esi), %esi
	mov	$header, %edi
	mov	$image_end, %ecx
	sub	%edi, %ecx
	mov	%esi, %ebp
	cld
	rep	movsb
	mov	$linked, %ecx
	jmp	*%ecx
	.code32
linked:
	mov	%ebp, base
	KERNEL_CHECKS
	cmpl	$0x36d76289, magic
	CHECK	e, "EAX: the magic number", pm
	mov	info, %ebx
	test	$7, %bl
	CHECK	z, "EBX is aligned", pm
	mov	$1, %eax
	call	find
	lea	8(%ebp), %ebp
	SAME	"one two", %ebp
	CHECK	e, "the command line", pm
	mov	$3, %eax
	call	find
	mov	8(%ebp), %eax
	cmpl	$0x5053202a, 1(%eax)
	CHECK	e, "the module", pm
	mov	$6, %eax
	call	find
	cmpl	$24, 8(%ebp)
	CHECK	e, "the size of a map entry", pm
	mov	4(%ebp), %ecx
	add	%ebp, %ecx
	add	$16, %ebp
	xor	%edi, %edi
1:	cmpl	$1, 16(%ebp)
	jne	2f
	add	8(%ebp), %edi
2:	add	$24, %ebp
	cmp	%ecx, %ebp
	jb	1b
	cmp	$(256 << 20) - 385 * 1024, %edi
	CHECK	e, "the memory map", pm
	mov	$15, %eax
	call	find
	cmpl	$0x20445352, 8(%ebp)	/* "RSD " */
	CHECK	e, "the RSDP", pm
	mov	$21, %eax
	call	find
	mov	8(%ebp), %eax
	cmp	base, %eax
	CHECK	e, "the load address", pm
	POWER_OFF

/* EBP = the tag of type EAX. */
find:
	mov	info, %ebp
	add	$8, %ebp
1:	cmp	%eax, (%ebp)
	je	2f
	cmpl	$0, (%ebp)
	je	2f
	mov	4(%ebp), %ecx
	lea	7(%ebp, %ecx), %ebp
	and	$~7, %ebp
	jmp	1b
2:	ret

	.data
	.balign	4
base:	.long	0
	.text

	KERNEL_DATA
