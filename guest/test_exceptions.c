/* SPDX-License-Identifier: MIT */
/*
 * The processor's own exceptions, which Trivet must not stand in the way
 * of: vectors, error codes, addresses, and double faults.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define CR0_WP	   0x10000UL
#define EFER	   0xc0000080
#define EFER_NXE   0x800
#define HOLE	   0x20000000UL /* a virtual page that the tests change */
#define HOLE_PD	   PAGE_PD[HOLE >> 21]
#define LARGE_PAGE 0x83UL
#define PAGE_NX	   (1UL << 63)
#define NON_CANONICAL 0x0000800000000000

#define PF_PRESENT  1
#define PF_WRITE    2
#define PF_RESERVED 8
#define PF_FETCH    16

static volatile unsigned traps;
static volatile u64 trap_rip;

static void trap(struct interrupt_frame *frame)
{
	traps++;
	trap_rip = frame->rip;
}

/* RBP addresses the stack: #SS instead of #GP. */
void touch_stack(void);
asm("touch_stack:\n\t"
    "push %rbp\n\t"
    "mov $0x0000800000000000, %rbp\n\t"
    "movq $1f, fault_resume(%rip)\n\t"
    "mov (%rbp), %rax\n"
    "1:\tmovq $0, fault_resume(%rip)\n\t"
    "pop %rbp\n\t"
    "ret");

extern char undefined[];

static void test_faults(void)
{
	u32 low = 1, high = 0;

	check_equal(try("div %%ecx", "+a"(low), "+d"(high) : "c"(0)), VECTOR_DE, "#DE");
	check_equal(try("undefined: ud2"), VECTOR_UD, "#UD");
	check_equal(fault.rip, undefined, "at the instruction");
	check_equal(try("mov %%rax, (%0)", : "r"(NON_CANONICAL)), VECTOR_GP, "#GP");
	check_equal(fault.error, 0, "with error code 0");
	check_equal(try("mov %w0, %%fs", : "r"(0x1238)), VECTOR_GP, "#GP by a selector");
	check_equal(fault.error, 0x1238, "which is the error code");
	touch_stack();
	check(fault.vector == VECTOR_SS && !fault.error, "#SS");
	check_equal(try("int $0x41\n\tnop"), -1, "INT 41H, which has a handler");
}

static void test_traps(void)
{
	u64 behind;

	traps = 0;
	asm volatile("int3\n1:\tlea 1b(%%rip), %0" : "=r"(behind) : : "memory");
	check(traps == 1 && trap_rip == behind, "INT3 traps behind itself");
	asm volatile("int $3\n1:\tlea 1b(%%rip), %0" : "=r"(behind) : : "memory");
	check(traps == 2 && trap_rip == behind, "so does INT 3 of two bytes");
	asm volatile("int $0x41\n1:\tlea 1b(%%rip), %0" : "=r"(behind) : : "memory");
	check(traps == 3 && trap_rip == behind, "and INT 41H");
}

static void map_hole(u64 entry)
{
	HOLE_PD = entry;
	cr3_write(cr3_read());
}

static bool page_fault(int vector, u64 error, u64 address)
{
	return vector == VECTOR_PF && fault.error == error && fault.cr2 == address;
}

static void test_page_faults(void)
{
	u64 address = HOLE + 0x123456, efer = rdmsr(EFER);

	map_hole(0);
	check(page_fault(try("mov (%0), %%al", : "r"(address) : "rax"), 0, address), "#PF: a read");
	check(page_fault(try("mov %%al, (%0)", : "r"(address)), PF_WRITE, address), "#PF: a write");
	map_hole(0x4000000 | (LARGE_PAGE & ~2UL));
	check_equal(try("mov %%al, (%0)", : "r"(address)), -1, "no WP: read-only may be written");
	cr0_write(cr0_read() | CR0_WP);
	check(page_fault(try("mov %%al, (%0)", : "r"(address)), PF_PRESENT | PF_WRITE, address),
	      "#PF: WP and a write");
	cr0_write(cr0_read() & ~CR0_WP);

	map_hole(0x4000000 | LARGE_PAGE | 1UL << 13);
	check(page_fault(try("mov (%0), %%al", : "r"(address) : "rax"), PF_PRESENT | PF_RESERVED,
			 address), "#PF: a reserved bit");
	map_hole(0x4000000 | LARGE_PAGE | PAGE_NX);
	check(page_fault(try("mov (%0), %%al", : "r"(address) : "rax"), PF_PRESENT | PF_RESERVED,
			 address), "#PF: NX without NXE");
	wrmsr(EFER, efer | EFER_NXE);
	check_equal(try("mov (%0), %%al", : "r"(address) : "rax"), -1, "NXE: NX can be read");
	check(page_fault(try("call *%0\n\tnop", : "r"(address)), PF_PRESENT | PF_FETCH, address),
	      "#PF: NX and a fetch");
	asm volatile("add $8, %rsp"); /* what CALL has pushed */
	wrmsr(EFER, efer);
	map_hole(0x4000000 | LARGE_PAGE);
}

/* A gate that is not present makes #NP out of the delivery. */
static void test_double_faults(void)
{
	interrupts_set_present(VECTOR_UD, false);
	check_equal(try("ud2"), VECTOR_NP, "#UD, whose gate is not present: #NP");
	check_equal(fault.error, VECTOR_UD * 8 + 2 + 1, "the error code names the gate");
	interrupts_set_present(VECTOR_UD, true);

	interrupts_set_present(VECTOR_GP, false);
	check_equal(try("mov %%rax, (%0)", : "r"(NON_CANONICAL)), VECTOR_DF, "#GP so: #DF");
	check_equal(fault.error, 0, "with error code 0");
	/* RDMSR is refused by Trivet: the injected #GP must end the same way. */
	check_equal(try("rdmsr", : "c"(0x1234) : "rax", "rdx"), VECTOR_DF, "an injected one: #DF");
	interrupts_set_present(VECTOR_GP, true);

	interrupts_set_present(VECTOR_PF, false);
	map_hole(0);
	check_equal(try("mov (%0), %%al", : "r"(HOLE) : "rax"), VECTOR_DF, "#PF so: #DF");
	interrupts_set_present(VECTOR_PF, true);

	interrupts_set_present(0x41, false);
	check_equal(try("int $0x41"), VECTOR_NP, "INT 41H so: #NP");
	check_equal(fault.error, 0x41 * 8 + 2, "it is not external");
	interrupts_set_present(0x41, true);
}

/* #AC exits, because its delivery could go on for ever; it must come back. */
static void misaligned(void)
{
	asm volatile("pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq\n\t"
		     "mov %0, %%rax\n\tmov 1(%%rax), %%rcx" : : "i"(0x7c00) : "rax", "rcx");
	user_end();
}

static void test_alignment(void)
{
	check_equal(user_run(misaligned), USER_END, "misaligned in ring 3, without CR0.AM");
	cr0_write(cr0_read() | 0x40000);
	check_equal(user_run(misaligned), VECTOR_AC, "#AC with it");
	check_equal(fault.error, 0, "with error code 0");
	cr0_write(cr0_read() & ~0x40000UL);
}

int guest_main(void)
{
	interrupts_init();
	user_init();
	interrupts_set_handler(VECTOR_BP, trap);
	interrupts_set_handler(0x41, trap);
	test_faults();
	test_traps();
	test_page_faults();
	test_double_faults();
	test_alignment();
	return check_failures();
}
