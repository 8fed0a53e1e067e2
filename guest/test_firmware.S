/* SPDX-License-Identifier: MIT */
/*
 * A firmware of 64K: entered at the reset vector, in a ROM below 4 GiB that
 * is not changed by writes, and that is seen below 1 MiB as well, until the
 * chipset shows RAM there. It talks by the ports that firmware has for that.
 * Nobody has been here before it: no vectors, no ACPI tables, no PM ports.
 *
 * EXPECT loader: vm0: module 1 is a firmware: rom=0xffff0000-0xffffffff entry=0xfffffff0
 * EXPECT ^port e9
 * EXPECT ^in the ROM
 * EXPECT ^below 1 MiB
 * EXPECT ^no vectors, no tables
 * EXPECT ^the ROM is read-only
 * EXPECT ^and for instructions of which another part is emulated
 * EXPECT ^below 1 MiB, too
 * EXPECT ^there is RAM behind it
 * EXPECT ^a descriptor in the ROM
 * EXPECT ^its page keeps what is written, by INS and MOVS too
 * EXPECT ^the PM ports are where it wants them
 * EXPECT vm0: power-off: ACPI S5
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
	.set	ROM, 0xffff0000
	.set	LOW, 0xf0000
	.set	NOTHING, 0xb8000
	.set	CODE32, 0x08
	.set	DATA32, 0x10
	.set	TASK, 0x18
	.set	PM_CONTROL, 0x4004

	/* Text in this segment, to port 402H. */
	.macro	SAY text
	mov	$(\text - guest_start), %si
	call	say
	.endm

	.section .start, "ax"
	.code16
	.globl	guest_start
guest_start:
	mov	%cs, %ax
	cmp	$0xf000, %ax
	jne	fail
	mov	$0x402, %dx
	in	%dx, %al
	cmp	$0xe9, %al
	jne	fail
	SAY	port
	SAY	in_rom
	ljmp	$0xf000, $(below - guest_start)

below:	SAY	below_1m
	xor	%ax, %ax
	mov	%ax, %ds
	mov	$0x140, %cx		/* vectors, BIOS data */
	xor	%bx, %bx
1:	cmpl	$0, (%bx)
	jne	fail
	add	$4, %bx
	loop	1b
	mov	$0xe000, %ax
	mov	%ax, %ds
	xor	%bx, %bx
1:	cmpl	$-1, (%bx)		/* no ROM, and RAM is hidden */
	jne	fail
	add	$0x100, %bx
	jnz	1b
	mov	$0x604, %dx		/* where a guest that is loaded finds them */
	in	%dx, %ax
	inc	%ax
	jnz	fail
	SAY	nothing
	lgdtl	%cs:(gdt_register - guest_start)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CODE32, $(ROM + flat - guest_start)

say:	mov	$0x402, %dx
1:	mov	%cs:(%si), %al
	inc	%si
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
2:	ret

fail:	SAY	failed
	out	%al, $0xf4

	.code32
	.macro	SAY32 text
	mov	$(ROM + \text - guest_start), %esi
	call	say32
	.endm

	/* Write a register of PCI's configuration space. */
	.macro	CONFIGURE address, value
	mov	$\address, %eax
	mov	$0xcf8, %dx
	out	%eax, %dx
	mov	$\value, %eax
	mov	$0xcfc, %dx
	out	%eax, %dx
	.endm

flat:	mov	$DATA32, %eax		/* not accessed yet: the processor marks it, in the ROM */
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x7000, %esp
	mov	$(ROM + value - guest_start), %ebx
	movl	$0x11111111, (%ebx)
	incl	(%ebx)
	mov	$(ROM + read_only - guest_start), %esi
	cmpl	$0x12345678, (%ebx)
	call	tell
	mov	%ebx, %edi
	mov	$0xe0, %dx		/* nobody there: all ones */
	insl
	mov	%ebx, %edi
	mov	$NOTHING, %esi
	movsl
	lea	4(%ebx), %esp		/* a stack in the ROM */
	pushl	NOTHING
	mov	$0x7000, %esp
	mov	$(ROM + emulated - guest_start), %esi
	cmpl	$0x12345678, (%ebx)
	call	tell
	mov	$(LOW + value - guest_start), %ebx
	incl	(%ebx)
	mov	$(ROM + low_too - guest_start), %esi
	cmpl	$0x12345678, (%ebx)
	call	tell
	CONFIGURE 0x80000058, 0x3000	/* PAM0 */
	incl	(%ebx)
	mov	$(ROM + writable - guest_start), %esi
	cmpl	$1, (%ebx)
	call	tell
	mov	$TASK, %eax		/* is marked busy */
	ltr	%ax
	SAY32	descriptor
	mov	$(ROM + open - guest_start), %edi /* four double words behind the descriptors */
	movl	$0x11111111, (%edi)
	add	$4, %edi
	mov	$0xe0, %dx
	insl
	mov	$NOTHING, %esi
	movsl
	lea	4(%edi), %esp
	pushl	NOTHING
	mov	$0x7000, %esp
	mov	$(ROM + kept - guest_start), %esi
	mov	$-1, %eax
	and	-8(%edi), %eax
	and	-4(%edi), %eax
	and	(%edi), %eax
	cmpl	$0x11111111, -12(%edi)
	jne	1f
	cmp	$-1, %eax
1:	call	tell
	CONFIGURE 0x80000b40, (PM_CONTROL - 4)
	CONFIGURE 0x80000b80, 1
	mov	$PM_CONTROL, %dx
	in	%dx, %ax
	mov	$(ROM + ports - guest_start), %esi
	cmp	$1, %ax
	call	tell
	mov	$PM_CONTROL, %dx
	mov	$0x2000, %ax
	out	%ax, %dx

tell:	je	say32
	mov	$(ROM + failed - guest_start), %esi
say32:	mov	$0x402, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
2:	ret

port:	.asciz	"port e9\n"
in_rom:	.asciz	"in the ROM\n"
below_1m: .asciz "below 1 MiB\n"
nothing: .asciz	"no vectors, no tables\n"
read_only: .asciz "the ROM is read-only\n"
emulated: .asciz "and for instructions of which another part is emulated\n"
low_too: .asciz	"below 1 MiB, too\n"
writable: .asciz "there is RAM behind it\n"
descriptor: .asciz "a descriptor in the ROM\n"
kept:	.asciz	"its page keeps what is written, by INS and MOVS too\n"
ports:	.asciz	"the PM ports are where it wants them\n"
failed:	.asciz	"FAIL\n"

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf92000000ffff
	.quad	0x0000890080000067	/* a TSS at 8000H */
open:	.fill	4, 4, 0
gdt_register:
	.word	open - gdt - 1
	.long	ROM + gdt - guest_start

	.balign	0x1000			/* a page without descriptors */
value:	.long	0x12345678

	.org	0xfff0
	.code16
	jmp	guest_start
	.org	0x10000
	.section .note.GNU-stack, "", @progbits
