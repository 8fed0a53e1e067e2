/* SPDX-License-Identifier: MIT */
/*
 * The last words of an image that cannot run here: 32-bit, before any C.
 * On COM1 at 115200 and on VGA text, because nothing is known yet about
 * either; where one is absent, writing to it does no harm.
 */
#include <linux/serial_reg.h>

#define COM1	   0x3f8
#define LINE_WAIT  1000000 /* polls before giving up on a stuck port */
#define VGA_TEXT   0xb8000
#define VGA_LINE   160
#define VGA_BRIGHT 0x0f

	.section .boot.text, "ax", @progbits
	.code32
	/*
	 * EBX = zero-terminated text of one line, at most 80 characters to be
	 * seen whole on VGA. Clobbers EAX, ECX, EDX. Keeps EBP, ESI, EDI.
	 */
	.globl boot_say
boot_say:
	pushl	%edi
	pushl	%ebx
	call	serial_set_up

	movl	say_line, %edi
	addl	$VGA_LINE, say_line
	addl	$VGA_TEXT, %edi
1:	movzbl	(%ebx), %eax
	testb	%al, %al
	jz	2f
	movb	$VGA_BRIGHT, %ah
	movw	%ax, (%edi)
	addl	$2, %edi
	call	serial_put
	incl	%ebx
	jmp	1b
2:	movb	$'\r', %al
	call	serial_put
	movb	$'\n', %al
	call	serial_put
	popl	%ebx
	popl	%edi
	ret

	/* After the loader's own output has left. */
serial_set_up:
	movb	$UART_LSR_TEMT, %ah
	call	serial_wait
	movw	$(COM1 + UART_LCR), %dx
	movb	$(UART_LCR_DLAB | UART_LCR_WLEN8), %al
	outb	%al, %dx
	movw	$(COM1 + UART_DLL), %dx
	movb	$1, %al
	outb	%al, %dx
	movw	$(COM1 + UART_DLM), %dx
	movb	$0, %al
	outb	%al, %dx
	movw	$(COM1 + UART_LCR), %dx
	movb	$UART_LCR_WLEN8, %al
	outb	%al, %dx
	ret

	/* AL = character */
serial_put:
	pushl	%eax
	movb	$UART_LSR_THRE, %ah
	call	serial_wait
	popl	%eax
	movw	$(COM1 + UART_TX), %dx
	outb	%al, %dx
	ret

	/* Until one of the bits in AH is set in the line status. */
serial_wait:
	movl	$LINE_WAIT, %ecx
	movw	$(COM1 + UART_LSR), %dx
3:	inb	%dx, %al
	testb	%ah, %al
	jnz	4f
	loop	3b
4:	ret

	.section .boot.bss, "aw", @nobits
	.balign 4
say_line:
	.skip	4

	.section .note.GNU-stack, "", @progbits
