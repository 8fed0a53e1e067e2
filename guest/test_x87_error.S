/* SPDX-License-Identifier: MIT */
/*
 * An x87 error with CR0.NE clear, as DOS had it: interrupt 13 of the board, to
 * the handler of vector 75H, which clears the latch at F0H. With NE it is #MF,
 * which in real mode is INT 10H.
 *
 * EXPECT ^1 interrupt, 0 exceptions$
 * EXPECT ^2 interrupt, 0 exceptions$
 * EXPECT ^2 interrupt, 1 exceptions$
 * EXPECT vm0: reset: INT 19H
 * EXPECT ^run: outcome=clean
 */
	.section .start, "ax"
	.code16
	.globl	guest_start
guest_start:
	xor	%ax, %ax
	mov	%ax, %ds
	movw	$interrupt, 0x75 * 4
	mov	%ax, 0x75 * 4 + 2
	in	$0xa1, %al		/* the BIOS has masked it */
	and	$0xdf, %al
	out	%al, $0xa1
	mov	%cr0, %eax
	and	$~0x2c, %eax		/* no NE, no EM, no TS */
	mov	%eax, %cr0

	call	divide
	fwait				/* waits for the handler */
	call	tell

	/* With interrupts off it waits longer. */
	cli
	call	divide
	mov	$1000, %cx
	loop	.
	sti
	fldz				/* so does an instruction that is none of the first ones */
	call	tell

	/* The exception itself. */
	mov	0x10 * 4, %eax
	mov	%eax, video
	mov	%cr0, %eax
	or	$0x20, %eax
	mov	%eax, %cr0
	movw	$exception, 0x10 * 4
	movw	$0, 0x10 * 4 + 2
	call	divide
	fwait
	mov	video, %eax
	mov	%eax, 0x10 * 4
	call	tell
	int	$0x19

/* 1 / 0, with that error not masked. */
divide:	fninit
	fldcw	control
	fld1
	fldz
	fdivrp
	ret

interrupt:
	push	%ax
	fnclex
	incb	interrupts
	xor	%al, %al
	out	%al, $0xf0
	mov	$0x20, %al
	out	%al, $0xa0
	out	%al, $0x20
	pop	%ax
	iret

exception:
	fnclex
	incb	exceptions
	iret

tell:	mov	$text, %si
	cld
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0xe, %ah
	int	$0x10
	jmp	1b
2:	ret

control: .word	0x037b
video:	.long	0
text:
interrupts: .ascii "0 interrupt, "
exceptions: .asciz "0 exceptions\r\n"

	.org	510
	.byte	0x55, 0xaa
	.section .note.GNU-stack, "", @progbits
