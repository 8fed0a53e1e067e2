/* SPDX-License-Identifier: MIT */
/*
 * A Multiboot 1 kernel, an ELF file of 32 bits: the machine's state and the
 * boot information.
 *
 * ARGS first second=2
 * DATA guest/kernel.lds
 * EXPECT loader: vm0: module 1 is a Multiboot kernel \(ELF\): load=0x100000
 * EXPECT ok: CR0: PE
 * EXPECT ok: EAX: the magic number
 * EXPECT ok: mem_upper
 * EXPECT ok: the command line
 * EXPECT ok: the module
 * EXPECT ok: the memory map
 * EXPECT ok: the symbols
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm_kernel.h"

#define MAGIC 0x1badb002
#define FLAGS 3

	.section .start, "awx"
	.balign	4
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)
	.globl	guest_start
guest_start:
	KERNEL_CHECKS
	cmpl	$0x2badb002, magic
	CHECK	e, "EAX: the magic number", pm
	mov	info, %ebx
	mov	(%ebx), %eax
	and	$0x26d, %eax
	cmp	$0x26d, %eax
	CHECK	e, "flags: memory, command line, modules, ELF, map, name", pm
	cmpl	$639, 4(%ebx)
	CHECK	e, "mem_lower", pm
	cmpl	$255 * 1024, 8(%ebx)
	CHECK	e, "mem_upper", pm
	SAME	"first second=2", 16(%ebx)
	CHECK	e, "the command line", pm
	SAME	"Trivet", 64(%ebx)
	CHECK	e, "the loader's name", pm
	cmpl	$1, 20(%ebx)
	CHECK	e, "mods_count", pm
	mov	24(%ebx), %ebp
	mov	(%ebp), %eax
	test	$0xfff, %eax
	CHECK	z, "the module is aligned", pm
	mov	(%ebp), %eax
	cmpl	$0x5053202a, 1(%eax)	/* "* SP" */
	CHECK	e, "the module", pm

	mov	48(%ebx), %ebp		/* each entry: what it has, less four, before it */
	mov	44(%ebx), %ecx
	add	%ebp, %ecx
	xor	%edi, %edi
1:	cmpl	$1, 20(%ebp)
	jne	2f
	add	12(%ebp), %edi
2:	add	(%ebp), %ebp
	add	$4, %ebp
	cmp	%ecx, %ebp
	jb	1b
	cmp	$(256 << 20) - 385 * 1024, %edi
	CHECK	e, "the memory map", pm

	mov	28(%ebx), %ecx		/* a section of type 2 is the symbol table */
	mov	36(%ebx), %ebp
1:	cmpl	$2, 4(%ebp)
	je	3f
	add	32(%ebx), %ebp
	loop	1b
3:	mov	12(%ebp), %ebp
	mov	16 + 4(%ebp), %eax	/* some address, of the first symbol that is one */
	test	%eax, %eax
	CHECK	nz, "the symbols", pm
	POWER_OFF

	KERNEL_DATA
