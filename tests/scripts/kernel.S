/* SPDX-License-Identifier: MIT */
/*
 * A Multiboot2 kernel that ends in every way that Trivet can, to test the
 * bench without Trivet. The first letter of its command line, not counting
 * the word runner=bochs or runner=qemu in front, says how; that word says to
 * whom.
 */
	.set	COM1, 0x3f8
	.set	LSR, COM1 + 5
	.set	MAGIC, 0xe85250d6
	.set	LENGTH, header_end - header

	.text
	.code32
	.align	8
header:
	.long	MAGIC, 0, LENGTH, -(MAGIC + LENGTH)
	.short	0, 0
	.long	8
header_end:

	.globl	_start, kernel_main
_start:
	mov	$stack, %esp
	call	find_command_line
	call	serial_init
	mov	$banner, %esi
	call	puts
	mov	command_line, %esi
	call	puts
	mov	$newline, %esi
	call	puts
kernel_main:
	mov	command_line, %esi
	cmpl	$0x6e6e7572, (%esi)	/* "runn" */
	jne	3f
4:	lodsb
	test	%al, %al
	jz	hang
	cmp	$' ', %al
	jne	4b
3:	mov	$endings, %edi
1:	mov	(%edi), %al
	test	%al, %al
	jz	hang
	cmp	(%esi), %al
	je	2f
	add	$8, %edi
	jmp	1b
2:	jmp	*4(%edi)

	.align	4
endings:
	.long	'c', clean, 'g', guest_fault, 'b', bad_config, 'p', panic
	.long	'r', refused, 's', soft_off, 't', triple_fault, 'e', echo
	.long	'h', hang, 'd', die_in_words, 0

hang:	jmp	hang

triple_fault:
	lidt	no_table
	int3
no_table:
	.short	0
	.long	0

/* Says refused, as Trivet does before it knows its options, and stays. */
die_in_words:
	mov	$said_refused, %esi
	call	puts
	jmp	hang

/* ACPI S5 without a status: PIIX4's port, then ICH9's. */
soft_off:
	mov	$said_clean, %esi
	call	puts
	mov	$0x2000, %ax
	mov	$0xb004, %dx
	out	%ax, %dx
	mov	$0x604, %dx
	out	%ax, %dx
	jmp	hang

/* Gives each key back in <>; q is the end. */
echo:
	mov	$said_ready, %esi
	call	puts
1:	mov	$LSR, %dx
	in	%dx, %al
	test	$1, %al
	jz	1b
	mov	$COM1, %dx
	in	%dx, %al
	cmp	$'q', %al
	je	clean
	mov	%al, %bl
	mov	$'<', %al
	call	putc
	mov	%bl, %al
	call	putc
	mov	$'>', %al
	call	putc
	jmp	1b

clean:
	mov	$0, %ebx
	mov	$said_clean, %esi
	jmp	end
guest_fault:
	mov	$1, %ebx
	mov	$said_guest_fault, %esi
	jmp	end
bad_config:
	mov	$2, %ebx
	mov	$said_bad_config, %esi
	jmp	end
panic:
	mov	$3, %ebx
	mov	$said_panic, %esi
	jmp	end
refused:
	mov	$4, %ebx
	mov	$said_refused, %esi

/* The status in EBX to the bench, by the port that it listens to. */
end:
	call	puts
	mov	$LSR, %dx
1:	in	%dx, %al
	test	$0x40, %al
	jz	1b
	mov	command_line, %esi
2:	mov	(%esi), %eax
	test	%al, %al
	jz	hang
	inc	%esi
	cmp	$0x6e6e7572, %eax	/* "runn" */
	jne	2b
	cmpb	$'b', 6(%esi)
	je	to_bochs
	lea	0x10(%ebx), %eax
	mov	$0x501, %dx
	out	%al, %dx
	jmp	hang
to_bochs:
	test	%ebx, %ebx
	jnz	1f
	mov	$'D', %al
	mov	$0x8900, %dx
	out	%al, %dx
	jmp	hang
1:	lea	0x5400(%ebx), %eax
	mov	$0x400, %dx
	out	%ax, %dx
	jmp	hang

/* EBX: what the loader left. The tag of type 1 is the command line. */
find_command_line:
	lea	8(%ebx), %esi
1:	cmpl	$1, (%esi)
	je	2f
	mov	4(%esi), %eax
	add	$7, %eax
	and	$~7, %eax
	add	%eax, %esi
	jmp	1b
2:	add	$8, %esi
	mov	%esi, command_line
	ret

	.macro	outb_to port, value
	mov	$\port, %dx
	mov	$\value, %al
	out	%al, %dx
	.endm
serial_init:
	outb_to	COM1 + 3, 0x83
	outb_to	COM1, 1
	outb_to	COM1 + 1, 0
	outb_to	COM1 + 3, 3
	outb_to	COM1 + 2, 7
	outb_to	COM1 + 4, 3
	ret

puts:	lodsb
	test	%al, %al
	jz	1f
	call	putc
	jmp	puts
1:	ret

putc:	push	%eax
	mov	$LSR, %dx
1:	in	%dx, %al
	test	$0x20, %al
	jz	1b
	pop	%eax
	mov	$COM1, %dx
	out	%al, %dx
	ret

	.data
banner:		.asciz	"Trivet's stand-in: "
said_ready:	.asciz	"ready\r\n"
said_clean:	.asciz	"\r\nrun: outcome=clean reason=\"the end\"\r\n"
said_guest_fault: .asciz "\r\nrun: outcome=guest-fault reason=\"the end\"\r\n"
said_bad_config: .asciz	"\r\nrun: outcome=bad-config reason=\"the end\"\r\n"
said_panic:	.asciz	"\r\nrun: outcome=panic reason=\"the end\"\r\n"
said_refused:	.asciz	"\r\nrun: outcome=refused reason=\"the end\"\r\n"
newline:	.asciz	"\r\n"
	.align	4
command_line:	.long	0

	.bss
	.skip	4096
stack:
	.section .note.GNU-stack, "", @progbits
