/* SPDX-License-Identifier: MIT */
/*
 * Ring 3, and the TSS that leads back from there. Uses the free descriptors
 * of start.S's GDT.
 */
#include "guest/guest.h"

#define USER_DATA    0x23
#define USER_CODE    0x2b
#define TSS_SELECTOR 0x30

#define DESCRIPTOR_USER_DATA 0x00cff3000000ffff
#define DESCRIPTOR_USER_CODE 0x00affb000000ffff
#define DESCRIPTOR_TSS	     0x0000890000000000

#define PAGE_USER 4

#define STACK_SIZE 4096

struct __attribute__((packed)) tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, io_bitmap;
};

extern u64 guest_gdt_free[]; /* start.S: 20H and up */

static struct tss tss;
static char user_stack[STACK_SIZE] __attribute__((aligned(16)));
static char ring0_stack[STACK_SIZE] __attribute__((aligned(16)));

void user_set_stack(unsigned ist, u64 top)
{
	tss.ist[ist - 1] = top;
}

void user_init(void)
{
	u64 base = (u64)&tss;

	tss.rsp[0] = (u64)(ring0_stack + STACK_SIZE);
	tss.io_bitmap = sizeof(tss); /* beyond the limit: no port is the user's */
	guest_gdt_free[0] = DESCRIPTOR_USER_DATA;
	guest_gdt_free[1] = DESCRIPTOR_USER_CODE;
	guest_gdt_free[2] = DESCRIPTOR_TSS | (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
			    (base >> 24 & 0xff) << 56;
	guest_gdt_free[3] = base >> 32;
	asm volatile("ltr %w0" : : "r"(TSS_SELECTOR));

	PAGE_PML4[0] |= PAGE_USER;
	PAGE_PDPT[0] |= PAGE_USER;
	for (unsigned i = 0; i < 512; i++)
		PAGE_PD[i] |= PAGE_USER;
	cr3_write(cr3_read());
}

int user_run(void (*code)(void))
{
	char *stack = user_stack + STACK_SIZE - 8;

	fault.happened = false;
	/* Ring 3 may leave anything in the registers; RBP is saved by hand. */
	asm volatile("push %%rbp\n\t"
		     "mov %%rsp, fault_stack(%%rip)\n\t"
		     "movq $1f, fault_resume(%%rip)\n\t"
		     "pushq %[ss]\n\t"
		     "pushq %%rsi\n\t"
		     "pushq $2\n\t"
		     "pushq %[cs]\n\t"
		     "pushq %%rdi\n\t"
		     "iretq\n"
		     "1:\tmovq $0, fault_resume(%%rip)\n\t"
		     "pop %%rbp"
		     : "+D"(code), "+S"(stack)
		     : [ss] "i"(USER_DATA), [cs] "i"(USER_CODE)
		     : "memory", "cc", "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15");
	return (int)fault.vector;
}
