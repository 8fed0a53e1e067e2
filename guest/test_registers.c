/* SPDX-License-Identifier: MIT */
/*
 * All 16 general registers and the flags survive every kind of exit, but for
 * those that the instruction changes.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define RFLAGS_IF 0x200UL

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R15 = 15, FLAGS, REGISTERS };
static const char *const names[REGISTERS] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp",
					      "rsi", "rdi", "r8",  "r9",  "r10", "r11",
					      "r12", "r13", "r14", "r15", "flags" };

u64 before[REGISTERS], after[REGISTERS], outer_stack;

#define BIT(n) (1U << (n))

#define LAY_DOWN(to)                                                                               \
	"mov %%rax, " to "+0(%%rip)\n\tmov %%rcx, " to "+8(%%rip)\n\t"                             \
	"mov %%rdx, " to "+16(%%rip)\n\tmov %%rbx, " to "+24(%%rip)\n\t"                           \
	"mov %%rsp, " to "+32(%%rip)\n\tmov %%rbp, " to "+40(%%rip)\n\t"                           \
	"mov %%rsi, " to "+48(%%rip)\n\tmov %%rdi, " to "+56(%%rip)\n\t"                           \
	"mov %%r8, " to "+64(%%rip)\n\tmov %%r9, " to "+72(%%rip)\n\t"                             \
	"mov %%r10, " to "+80(%%rip)\n\tmov %%r11, " to "+88(%%rip)\n\t"                           \
	"mov %%r12, " to "+96(%%rip)\n\tmov %%r13, " to "+104(%%rip)\n\t"                          \
	"mov %%r14, " to "+112(%%rip)\n\tmov %%r15, " to "+120(%%rip)\n\t"                         \
	"pushfq\n\tpopq " to "+128(%%rip)\n\t"

/*
 * Patterns everywhere, all arithmetic flags set, then what the instruction
 * needs; look before and after it. MOV changes no flags.
 */
#define run(prepare, instruction)                                                                  \
	asm volatile("push %%rbp\n\tpush %%rbx\n\tpush %%r12\n\tpush %%r13\n\tpush %%r14\n\t"      \
		     "push %%r15\n\tmov %%rsp, outer_stack(%%rip)\n\t"                             \
		     "mov $0x1101010101010101, %%rax\n\tmov $0x2202020202020202, %%rcx\n\t"        \
		     "mov $0x3303030303030303, %%rdx\n\tmov $0x4404040404040404, %%rbx\n\t"        \
		     "mov $0x5505050505050505, %%rbp\n\tmov $0x6606060606060606, %%rsi\n\t"        \
		     "mov $0x7707070707070707, %%rdi\n\tmov $0x8808080808080808, %%r8\n\t"         \
		     "mov $0x9909090909090909, %%r9\n\tmov $0xaa0a0a0a0a0a0a0a, %%r10\n\t"         \
		     "mov $0xbb0b0b0b0b0b0b0b, %%r11\n\tmov $0xcc0c0c0c0c0c0c0c, %%r12\n\t"        \
		     "mov $0xdd0d0d0d0d0d0d0d, %%r13\n\tmov $0xee0e0e0e0e0e0e0e, %%r14\n\t"        \
		     "mov $0xff0f0f0f0f0f0f0f, %%r15\n\t"                                          \
		     "pushfq\n\torq $0x8d5, (%%rsp)\n\tpopfq\n\t"                                  \
		     prepare "\n\t" LAY_DOWN("before") instruction "\n\t" LAY_DOWN("after")        \
		     "mov outer_stack(%%rip), %%rsp\n\tpop %%r15\n\tpop %%r14\n\tpop %%r13\n\t"    \
		     "pop %%r12\n\tpop %%rbx\n\tpop %%rbp"                                         \
		     : : : "memory", "cc", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",   \
		       "r11")

static void compare(u32 may_change, const char *text)
{
	bool same = true;

	for (unsigned i = 0; i < REGISTERS; i++)
		same &= before[i] == after[i] || may_change >> i & 1;
	check(same, text);
	for (unsigned i = 0; i < REGISTERS && !same; i++)
		if (before[i] != after[i] && !(may_change >> i & 1))
			print("      %s was %x, is %x\n", names[i], before[i], after[i]);
}

#define keeps(text, may_change, prepare, instruction)                                              \
	({                                                                                         \
		run(prepare, instruction);                                                         \
		compare(may_change, text);                                                         \
	})

static void ignore(struct interrupt_frame *frame)
{
	if (frame->vector >= VECTOR_IRQ)
		irq_end((unsigned)frame->vector - VECTOR_IRQ);
	else if (frame->vector == VECTOR_UD)
		frame->rip += 3; /* VMXOFF */
}

static void test_instructions(void)
{
	keeps("NOP, to begin with", 0, "", "nop");
	keeps("CPUID", BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX), "mov $1, %%eax", "cpuid");
	keeps("VMCALL", BIT(RAX), "mov $0, %%eax", "vmcall");
	keeps("VMCALL of no number", BIT(RAX), "", "vmcall");
	keeps("RDMSR that exits", BIT(RAX) | BIT(RDX), "mov $0xfe, %%ecx", "rdmsr");
	keeps("WRMSR that exits", 0, "mov $0x3b, %%ecx\n\tmov $0, %%eax\n\tmov $0, %%edx", "wrmsr");
	keeps("IN AL", BIT(RAX), "mov $0x80, %%edx", "in %%dx, %%al");
	keeps("OUT AL", 0, "mov $0x80, %%edx", "out %%al, %%dx");
	keeps("REP OUTSB", BIT(RSI) | BIT(RCX),
	      "mov $0x80, %%edx\n\tmov $0x7c00, %%esi\n\tmov $5, %%ecx", "rep outsb");
	keeps("REP INSB", BIT(RDI) | BIT(RCX),
	      "mov $0xe0, %%edx\n\tmov $0x300000, %%edi\n\tmov $5, %%ecx", "rep insb");
	keeps("MOV to CR0", 0, "mov %%cr0, %%r9\n\txor $0x60000000, %%r9", "mov %%r9, %%cr0");
	keeps("MOV to CR8", 0, "mov $5, %%r15d", "mov %%r15, %%cr8");
	keeps("MOV from CR8", BIT(13), "", "mov %%cr8, %%r13");
	keeps("LMSW", 0, "mov $1, %%eax", "lmsw %%ax");
	keeps("CLTS", 0, "", "clts");
	keeps("MOV to DR3", 0, "", "mov %%r12, %%dr3");
	keeps("MOV from DR3", BIT(RBP), "", "mov %%dr3, %%rbp");
	check_equal(after[RBP], 0xcc0c0c0c0c0c0c0c, "R12 went through DR3 to RBP");
	keeps("WBINVD", 0, "", "wbinvd");
	keeps("INVD", 0, "", "invd");
	keeps("MOV from DR3 to RSP", BIT(RSP), "lea -512(%%rsp), %%r9\n\tmov %%r9, %%dr3",
	      "mov %%dr3, %%rsp");
	check_equal(after[RSP], before[R8 + 1], "RSP as an operand");
	keeps("MOV from RSP to DR3", 0, "", "mov %%rsp, %%dr3");
	keeps("and back to RAX", BIT(RAX), "", "mov %%dr3, %%rax");
	check_equal(after[RAX], before[RSP], "RSP as a source");
}

static void test_events(void)
{
	interrupts_set_handler(VECTOR_UD, ignore);
	interrupts_set_handler(VECTOR_DB, ignore);
	interrupts_set_handler(VECTOR_IRQ, ignore);
	keeps("an EPT violation by a write", 0, "mov $0x4000000, %%r10", "mov %%rax, (%%r10)");
	keeps("an EPT violation by a read", BIT(11), "mov $0x4400000, %%r10", "mov (%%r10), %%r11");
	keeps("an injected #UD", 0, "", "vmxoff");
	keeps("#DB", 0, "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "nop");
	irq_unmask(0);
	pit_once(1193);
	keeps("HLT and an interrupt", 0, "sti", "hlt");
	irq_mask(0);
}

int guest_main(void)
{
	interrupts_init();
	test_instructions();
	test_events();
	return check_failures();
}
