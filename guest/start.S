/* SPDX-License-Identifier: MIT */
/*
 * The start of every bundled guest: 16-bit real mode at 0000:7C00, through
 * protected mode, to 64-bit C. A word on COM1 from each mode. Memory:
 *
 *	01000-03fff	page tables: the first GiB by 2M pages, identity
 *	07c00-		this blob
 *	90000		stack, growing down
 */
#define PML4	0x1000
#define PDPT	0x2000
#define PD	0x3000
#define STACK	0x90000
#define COM1	0x3f8

#define PAGE_PRESENT_WRITABLE	0x03
#define PAGE_LARGE		0x83

#define CR0_PE		0x1
#define CR0_PG		0x80000000
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

	.section .start, "ax"
	.code16
	.globl	guest_start
guest_start:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp
	ljmp	$0, $1f
1:
#ifdef GREET
	mov	$real_text, %si
	call	print16
#endif
	lgdtl	gdt_register
	mov	%cr0, %eax
	or	$CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$8, $protected

#ifdef GREET
print16:
	mov	$COM1, %dx
	cld
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
2:	ret
#endif

	.code32
protected:
	mov	$16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$STACK, %esp
#ifdef GREET
	mov	$protected_text, %esi
	mov	$COM1, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
2:
#endif
	/* Three pages of tables, cleared. */
	mov	$PML4, %edi
	xor	%eax, %eax
	mov	$(3 * 4096 / 4), %ecx
	rep stosl
	movl	$(PDPT + PAGE_PRESENT_WRITABLE), PML4
	movl	$(PD + PAGE_PRESENT_WRITABLE), PDPT
	mov	$PD, %edi
	mov	$PAGE_LARGE, %eax
	mov	$512, %ecx
3:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	3b

	mov	$PML4, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ljmp	$24, $long_mode

	.code64
long_mode:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$STACK, %esp
	lea	bss_start(%rip), %rdi
	lea	bss_end(%rip), %rcx
	sub	%rdi, %rcx
	rep stosb
	call	guest_main
	/* A guest that returns is done: power off with the status it returned. */
	mov	%eax, %edi
	call	power_off
1:	hlt
	jmp	1b

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 08: 32-bit code */
	.quad	0x00cf93000000ffff	/* 10: data */
	.quad	0x00af9b000000ffff	/* 18: 64-bit code */
	.globl	guest_gdt_free
guest_gdt_free:				/* 20: for guests that want more: a TSS, user segments */
	.fill	6, 8, 0
gdt_end:
	.globl	gdt_register
gdt_register:
	.word	gdt_end - gdt - 1
	.quad	gdt
#ifdef GREET
real_text:
	.asciz	"guest: hello from real mode\r\n"
protected_text:
	.asciz	"guest: hello from protected mode\r\n"
#endif

	.section .note.GNU-stack, "", @progbits
