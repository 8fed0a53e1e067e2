/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that calls the BIOS' services with random registers, from a
 * fixed seed. Left out is what is an honest end or waits for somebody: INT
 * 18H and 19H, a key, minutes; and what would overwrite this program, as on a
 * PC: segments are above it and below the VGA hole. The services must answer
 * as before afterwards.
 *
 * OPTIONS mem=32M
 * ARGS drive=0x80
 * EXPECT ^fuzz: calls done$
 * EXPECT ^fuzz: memory ok$
 * EXPECT ^run: outcome=clean reason="vm0: reset: INT 19H
 * REJECT VM entry failed
 */
	.section .start, "ax"
	.code16
	.globl	guest_start

	.set	CALLS, 6000
	.set	SEGMENT_FIRST, 0x1000
	.set	SEGMENT_MASK, 0x3fff	/* with 64K of a segment and 64K of a transfer: below 7000:0 */
	.set	STACK, 0x7c00

guest_start:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$STACK, %sp
	movw	$CALLS, left

again:	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$STACK, %sp
	call	random
	and	$SEGMENT_MASK, %ax
	add	$SEGMENT_FIRST, %ax
	mov	%ax, %es
	call	random
	and	$SEGMENT_MASK, %ax
	add	$SEGMENT_FIRST, %ax
	mov	%ax, %fs		/* DS at the call */
	call	random
	mov	%eax, %ebx
	call	random
	mov	%eax, %esi
	call	random
	mov	%eax, %edi
	call	random
	mov	%eax, %edx
	call	random
	mov	%eax, %ecx
	call	random
	and	$0x1f, %ax
	cmp	$0x10, %al		/* INT 10H to 17H, and 1AH */
	jb	again
	cmp	$0x18, %al
	jb	1f
	mov	$0x1a, %al
1:	mov	%al, vector
	call	random
	test	$1, %bl			/* one half has a function that most vectors have */
	jz	2f
	and	$0x1fff, %ax
2:	cmpb	$0x10, vector
	jne	3f
	xor	%ch, %ch		/* text: not 64K of it */
3:	cmpb	$0x13, vector
	jne	4f
	mov	$0x80, %dl
	test	$3, %bh
	jz	4f
	mov	$0x02, %ah		/* reading, from near the start */
	test	$1, %bh
	jz	5f
	mov	$0x42, %ah
5:	xor	%ch, %ch
4:	cmpb	$0x15, vector
	jne	6f
	cmp	$0x87, %ah		/* may copy to everywhere */
	je	again
	cmp	$0x53, %ah		/* may switch off */
	je	again
	xor	%cx, %cx		/* a wait of 65 ms at most, which is 1 of 256 */
6:	cmpb	$0x16, vector
	jne	7f
	test	$0xef, %ah
	jz	again			/* waits for a key */
7:	mov	%fs, %bp
	push	%bp
	mov	%ebx, %ebp
	pop	%ds
	push	%ds
	.byte	0xcd			/* INT */
vector:	.byte	0x10
	xor	%ax, %ax
	mov	%ax, %ds
	decw	left
	jnz	again

	mov	$3, %ax
	int	$0x10
	mov	$done, %si
	call	say
	mov	$0xe801, %ax
	int	$0x15
	jc	fail
	cmp	$0x3c00, %ax
	jne	fail
	mov	$memory, %si
	call	say
fail:	int	$0x19

/* EAX, xorshift. */
random:	mov	seed, %eax
	shl	$13, %eax
	xor	seed, %eax
	mov	%eax, seed
	shr	$17, %eax
	xor	seed, %eax
	mov	%eax, seed
	shl	$5, %eax
	xor	seed, %eax
	mov	%eax, seed
	ret

say:	cld
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0xe, %ah
	xor	%bx, %bx
	int	$0x10
	jmp	1b
2:	ret

seed:	.long	0x2026b105
left:	.word	0
done:	.asciz	"\r\nfuzz: calls done\r\n"
memory:	.asciz	"fuzz: memory ok\r\n"

	.org	510
	.byte	0x55, 0xaa
	.fill	512 * 8, 1, 0x10
	.section .note.GNU-stack, "", @progbits
