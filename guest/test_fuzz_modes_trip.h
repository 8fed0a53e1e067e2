/* SPDX-License-Identifier: MIT */
/*
 * The way into any mode, and the way back from wherever an exception comes:
 * trip_run() starts what `trip` says; the first exception or interrupt of
 * each vector below 40H notes itself in `trip_end`, restores 64-bit mode with
 * its tables, and returns. Everything lies below 64 KiB, where base 0 reaches
 * it in every mode. Vector 31H returns (IRET), in every mode.
 */
#pragma once

#include "guest/guest.h"

/* Selectors of trip_gdt. */
#define CODE32	   0x08
#define DATA32	   0x10
#define CODE64	   0x18
#define CODE16	   0x20
#define DATA16	   0x28
#define TSS_A	   0x30 /* 32-bit: what legacy modes begin with */
#define TSS_DF	   0x38
#define TSS_64	   0x40 /* and 48H */
#define FIRST_WILD 0x50

#define VECTORS	    0x40
#define VECTOR_IRET 0x31

enum trip_kind { TRIP_LONG, TRIP_INNER, TRIP_OUTER, TRIP_REAL };

/* Offsets are used below. INNER is ring 0, OUTER ring 3 or virtual-8086. */
struct trip {
	u32 kind, cr0, cr3, cr4, eip, cs, eflags, esp, ss, ds;
};
struct trip_end {
	u32 valid, vector, error, eip, cs, eflags, esp, ss, dr6;
};

extern struct trip trip;
extern struct trip_end trip_end;
extern u64 trip_gdt[], trip_idt64[], trip_idt32[], trip_stack_top;
extern u8 trip_gdtr[];
extern u8 trip_stubs64[], trip_stubs32[], trip_stubs16[], trip_double_fault[];
extern u8 trip_iret64[], trip_iret32[], trip_iret16[];
extern u8 trip_idtr32[], trip_idtr64[], trip_idtr16[];
void trip_run(void);

asm(".section .data\n"
    ".globl trip_gdtr\ntrip_gdtr: .word 0xff; .quad trip_gdt\n"
    ".globl trip_idtr64, trip_idtr32, trip_idtr16\n"
    "trip_idtr64: .word 0x3ff; .quad trip_idt64\n"
    "trip_idtr32: .word 0x1ff; .quad trip_idt32\n"
    "trip_idtr16: .word 0x3ff; .quad 0\n"
    "trip_rsp: .quad 0\n"
    ".text\n"
    ".globl trip_run\n"
    "trip_run:\n\t"
    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
    "mov %rsp, trip_rsp\n\t"
    "cmpl $0, trip\n\tjne 1f\n\t"
    "mov trip+36, %eax\n\tmov %eax, %ds\n\tmov %eax, %es\n\tmov %eax, %fs\n\tmov %eax, %gs\n\t"
    "mov trip+32, %eax\n\tpush %rax\n\tmov trip+28, %eax\n\tpush %rax\n\t"
    "mov trip+24, %eax\n\tpush %rax\n\tmov trip+20, %eax\n\tpush %rax\n\t"
    "mov trip+16, %eax\n\tpush %rax\n\tiretq\n"
    "1:\tpushq $8\n\tpushq $trip_leave_long\n\tlretq\n\t"
    ".code32\n"
    "trip_leave_long:\n\t"
    "mov $0x11, %eax\n\tmov %eax, %cr0\n\t"
    "mov $0xc0000080, %ecx\n\txor %eax, %eax\n\txor %edx, %edx\n\twrmsr\n\t"
    "mov trip+12, %eax\n\tmov %eax, %cr4\n\tmov trip+8, %eax\n\tmov %eax, %cr3\n\t"
    "lidtl trip_idtr32\n\tmov $0x30, %eax\n\tltr %ax\n\t"
    "cmpl $3, trip\n\tje trip_to_real\n\t"
    "mov trip+4, %eax\n\tmov %eax, %cr0\n\t"
    "mov trip+36, %eax\n\tcmpl $2, trip\n\tje 2f\n\t"
    "mov trip+32, %ebx\n\tmov %ebx, %ss\n\tmov trip+28, %esp\n\t"
    "pushl trip+24\n\tpushl trip+20\n\tpushl trip+16\n\t"
    "mov %eax, %es\n\tmov %eax, %ds\n\tiretl\n"
    "2:\tmov trip_stack_top, %esp\n\t"
    "push %eax\n\tpush %eax\n\tpush %eax\n\tpush %eax\n\t"
    "pushl trip+32\n\tpushl trip+28\n\tpushl trip+24\n\tpushl trip+20\n\tpushl trip+16\n\t"
    "testl $0x20000, trip+24\n\tjnz 3f\n\t"
    "mov %eax, %es\n\tmov %eax, %ds\n"
    "3:\tiretl\n"
    "trip_to_real:\n\t"
    "ljmp $0x20, $4f\n\t.code16\n"
    "4:\tmov $0x28, %ax\n\tmov %ax, %ds\n\tmov %ax, %es\n\tmov %ax, %ss\n\t"
    "mov $0x10, %eax\n\tmov %eax, %cr0\n\tljmp $0, $5f\n"
    "5:\txor %ax, %ax\n\tmov %ax, %ds\n\tmov %ax, %es\n\tmov %ax, %ss\n\t"
    "lidtl trip_idtr16\n\tmov trip+28, %sp\n\t"
    "pushw trip+24\n\tpushw trip+20\n\tpushw trip+16\n\tiretw\n\t"
    ".code64");

/* The stubs: 16 bytes each; the processor pushes an error code for some vectors, not in real mode.
 */
#define TRIP_STUBS(name, common)                                                                   \
	".balign 16\n.globl " name "\n" name ":\n"                                                 \
	".set vector, 0\n.rept 64\n.balign 16\n"                                                   \
	".if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)\n"   \
	"push $0\n.endif\npush $vector\njmp " common "\n.set vector, vector + 1\n.endr\n"

asm(".text\n" TRIP_STUBS(
	"trip_stubs64",
	"trip_common64") "trip_common64:\n\t"
			 "cmpl $0, trip_end\n\tjne trip_restore64\n\t"
			 "mov %dr6, %rax\n\tmov %eax, trip_end+32\n\t"
			 "pop %rax\n\tmov %eax, trip_end+4\n\tpop %rax\n\tmov %eax, trip_end+8\n\t"
			 "pop %rax\n\tmov %eax, trip_end+12\n\tpop %rax\n\tmov %eax, "
			 "trip_end+16\n\t"
			 "pop %rax\n\tmov %eax, trip_end+20\n\tpop %rax\n\tmov %eax, "
			 "trip_end+24\n\t"
			 "pop %rax\n\tmov %eax, trip_end+28\n\tmovl $64, trip_end\n"
			 "trip_restore64:\n\t"
			 "mov $0x400, %eax\n\tmov %rax, %dr7\n\t"
			 "mov $0x20, %eax\n\tmov %rax, %cr4\n\tmov $0x1000, %eax\n\tmov %rax, "
			 "%cr3\n\t"
			 "mov $0x80000011, %eax\n\tmov %rax, %cr0\n\t"
			 "mov $0xc0000080, %ecx\n\tmov $0x500, %eax\n\txor %edx, %edx\n\twrmsr\n\t"
			 "lgdt trip_gdtr\n\tlidt trip_idtr64\n\t"
			 "mov $0x10, %eax\n\tmov %eax, %ds\n\tmov %eax, %es\n\tmov %eax, %ss\n\t"
			 "xor %eax, %eax\n\tmov %eax, %fs\n\tmov %eax, %gs\n\tlldt %ax\n\t"
			 "andb $0xfd, trip_gdt+0x45\n\tandb $0xfd, trip_gdt+0x35\n\tmov $0x40, "
			 "%eax\n\tltr %ax\n\t"
			 "mov trip_rsp, %rsp\n\tpushq $2\n\tpopfq\n\tpushq $0x18\n\tpushq "
			 "$1f\n\tlretq\n"
			 "1:\tpop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop "
			 "%rbx\n\tret\n"
			 ".globl trip_iret64, trip_iret32, trip_iret16\n"
			 "trip_iret64: iretq\n");

asm(".text\n.code32\n" TRIP_STUBS(
	"trip_stubs32",
	"trip_common32") "trip_common32:\n\t"
			 "mov $0x10, %eax\n\tmov %eax, %ds\n\t"
			 "mov %ss, %eax\n\tlar %eax, %eax\n\ttest $0x400000, %eax\n\tjnz "
			 "1f\n\tmovzwl %sp, %esp\n"
			 "1:\tcmpl $0, trip_end\n\tjne trip_restore32\n\t"
			 "mov %dr6, %eax\n\tmov %eax, trip_end+32\n\tmov %esp, %ebx\n\t"
			 "mov (%ebx), %eax\n\tmov %eax, trip_end+4\n\tmov 4(%ebx), %eax\n\tmov "
			 "%eax, trip_end+8\n\t"
			 "mov 8(%ebx), %eax\n\tmov %eax, trip_end+12\n\tmov 12(%ebx), %eax\n\tmov "
			 "%eax, trip_end+16\n\t"
			 "mov %eax, %ecx\n\tmov 16(%ebx), %eax\n\tmov %eax, trip_end+20\n\t"
			 "and $3, %ecx\n\ttest $0x20000, %eax\n\tjnz 2f\n\ttest %ecx, %ecx\n\tjnz "
			 "2f\n\t"
			 "lea 20(%ebx), %eax\n\tmov %ss, %ecx\n\tjmp 3f\n"
			 "2:\tmov 20(%ebx), %eax\n\tmov 24(%ebx), %ecx\n"
			 "3:\tmov %eax, trip_end+24\n\tmov %ecx, trip_end+28\n\tmovl $32, "
			 "trip_end\n"
			 "trip_restore32:\n\t"
			 "mov $0x400, %eax\n\tmov %eax, %dr7\n\tmov $0x11, %eax\n\tmov %eax, "
			 "%cr0\n\t"
			 "lgdtl trip_gdtr\n\tmov $0x20, %eax\n\tmov %eax, %cr4\n\tmov $0x1000, "
			 "%eax\n\tmov %eax, %cr3\n\t"
			 "andb $0xfd, trip_gdt+0x35\n\tmov $0x30, %eax\n\tltr %ax\n\t"
			 "mov $0xc0000080, %ecx\n\tmov $0x100, %eax\n\txor %edx, %edx\n\twrmsr\n\t"
			 "mov $0x80000011, %eax\n\tmov %eax, %cr0\n\tljmp $0x18, $trip_restore64\n"
			 ".globl trip_double_fault\n"
			 "trip_double_fault:\n\t"
			 "cmpl $0, trip_end\n\tjne trip_restore32\n\t"
			 "movl $8, trip_end+4\n\tmovl $99, trip_end\n\tjmp trip_restore32\n"
			 "trip_iret32: iretl\n"
			 ".code16\n"
			 ".globl trip_stubs16\n.balign 16\ntrip_stubs16:\n"
			 ".set vector, 0\n.rept 64\n.balign 16\npushw $vector\njmp trip_common16\n"
			 ".set vector, vector + 1\n.endr\n"
			 /* by CS: other segments may have kept a limit of 0 */ "trip_common16:\n\t"
			 "movl $0, %cs:trip_end+8\n\tpopw %ax\n\tmovzx %ax, %eax\n\tmov %eax, "
			 "%cs:trip_end+4\n\t"
			 "popw %ax\n\tmov %eax, %cs:trip_end+12\n\tpopw %ax\n\tmov %eax, "
			 "%cs:trip_end+16\n\t"
			 "popw %ax\n\tmov %eax, %cs:trip_end+20\n\tmovzx %sp, %eax\n\tmov %eax, "
			 "%cs:trip_end+24\n\t"
			 "mov %ss, %ax\n\tmov %eax, %cs:trip_end+28\n\tmov %dr6, %eax\n\tmov %eax, "
			 "%cs:trip_end+32\n\t"
			 "movl $16, %cs:trip_end\n\t"
			 "lgdtl %cs:trip_gdtr\n\tmov $0x11, %eax\n\tmov %eax, %cr0\n\tljmpl $8, "
			 "$6f\n\t.code32\n"
			 "6:\tmov $0x10, %eax\n\tmov %eax, %ds\n\tmov %eax, %ss\n\tlidtl "
			 "trip_idtr32\n\t"
			 "jmp trip_restore32\n"
			 ".code16\ntrip_iret16: iretw\n"
			 ".code64\n.text");
