/* SPDX-License-Identifier: MIT */
/*
 * A disk with a boot loader: its first sector asks the BIOS what a boot loader
 * asks, reads the others, and goes there.
 *
 * OPTIONS mem=64M
 * EXPECT loader: vm0: module 1 is a boot sector: bytes=\d+ load=0x7c00 entry=0x7c00 drive=0 sectors=2880 cylinders=80 heads=2 track=18$
 * EXPECT ^first sector$
 * EXPECT ^second sector$
 * EXPECT ^00 ok$
 * EXPECT ^08 ok$
 * EXPECT ^0F ok$
 * EXPECT ^E820 ok$
 * EXPECT ^E801 ok$
 * EXPECT ^88 ok$
 * EXPECT ^24 ok$
 * EXPECT ^87 ok$
 * EXPECT ^86 ok$
 * EXPECT ^1A ok$
 * EXPECT ^HLT ok$
 * EXPECT ^RTC ok$
 * EXPECT ^16 ok$
 * EXPECT ^14 ok$
 * EXPECT ^write ok$
 * EXPECT ^end ok$
 * EXPECT ^41 ok$
 * EXPECT ^string$
 * EXPECT vm0: reset: INT 19H
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
	.section .start, "ax"
	.code16
	.globl	guest_start

/* "NAME ok" if the condition holds, else "NAME FAIL". */
	.macro	check name, condition
	j\condition 7771f
	call	failed
7771:	call	told
	.asciz	"\name"
	.endm

guest_start:
	pushf				/* interrupts are on, as a BIOS leaves them */
	pop	%ax
	test	$0x200, %ax
	jz	fail
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%dl, drive
	mov	$first, %si
	call	say
	/* The image is in memory, too: so it is read to another place, and looked at there. */
	mov	$0x0201, %ax
	mov	$0x0002, %cx		/* cylinder 0, sector 2 */
	xor	%dh, %dh
	mov	$0x9000, %bx
	int	$0x13
	jc	fail
	cmp	$1, %ax			/* AH=0, AL=1 sector */
	jne	fail
	mov	$0x9000, %si
	mov	$second_sector, %di
	mov	$256, %cx
	repe	cmpsw
	jne	fail
	jmp	second_sector
fail:	mov	$wrong, %si
	call	say
	cli
	hlt

say:	cld
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0xe, %ah
	mov	$7, %bx
	int	$0x10
	jmp	1b
2:	ret

/* After `call`: the name. Then what came of it, by `result`. */
told:	pop	%si
	call	say
	push	%si
	mov	result, %si
	call	say
	movw	$ok, result
	ret

failed:	movw	$wrong, result
	ret

drive:	.byte	0xff
result:	.word	ok
first:	.asciz	"first sector\r\n"
ok:	.asciz	" ok\r\n"
wrong:	.asciz	" FAIL\r\n"

	.org	510
	.byte	0x55, 0xaa

second_sector:
	mov	$second, %si
	call	say

	mov	$0x00ff, %ax
	mov	drive, %dl
	int	$0x13
	sbb	%bx, %bx
	mov	%ah, %al
	cbw
	or	%ax, %bx
	check	"00", z

	mov	$0x0800, %ax
	mov	drive, %dl
	int	$0x13
	jc	1f
	cmp	$0x4f12, %cx		/* 79, 18 */
	jne	1f
	cmp	$0x0101, %dx
	jne	1f
	cmp	$4, %bl			/* 1.44 MB */
1:	check	"08", e
	push	%ds			/* it has given ES:DI: a table that INT 1EH points to as well */
	pop	%es

	mov	$0x0f00, %ax
	int	$0x10
	cmp	$0x5003, %ax
	check	"0F", e

	xor	%ebx, %ebx
	xor	%bp, %bp		/* entries */
	movl	$0, usable
1:	mov	$0xe820, %eax
	mov	$0x534d4150, %edx
	mov	$24, %ecx
	mov	$0x600, %di
	int	$0x15
	jc	2f
	cmp	$0x534d4150, %eax
	jne	2f
	inc	%bp
	cmpl	$1, 0x610
	jne	3f
	mov	0x608, %eax
	add	%eax, usable
3:	test	%ebx, %ebx
	jnz	1b
	cmp	$0x4000000 - 0x60400, usable	/* 64 MiB without the last KiB and the 384 KiB above */
	jne	2f
	cmp	$8, %bp
2:	check	"E820", e

	mov	$0xe801, %ax
	int	$0x15
	jc	1f
	cmp	$0x3c00, %ax
	jne	1f
	cmp	%ax, %cx
	jne	1f
	cmp	%bx, %dx
	jne	1f
	cmp	$768, %bx		/* 48 MiB */
1:	check	"E801", e

	mov	$0x8800, %ax
	int	$0x15
	cmp	$0xfc00, %ax
	check	"88", e

	mov	$0x2403, %ax
	int	$0x15
	jc	1f
	cmp	$3, %bx
	jne	1f
	mov	$0x2401, %ax
	int	$0x15
	jc	1f
	test	%ah, %ah
1:	check	"24", z

	/* 64 bytes to 2 MiB, and from there to A000H. */
	movw	$0x7c00, table + 0x12
	movb	$0x20, table + 0x1c
	call	move
	jc	1f
	movw	$0, table + 0x12
	movb	$0x20, table + 0x14
	movw	$0xa000, table + 0x1a
	movb	$0, table + 0x1c
	call	move
	jc	1f
	mov	$0x7c00, %si
	mov	$0xa000, %di
	mov	$32, %cx
	repe	cmpsw
1:	check	"87", e

	rdtsc
	mov	%eax, %edi
	mov	$0x8600, %ax
	xor	%cx, %cx
	mov	$10000, %dx		/* 10 ms */
	int	$0x15
	rdtsc
	sub	%edi, %eax
	cmp	$150000, %eax		/* at 20 MHz; no clock of a PC's is slower */
	check	"86", ae

	mov	$0x0000, %ax
	int	$0x1a
	mov	%dx, %di
	hlt				/* the timer's interrupt ends it, and counts on */
	hlt
	mov	$0x0000, %ax
	int	$0x1a
	cmp	%di, %dx
	check	"1A", ne
	test	%al, %al
	check	"HLT", z

	mov	$0x0400, %ax
	int	$0x1a
	jc	1f
	cmp	$0x20, %ch		/* the century */
1:	check	"RTC", e

	mov	$0x0100, %ax
	int	$0x16
	check	"16", z

	mov	$0x0300, %ax
	xor	%dx, %dx
	int	$0x14
	and	$0x60, %ah
	cmp	$0x60, %ah
	check	"14", e

	mov	$0x0301, %ax		/* writing is refused */
	mov	$0x0002, %cx
	xor	%dh, %dh
	mov	drive, %dl
	mov	$0x9000, %bx
	int	$0x13
	jnc	1f
	cmp	$3, %ah
1:	check	"write", e

	/* The last sector of the disk is not in the image: zeros. */
	mov	$0x0201, %ax
	mov	$0x4f12, %cx
	mov	$1, %dh
	mov	drive, %dl
	mov	$0x9000, %bx
	int	$0x13
	jc	1f
	xor	%ax, %ax
	mov	$0x9000, %di
	mov	$256, %cx
	repe	scasw
	jne	1f
	mov	$0x0202, %ax		/* and there is none behind it */
	mov	$0x4f12, %cx
	mov	$1, %dh
	mov	drive, %dl
	int	$0x13
	jnc	1f
	cmp	$4, %ah
1:	check	"end", e

	mov	$0x4100, %ax		/* a floppy disk has no extensions */
	mov	$0x55aa, %bx
	mov	drive, %dl
	int	$0x13
	jnc	1f
	cmp	$1, %ah
1:	check	"41", e

	mov	$0x1301, %ax
	mov	$string, %bp
	mov	$8, %cx
	mov	$7, %bx
	xor	%dx, %dx
	int	$0x10
	int	$0x19

move:	mov	$0x8700, %ax
	mov	$32, %cx
	mov	$table, %si
	int	$0x15
	ret

usable:	.long	0
second:	.asciz	"second sector\r\n"
string:	.ascii	"string\r\n"
table:	.fill	0x10
	.word	0xffff, 0, 0x9300, 0	/* source and target */
	.word	0xffff, 0, 0x9300, 0
	.fill	0x10
	.section .note.GNU-stack, "", @progbits
