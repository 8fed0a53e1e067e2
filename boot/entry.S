/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's 32-bit protected mode to C in long mode.
 *
 * Entered by GRUB: EAX = magic, EBX = the information block, flat segments,
 * paging and interrupts off, no usable stack, GDT or IDT; CR0's other bits
 * are whatever they are. Multiboot2 Specification "I386 machine state".
 *
 * The 32-bit half and what it touches is linked at its physical address
 * (.boot, .boot.bss); the 64-bit half at its final one, where boot_unpack()
 * has put it, in long mode, when the image is packed. EDI and ESI hold magic
 * and block from the first lines on, because kernel_main() wants them.
 */
#define LOADER_MAGIC 0x36d76289

#define CR0_AT_START 0x80010033 /* PG WP NE ET MP PE: so caches on, no emulation */
#define CR4_AT_START 0x00000020 /* PAE */
#define EFLAGS_ID    (1 << 21)
#define MSR_EFER     0xc0000080
#define EFER_LME_NXE ((1 << 8) | (1 << 11))

#define CPUID_EXTENDED	0x80000001
#define CPUID_LONG_MODE (1 << 29) /* in EDX of that leaf */
#define CPUID_NX	(1 << 20)

#define PAGE_SIZE     4096
#define PAGE_TABLE    0x003 /* present, writable */
#define PAGE_2M	      0x083 /* and a leaf */
#define PAGE_COUNT_2M 2048  /* 4 GiB */

/* Slots of mm/layout.h's DIRECT_BASE and KERNEL_BASE in the tables. */
#define PML4_IDENTITY 0
#define PML4_DIRECT   256
#define PML4_KERNEL   511
#define PDPT_KERNEL   510

#define CODE_SELECTOR	0x08
#define DATA_SELECTOR	0x10
#define CODE32_SELECTOR 0x18

#define EARLY_STACK_SIZE 1024

	.section .boot.text, "ax", @progbits
	/* A struct boot_packed, for scripts/pack.py: it must end at the entry point. */
	.balign	8
boot_packed:
	.quad	0, 0, 0, 0, 0

	.code32
	.globl boot_entry
boot_entry:
	cli
	cld
	movl	%eax, %edi
	movl	%ebx, %esi
	movl	$early_stack_top, %esp

	cmpl	$LOADER_MAGIC, %edi
	jne	refuse_loader

	/* A CPU has CPUID when EFLAGS.ID can be changed. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$EFLAGS_ID, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	xorl	%ecx, %eax
	testl	$EFLAGS_ID, %eax
	jz	refuse_old_cpu

	movl	$(CPUID_EXTENDED - 1), %eax
	cpuid
	xorl	%edx, %edx
	cmpl	$CPUID_EXTENDED, %eax
	jb	1f
	movl	$CPUID_EXTENDED, %eax
	cpuid
1:	movl	%edx, %ebp

	testl	$CPUID_LONG_MODE, %ebp
	jnz	2f
	movl	$no_long_mode, %ebx
	call	boot_say
2:	testl	$CPUID_NX, %ebp
	jnz	3f
	movl	$no_nx, %ebx
	call	boot_say
3:	andl	$(CPUID_LONG_MODE | CPUID_NX), %ebp
	cmpl	$(CPUID_LONG_MODE | CPUID_NX), %ebp
	jne	refuse_cpu

	/* Only now is it sure that there is a TSC. EBP:EBX until there is C. */
	rdtsc
	movl	%eax, %ebx
	movl	%edx, %ebp

	/* 4 GiB in four page directories; one PDPT serves all three views. */
	movl	$boot_directories, %edx
	movl	$PAGE_2M, %eax
	xorl	%ecx, %ecx
4:	movl	%eax, (%edx, %ecx, 8)
	addl	$(1 << 21), %eax
	incl	%ecx
	cmpl	$PAGE_COUNT_2M, %ecx
	jne	4b

	movl	$(boot_directories + 0 * PAGE_SIZE + PAGE_TABLE), boot_pdpt + 0 * 8
	movl	$(boot_directories + 1 * PAGE_SIZE + PAGE_TABLE), boot_pdpt + 1 * 8
	movl	$(boot_directories + 2 * PAGE_SIZE + PAGE_TABLE), boot_pdpt + 2 * 8
	movl	$(boot_directories + 3 * PAGE_SIZE + PAGE_TABLE), boot_pdpt + 3 * 8
	movl	$(boot_directories + PAGE_TABLE), boot_pdpt + PDPT_KERNEL * 8
	movl	$(boot_pdpt + PAGE_TABLE), boot_pml4 + PML4_IDENTITY * 8
	movl	$(boot_pdpt + PAGE_TABLE), boot_pml4 + PML4_DIRECT * 8
	movl	$(boot_pdpt + PAGE_TABLE), boot_pml4 + PML4_KERNEL * 8

	movl	$CR4_AT_START, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME_NXE, %eax
	wrmsr
	movl	$CR0_AT_START, %eax
	movl	%eax, %cr0
	lgdtl	low_gdt_pointer
	ljmpl	$CODE_SELECTOR, $1f

	.code64
1:	movl	$early_stack_top, %esp	/* upper halves are undefined so far */
	movl	%edi, %r12d
	movl	%esi, %r13d
	movl	$boot_packed, %edi
	call	boot_unpack
	movl	%r12d, %edi
	movl	%r13d, %esi
	testb	%al, %al
	jz	refuse_damage
	movabsq	$entry_high, %rax
	jmpq	*%rax

	/* boot_say() is 32-bit code: a far return to such a segment. */
refuse_damage:
	pushq	$CODE32_SELECTOR
	pushq	$1f
	lretq

	.code32
1:	movl	$damaged, %ebx
	call	boot_say
	movl	$outcome_damage, %ebx
	jmp	refuse
refuse_loader:
	movl	$not_multiboot2, %ebx
	call	boot_say
	movl	$outcome_loader, %ebx
	jmp	refuse
refuse_old_cpu:
	movl	$no_cpuid, %ebx
	call	boot_say
refuse_cpu:
	movl	$outcome_cpu, %ebx
refuse:
	call	boot_say
5:	cli
	hlt
	jmp	5b

	.section .boot.rodata, "a", @progbits
not_multiboot2:
	.asciz	"trivet: not started by a Multiboot2 loader; use GRUB's command multiboot2"
no_cpuid:
	.asciz	"trivet: this CPU has no CPUID instruction; use a 64-bit Intel CPU with VT-x"
no_long_mode:
	.asciz	"trivet: this CPU has no long mode (x86-64); use a 64-bit Intel CPU with VT-x"
no_nx:
	.asciz	"trivet: this CPU has no NX (execute disable); enable it in the firmware setup"
damaged:
	.asciz	"trivet: the image is damaged, its kernel does not unpack; copy it again"
outcome_loader:
	.asciz	"run: outcome=refused reason=\"not started by a Multiboot2 loader\""
outcome_cpu:
	.asciz	"run: outcome=refused reason=\"this CPU lacks what is named above\""
outcome_damage:
	.asciz	"run: outcome=refused reason=\"the image is damaged\""

	.balign 8
	.short	0
low_gdt_pointer:
	.short	boot_gdt_end - boot_gdt - 1
	.long	boot_gdt

	/* Until cpu_init_this(). Marked accessed: the CPU must not write to it. */
	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff /* CODE_SELECTOR: 64-bit, ring 0 */
	.quad	0x00cf93000000ffff /* DATA_SELECTOR */
	.quad	0x00cf9b000000ffff /* CODE32_SELECTOR */
boot_gdt_end:

	.section .rodata.boot, "a", @progbits
	.balign 8
	.short	0, 0, 0
high_gdt_pointer:
	.short	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt_high /* from the linker script */

	.section .text.boot, "ax", @progbits
	.code64
	/* Nothing below refers to low addresses: the identity map may go. */
entry_high:
	movq	$boot_stack_top, %rsp
	lgdtq	high_gdt_pointer
	movl	$DATA_SELECTOR, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs

	movl	%ebx, boot_entry_tsc
	movl	%ebp, boot_entry_tsc + 4
	xorl	%ebp, %ebp	/* where a backtrace ends */
	call	kernel_main
	ud2

	.section .bss.boot, "aw", @nobits
	.balign 8
	.globl boot_entry_tsc
boot_entry_tsc:
	.skip	8

	/* Identity-linked: CR3 and the entries above need physical addresses. */
	.section .boot.bss, "aw", @nobits
	.balign PAGE_SIZE
	.globl boot_pml4
boot_pml4:
	.skip	PAGE_SIZE
boot_pdpt:
	.skip	PAGE_SIZE
boot_directories:
	.skip	4 * PAGE_SIZE
	.skip	EARLY_STACK_SIZE
early_stack_top:

	.section .note.GNU-stack, "", @progbits
