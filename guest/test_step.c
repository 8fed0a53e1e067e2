/* SPDX-License-Identifier: MIT */
/*
 * The trap flag: #DB after every instruction, also after those that exit,
 * at the right address; held back by MOV SS. And INT1, which raises #DB too.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define DR6_RESET 0xffff0ff0UL
#define DR6_BS	  0x4000UL
#define UNTOUCHED 0x8000000 /* memory that Trivet maps at the first access */
#define STEPS	  64

static volatile unsigned steps;
static volatile u64 step_rip[STEPS], step_dr6[STEPS];

static void debug_exception(struct interrupt_frame *frame)
{
	step_rip[steps] = frame->rip;
	step_dr6[steps] = dr6_read();
	dr6_write(DR6_RESET);
	if (++steps == STEPS) {
		print("FAIL: #DB for ever at %x\n", frame->rip);
		power_off(1);
	}
}

/* Where the processor must be at the next trap. */
#define TRAP "\n9:\n\t.pushsection .rodata.places\n\t.quad 9b\n\t.popsection\n\t"

extern const u64 places[], places_end[];
void walk(void);
asm(".pushsection .rodata.places, \"a\"\nplaces:\n\t.popsection\n\t"
    ".globl walk\n"
    "walk:\n\t"
    "push %rbx\n\t"
    "pushfq\n\torq $0x100, (%rsp)\n\tpopfq\n\t" /* traps from the next one on */
    "nop" TRAP
    "xor %eax, %eax" TRAP
    "cpuid" TRAP
    "mov $0x3ff, %edx" TRAP
    "outb %al, %dx" TRAP
    "inb %dx, %al" TRAP
    "mov $0, %eax" TRAP
    "vmcall" TRAP
    "mov $0xfe, %ecx" TRAP
    "rdmsr" TRAP
    "mov %cr0, %rax" TRAP
    "xor $0x60000000, %rax" TRAP
    "mov %rax, %cr0" TRAP /* caches on or off: exits */
    "mov %dr0, %rax" TRAP
    "wbinvd" TRAP
    "pause" TRAP
    "movl $1, 0x8000000" TRAP
    "sti" TRAP
    "cli" TRAP
    "mov %ss, %eax" TRAP
    "mov %eax, %ss\n\t" /* holds it back */
    "nop" TRAP
    "mov %eax, %ss\n\t"
    "cpuid" TRAP
    "pushfq" TRAP
    "andq $~0x100, (%rsp)" TRAP
    "popfq" TRAP /* TF was on when it began */
    "pop %rbx\n\t"
    "ret\n\t"
    ".pushsection .rodata.places\nplaces_end:\n\t.popsection");

static void test_walk(void)
{
	unsigned count = (unsigned)(places_end - places), good = 0, single = 0;

	steps = 0;
	walk();
	check_equal(steps, count, "a trap for each instruction");
	while (good < count && step_rip[good] == places[good])
		good++;
	check_equal(good, count, "each behind it");
	if (good < count)
		print("      trap %u is at %x, should be at %x\n", (u64)good, step_rip[good],
		      places[good]);
	for (unsigned i = 0; i < count; i++)
		single += step_dr6[i] == (DR6_RESET | DR6_BS);
	check_equal(single, count, "each tells BS in dr6");
}

extern char repeated[], behind[];

/* One trap for each round. */
static void test_repeat(void)
{
	steps = 0;
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n"
		     "repeated:\n\trep outsb\n"
		     "behind:\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
		     : : "S"("..."), "c"(3), "d"(0x80) : "memory", "cc");
	check_equal(steps, 3 + 3, "REP OUTSB: a trap for each round");
	check(step_rip[0] == (u64)repeated && step_rip[1] == (u64)repeated &&
		      step_rip[2] == (u64)behind,
	      "at the instruction, the last one behind it");
}

/* Has no trap flag about it. */
static void test_int1(void)
{
	u64 behind_it;

	steps = 0;
	asm volatile(".byte 0xf1\n1:\tlea 1b(%%rip), %0" : "=r"(behind_it) : : "memory");
	check_equal(steps, 1, "INT1: one #DB");
	check_equal(step_rip[0], behind_it, "INT1: behind it");
	check_equal(step_dr6[0] & DR6_BS, 0, "INT1: no single step");
}

int guest_main(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_DB, debug_exception);
	test_walk();
	test_repeat();
	test_int1();
	return check_failures();
}
