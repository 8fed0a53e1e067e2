/* SPDX-License-Identifier: MIT */
/*
 * Random instructions, from a fixed seed, thousands of times: in 64-bit,
 * 32-bit and 16-bit code, rings 0 and 3, whole or in single steps. Whatever
 * they raise, here it is caught, and the next ones come; Trivet must never
 * be worse for it.
 *
 * The code may read and write one window of memory, which is all that is
 * mapped beside the guest itself (and that lies where few wild pointers
 * point to). Most of what would be an honest end, such as loading a wild CR3,
 * is left out, but not all: tests/boot/test_fuzz.py takes such an end. It also
 * runs other seeds.
 *
 * EXPECT fuzz: caught
 * EXPECT ^run: outcome=clean
 * REJECT VM entry failed
 */
#include "guest/test_fuzz_code_make.h"

#define RUNS   8000U
#define REPORT 2000

/* "SEED" and eight bytes: where a test writes another one into the blob. */
struct seed {
	char mark[8];
	u64 value;
};
static volatile struct seed seed = {"FUZZSEED", 0x5eed};

#define WINDOW_PDPT 2
#define TABLE	    0x4000UL /* free, behind start.S's tables */
#define LOW_TABLE   0x5000UL
#define LOW_START   0x7000UL /* above all tables, which nothing then can reach */
#define PAGE_ALL    0x87UL   /* 2 MiB, the user's, writable */
#define PAGE_USER   0x04UL
#define PAGE_TABLE  0x07UL
#define PAGE_KERNEL 0x03UL
#define PAGE_TEXT   0x01UL

#define CR0_NORMAL	0x80010033UL /* with WP */
#define CR4_NORMAL	0x20UL
#define DR7_NORMAL	0x400UL
#define CR0_WP		0x10000UL
#define EFER		0xc0000080
#define EFER_NORMAL	0x500UL
#define STEPS_MAX	64
#define FAULTS_MAX	24
#define STACK_SIZE	8192
#define STACKS_SLOT	0x1b5 /* 2 MiB behind the window where hardly a breakpoint comes */
#define STACKS		(WINDOW + (STACKS_SLOT << 21))
#define STACKS_PHYSICAL (WINDOW_PHYSICAL + 0x200000)
#define TICK		2386 /* of the 8254: 2 ms, so that endless loops end */

#define PIC_MASKS      0x21
#define PIC_ONLY_TIMER 0xfe

struct __attribute__((packed)) tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, io_bitmap;
};

/* Descriptor with a base at the window or its code, and this type and these flags. */
#define SEGMENT(base, flags, type)                                                                 \
	(0xffffUL | ((base)&0xffffffUL) << 16 | (u64)(type) << 40 | (u64)(flags) << 48 |           \
	 ((u64)(base) >> 24 & 0xff) << 56)
#define FLAGS_16 0x00
#define FLAGS_32 0xcf
#define FLAGS_64 0xaf

/*
 * What wild code must not change is read-only while it runs: by CR0.WP, and
 * only repair() switches that off.
 */
static struct __attribute__((aligned(4096))) {
	u64 idt[512], gdt[16];
	struct tss tss;
} tables = {
	.gdt =
		{
			0,
			0,
			SEGMENT(0UL, FLAGS_32, 0x93),
			SEGMENT(0UL, FLAGS_64, 0x9b),
			SEGMENT(CODE, FLAGS_32, 0x9b),
			SEGMENT(CODE, FLAGS_16, 0x9b),
			SEGMENT(0UL, FLAGS_64, 0xfb),
			SEGMENT(CODE, FLAGS_32, 0xfb),
			SEGMENT(CODE, FLAGS_16, 0xfb),
			SEGMENT(DATA, FLAGS_16, 0x93),
			SEGMENT(DATA, FLAGS_16, 0xf3),
		},
};
static const struct __attribute__((packed)) {
	u16 limit;
	u64 base;
} gdtr = {13 * 8 - 1, (u64)tables.gdt}, idtr = {4095, (u64)tables.idt};

static u64 caught[256];
static u64 origin; /* RIP's start in the last run */
static unsigned steps, faults, broken;
static bool running; /* wild code, that is */
extern u64 fuzz_rsp;
u64 fuzz_rsp;

/* Start what `s` says; comes back by fuzz_return(). */
void fuzz_start(const struct start *s);
_Noreturn void fuzz_return(void);
asm(".globl fuzz_start, fuzz_return\n"
    "fuzz_start:\n\t"
    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
    "mov %rsp, fuzz_rsp(%rip)\n\t"
    "pushq 160(%rdi)\n\t" /* SS */
    "pushq 152(%rdi)\n\t" /* RSP */
    "pushq 144(%rdi)\n\t"
    "pushq 136(%rdi)\n\t"
    "pushq 128(%rdi)\n\t" /* RIP */
    "mov 168(%rdi), %eax\n\t"
    "mov %eax, %ds\n\tmov %eax, %es\n\tmov %eax, %fs\n\tmov %eax, %gs\n\t"
    "mov 0(%rdi), %rax\n\tmov 8(%rdi), %rcx\n\tmov 16(%rdi), %rdx\n\tmov 24(%rdi), %rbx\n\t"
    "mov 40(%rdi), %rbp\n\tmov 48(%rdi), %rsi\n\t"
    "mov 64(%rdi), %r8\n\tmov 72(%rdi), %r9\n\tmov 80(%rdi), %r10\n\tmov 88(%rdi), %r11\n\t"
    "mov 96(%rdi), %r12\n\tmov 104(%rdi), %r13\n\tmov 112(%rdi), %r14\n\tmov 120(%rdi), %r15\n\t"
    "mov 56(%rdi), %rdi\n\t"
    "iretq\n"
    "fuzz_return:\n\t"
    "mov fuzz_rsp(%rip), %rsp\n\t"
    "mov $0x10, %eax\n\t"
    "mov %eax, %ds\n\tmov %eax, %es\n\tmov %eax, %ss\n\t"
    "cld\n\t"
    "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\t"
    "ret");

/*
 * Every vector's handler, on a stack of its own; #DB has another, because the
 * wild code's breakpoints may lie in here.
 */
static void catch (struct interrupt_frame *frame)
{
	if (frame->vector == VECTOR_DB)
		dr7_write(DR7_NORMAL);
	if (!running) {
		if (frame->vector == VECTOR_DB) /* debug registers of the last run */
			return;
		if (broken++) /* print() is, too */
			power_off(2);
		print("fuzz: broken vector=%u error=%x rip=%x cr2=%x cr3=%x\n", frame->vector,
		      frame->error, frame->rip, cr2_read(), cr3_read());
		power_off(1);
	}
	caught[frame->vector]++;
	if (frame->vector >= 32) /* the tick, wherever it may come now */
		irq_end(0);
	/* In single steps: let it go on for a while. */
	if (frame->vector == VECTOR_DB && frame->rflags & RFLAGS_TF && steps++ < STEPS_MAX)
		return;
	/* After a fault: on with the next byte, which may begin another instruction. */
	if (frame->vector < 32 && faults++ < FAULTS_MAX && frame->rip - origin < CODE_BYTES) {
		frame->rip++;
		return;
	}
	running = false;
	fuzz_return();
}

static void set_up(void)
{
	volatile u64 *directory = (volatile u64 *)TABLE, *low = (volatile u64 *)LOW_TABLE;
	struct __attribute__((packed)) {
		u16 limit;
		u64 base;
	} made;

	interrupts_init();
	for (unsigned vector = 0; vector < 256; vector++) {
		interrupts_set_handler((u8)vector, catch);
		interrupts_set_stack((u8)vector, vector == VECTOR_DB ? 2 : 1);
	}
	asm volatile("sidt %0" : "=m"(made));
	for (unsigned i = 0; i < 512; i++)
		tables.idt[i] = ((volatile u64 *)made.base)[i];
	tables.tss.rsp[0] = tables.tss.ist[0] = STACKS + 2 * STACK_SIZE;
	tables.tss.ist[1] = STACKS + STACK_SIZE;
	tables.tss.io_bitmap = sizeof(struct tss);
	tables.gdt[TSS / 8 + 1] = (u64)&tables.tss >> 32;

	for (unsigned i = 0; i < 512; i++) {
		u64 address = i << 12;
		bool fixed = address < (u64)(&tables + 1);

		directory[i] = 0;
		low[i] = 0;
		if (address >= LOW_START && address < LOW_END)
			low[i] = address | (fixed ? PAGE_TEXT : PAGE_KERNEL);
	}
	directory[0] = WINDOW_PHYSICAL | PAGE_ALL;
	directory[STACKS_SLOT] = STACKS_PHYSICAL | (PAGE_ALL & ~PAGE_USER);
	PAGE_PML4[0] |= PAGE_TABLE;
	PAGE_PDPT[WINDOW_PDPT] = TABLE | PAGE_TABLE;
	/* Of the first GiB the guest itself is enough. */
	PAGE_PD[0] = LOW_TABLE | PAGE_KERNEL;
	for (unsigned i = 1; i < 512; i++)
		PAGE_PD[i] = 0;
	cr3_write(cr3_read());
}

/* What the last code may have left behind; also before the first. */
static void repair(void)
{
	u64 base = (u64)&tables.tss;

	cr0_write(CR0_NORMAL & ~CR0_WP);
	tables.gdt[TSS / 8] = 0x0000890000000000 | (sizeof(struct tss) - 1) |
			      (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	asm volatile("lidt %0; lgdt %1; ltr %w2" : : "m"(idtr), "m"(gdtr), "r"(TSS));
	cr0_write(CR0_NORMAL);
	if (cr4_read() != CR4_NORMAL)
		cr4_write(CR4_NORMAL);
	if (rdmsr(EFER) != EFER_NORMAL)
		wrmsr(EFER, EFER_NORMAL);
	dr7_write(DR7_NORMAL);
	asm volatile("fninit; lldt %w0" : : "r"(0));
	outb(PIC_MASKS, PIC_ONLY_TIMER);
}

/* What only few of them change, and is slow to repair. */
static void repair_devices(void)
{
	static const u8 writes[][2] = {
		{0x20, 0x11}, {0x21, VECTOR_IRQ},     {0x21, 4}, {0x21, 1}, /* the 8259s */
		{0xa0, 0x11}, {0xa1, VECTOR_IRQ + 8}, {0xa1, 2}, {0xa1, 1},
		{0x20, 0x20}, {0xa0, 0x20},	      {0xfb, 3}, {0xf9, 0},
		{0xfc, 3}, /* COM1, less 300H */
	};

	for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		outb((u16)(writes[i][0] + (writes[i][0] >= 0xf0 ? 0x300 : 0)), writes[i][1]);
	pit_start(TICK);
}

int guest_main(void)
{
	struct start start;
	u64 sum = 0;

	state = seed.value;
	set_up();
	repair();
	for (unsigned run = 0; run < RUNS; run++) {
		if (run % 32 == 0)
			repair_devices();
		if (run % REPORT == 0)
			print("\nfuzz: seed=%x run=%u\n", seed.value, (u64)run);
		make_start(&start);
		steps = faults = 0;
		origin = start.rip;
		running = true;
		fuzz_start(&start);
		repair();
	}
	repair_devices();
	print("\nfuzz: seed=%x run=%u\n", seed.value, (u64)RUNS);
	for (unsigned vector = 0; vector < 256; vector++)
		sum += caught[vector];
	print("fuzz: caught %u", sum);
	for (unsigned vector = 0; vector < 256; vector++)
		if (caught[vector])
			print(" %u:%u", (u64)vector, caught[vector]);
	print("\n");
	return 0;
}
