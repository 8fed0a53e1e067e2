/* SPDX-License-Identifier: MIT */
/*
 * A boot sector, as people write their first one: text by INT 10H, questions
 * to the BIOS, and a reboot the old way.
 *
 * EXPECT loader: vm0: module 1 is a boot sector: bytes=512 load=0x7c00 entry=0x7c00
 * EXPECT hello from the boot sector
 * EXPECT 639 KiB
 * EXPECT a memory map
 * EXPECT disk 80
 * EXPECT vm0: reset: reset control register
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
	.section .start, "ax"
	.code16
	.globl	guest_start
guest_start:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	push	%dx
	mov	$hello, %si
	call	say
	int	$0x12
	mov	$kib, %si
	cmp	$639, %ax
	je	1f
	mov	$wrong, %si
1:	call	say
	mov	$0xe820, %eax
	mov	$0x534d4150, %edx
	mov	$20, %ecx
	xor	%ebx, %ebx
	mov	%bx, %es
	mov	$0x600, %di
	int	$0x15
	mov	$wrong, %si
	jc	1f
	cmp	$0x534d4150, %eax
	jne	1f
	mov	$map, %si
1:	call	say
	int	$0x20			/* nobody's: comes back */
	pop	%dx
	mov	$disk, %si
	cmp	$0x80, %dl
	je	1f
	mov	$wrong, %si
1:	call	say
	ljmp	$0xffff, $0

say:	cld
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$0xe, %ah
	mov	$7, %bx
	int	$0x10
	jmp	1b
2:	ret

hello:	.asciz	"hello from the boot sector\r\n"
kib:	.asciz	"639 KiB\r\n"
map:	.asciz	"a memory map\r\n"
disk:	.asciz	"disk 80\r\n"
wrong:	.asciz	"FAIL\r\n"

	.org	510
	.byte	0x55, 0xaa
	.section .note.GNU-stack, "", @progbits
