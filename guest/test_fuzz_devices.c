/* SPDX-License-Identifier: MIT */
/*
 * Random instructions, from a fixed seed, each run twice: on RAM that holds ones,
 * where the processor carries it out, and across the end of RAM, behind which
 * everything reads as ones. Registers, flags, vector registers, the fault or
 * the single step, and what was stored must be the same.
 *
 * OPTIONS mem=48M
 * MODEL corei7_skylake_x
 * EXPECT fuzz: \d+ runs, [1-9]\d* faults, [1-9]\d* steps, differ: 0
 * EXPECT ^run: outcome=clean
 * REJECT differs
 */
#include "guest/test_fuzz_devices_make.h"

#define RUNS	4000U
#define RAM_END (48UL << 20)
#define ROOM	64

#define CR0_MP	    0x2UL
#define CR0_EM	    0x4UL
#define CR0_NE	    0x20UL /* x87 errors are #MF */
#define CR4_OSFXSR  (1UL << 9)
#define CR4_OSXSAVE (1UL << 18)
#define XCR0_ALL    0xe7 /* x87, SSE, AVX, AVX-512 */
#define XSAVE_SIZE  2688 /* with all of these */

static u8 border[8192] __attribute__((aligned(4096))); /* its middle is as the end of RAM */

/* All that an instruction can see and change. */
static struct state {
	u64 gpr[16], rflags;
	u64 pad[15];
	u8 extended[XSAVE_SIZE] __attribute__((aligned(64)));
} start, results[2];

extern struct state fuzz_state;
extern u8 fuzz_code[CODE_ROOM];
extern u64 fuzz_stack;
struct state fuzz_state __attribute__((aligned(64)));
u8 fuzz_code[CODE_ROOM];
u64 fuzz_stack;
void fuzz_run(void);
void fuzz_done(void);

#define AT(n)	      "fuzz_state+8*" #n "(%rip)"
#define LOAD(n, reg)  "mov " AT(n) ", %" reg "\n\t"
#define STORE(n, reg) "mov %" reg ", " AT(n) "\n\t"
#define ALL(what)                                                                                  \
	what(0, "rax") what(1, "rcx") what(2, "rdx") what(3, "rbx") what(5, "rbp") what(6, "rsi")  \
		what(7, "rdi") what(8, "r8") what(9, "r9") what(10, "r10") what(11, "r11")         \
			what(12, "r12") what(13, "r13") what(14, "r14") what(15, "r15")

/* The code begins with POPF: with TF, the instruction behind it is what traps. */
asm(".globl fuzz_run, fuzz_done\n"
    "fuzz_run:\n\t"
    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
    "mov %rsp, fuzz_stack(%rip)\n\t"
    "mov $0xe7, %eax\n\txor %edx, %edx\n\t"
    "xrstor64 fuzz_state+256(%rip)\n\t"
    "pushq " AT(16) "\n\t" ALL(
	    LOAD) "jmp fuzz_code\n"
		  "fuzz_done:\n\t" ALL(STORE) "mov fuzz_stack(%rip), %rsp\n\t"
					      "pushfq\n\tpopq " AT(
						      16) "\n\t"
							  "mov $0xe7, %eax\n\txor %edx, %edx\n\t"
							  "xsave64 fuzz_state+256(%rip)\n\t"
							  "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop "
							  "%r12\n\tpop %rbp\n\tpop %rbx\n\t"
							  "cld\n\tret");
_Static_assert(offsetof(struct state, extended) == 256, "the assembly above");

static u64 stepped; /* RIP behind the single step */
static unsigned faults, steps, differ;

static void step(struct interrupt_frame *frame)
{
	stepped = frame->rip;
	steps++;
	frame->rflags &= ~RFLAGS_TF;
}

static void copy(void *to, const void *from, u64 size)
{
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

static bool same(const void *a, const void *b, u64 size)
{
	const u8 *x = a, *y = b;

	while (size && *x == *y)
		x++, y++, size--;
	return !size;
}

/* One run with the operand at `at`; the vector of its fault, or -1. */
static int run(struct state *result, u64 at, u64 displacement)
{
	copy(&fuzz_state, &start, sizeof(start));
	fuzz_state.gpr[6] = at - displacement + (start.gpr[6] & ~0xffffffffUL);
	fault.happened = false;
	stepped = 0;
	fault_resume = (u64)fuzz_done;
	fuzz_run();
	fault_resume = 0;
	fuzz_state.gpr[6] -= at;
	copy(result, &fuzz_state, sizeof(*result));
	return fault.happened ? (int)fault.vector : -1;
}

static void make_state(void)
{
	for (unsigned i = 0; i < 16; i++)
		start.gpr[i] = random() >> below(64);
	start.gpr[6] = 0;
	start.rflags = 2 | (random() & FLAGS_STATUS) | (below(4) ? 0 : RFLAGS_TF);
	for (unsigned i = 0; i < XSAVE_SIZE; i++)
		start.extended[i] = (u8)random();
	for (unsigned i = 512; i < 576; i++)
		start.extended[i] = i == 512 ? XCR0_ALL : 0;
	copy(start.extended, "\x7f\x03\0\0\0\0\0\0", 8); /* x87 as FNINIT leaves it */
	copy(start.extended + 24, "\x80\x1f\0\0", 4);	 /* MXCSR, too */
	if (!below(8))
		copy(start.extended, "\x40\x03\x81\x80", 4); /* an exception is pending: #MF */
}

static void compare(const struct instruction *i, unsigned in_ram, int vector, u64 step_at)
{
	u64 flags = (results[0].rflags ^ results[1].rflags) & i->flags;
	const char *what = NULL;

	if (vector != (fault.happened ? (int)fault.vector : -1))
		what = "fault";
	else if (step_at != stepped)
		what = "step";
	else if (!same(results[0].gpr, results[1].gpr, sizeof(results[0].gpr)))
		what = "register";
	else if (flags)
		what = "flag";
	else if (!same(results[0].extended, results[1].extended, XSAVE_SIZE))
		what = "vector register";
	else if (!same(border + 4096 - ROOM, (void *)(RAM_END - ROOM), ROOM))
		what = "memory";
	if (!what)
		return;
	print("fuzz: %s differs, bytes in RAM: %u, vector %u, flags %x, code", what, (u64)in_ram,
	      (u64)(u32)vector, flags);
	for (unsigned n = 1; n <= i->length; n++)
		print(" %x", (u64)fuzz_code[n]);
	print("\n");
	differ++;
}

static void test(void)
{
	struct instruction i;
	unsigned in_ram;
	u64 step_at;
	int vector;

	make_state();
	make_instruction(&i, fuzz_code);
	if (i.wide_address)
		start.gpr[6] = random() << 32;
	*(u64 *)(fuzz_code + i.length + 7) = (u64)fuzz_done;
	in_ram = below(4) ? below(i.size) : 0;
	for (unsigned n = 0; n < ROOM; n++) {
		border[4096 - ROOM + n] = ((volatile u8 *)RAM_END)[(int)n - ROOM] = (u8)random();
		border[4096 + n] = 0xff;
	}
	vector = run(&results[0], (u64)border + 4096 - in_ram, i.displacement);
	step_at = stepped;
	faults += fault.happened;
	run(&results[1], RAM_END - in_ram, i.displacement);
	compare(&i, in_ram, vector, step_at);
}

int guest_main(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_DB, step);
	cr4_write(cr4_read() | CR4_OSFXSR | CR4_OSXSAVE);
	cr0_write((cr0_read() & ~CR0_EM) | CR0_MP | CR0_NE);
	asm volatile("xsetbv" : : "a"(XCR0_ALL), "d"(0), "c"(0));
	for (unsigned n = 0; n < RUNS; n++)
		test();
	print("fuzz: %u runs, %u faults, %u steps, differ: %u\n", (u64)RUNS, (u64)faults,
	      (u64)steps, (u64)differ);
	return differ != 0;
}
