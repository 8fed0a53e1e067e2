/* SPDX-License-Identifier: MIT */
/*
 * What a processor with APIC virtualization does of the local APIC without
 * an exit, counted: TPR, IPIs to itself, EOI, reads of registers. What it
 * cannot do exits once, behind the write. For models that have all of it.
 *
 * OPTIONS apicv=on
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei7_haswell_4770
 */
#include "guest/apic.h"

#define VECTOR	 0x61
#define HIGHER	 0x81
#define ROUNDS	 100
#define PIN_COM1 4
#define LEVEL	 (1U << 15)

#define COM1_IER 0x3f9
#define COM1_IIR 0x3fa
#define COM1_MCR 0x3fc

/* Basic exit reasons */
#define INTERRUPT_WINDOW 7
#define CR_ACCESS	 28
#define RDMSR		 31
#define WRMSR		 32
#define BELOW_THRESHOLD	 43
#define APIC_ACCESS	 44
#define VIRTUALIZED_EOI	 45
#define EPT_VIOLATION	 48
#define APIC_WRITE	 56

static volatile unsigned count;
static bool x2apic;

static void set(u32 offset, u32 value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		apic_write(offset, value);
}

static u32 get(u32 offset)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC + offset / 16) : apic_read(offset);
}

static void on_interrupt(struct interrupt_frame *frame)
{
	(void)frame;
	count++;
	set(APIC_EOI, 0);
}

static void on_com1(struct interrupt_frame *frame)
{
	(void)frame;
	count++;
	(void)inb(COM1_IIR);
	set(APIC_EOI, 0);
}

/* Exits that the local APIC can cause. */
static u64 apic_exits(void)
{
	static const u8 reasons[] = { INTERRUPT_WINDOW, CR_ACCESS,	 RDMSR,		WRMSR,
				      BELOW_THRESHOLD,	APIC_ACCESS,	 VIRTUALIZED_EOI, EPT_VIOLATION,
				      APIC_WRITE };
	u64 sum = 0;

	for (unsigned i = 0; i < sizeof(reasons); i++)
		sum += exits(reasons[i]);
	return sum;
}

static void send_self(u8 vector)
{
	set(x2apic ? APIC_SELF : APIC_ICR, x2apic ? vector : TO_SELF | vector);
}

static void test_self(void)
{
	u64 before = apic_exits();

	count = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		send_self(VECTOR);
		open_interrupts();
	}
	check_equal(count, ROUNDS, "IPIs to itself");
	check_equal(apic_exits() - before, 0, "no exits by them, nor by EOI");
}

static void test_wake(void)
{
	u64 before = apic_exits(), halts = exits(12);

	count = 0;
	send_self(VECTOR);
	asm volatile("sti; hlt; cli" : : : "memory");
	check_equal(count, 1, "waits in HLT: wakes");
	check_equal(exits(12) - halts, 1, "by an exit of HLT");
	check_equal(apic_exits() - before, 0, "and no other");
}

static void test_priority(void)
{
	u64 before = apic_exits();
	unsigned held, let;
	u32 tpr, cr8, ppr;

	count = 0;
	set(APIC_TPR, 0x65);
	tpr = get(APIC_TPR);
	cr8 = (u32)cr8_read();
	send_self(VECTOR);
	open_interrupts();
	held = count;
	send_self(HIGHER);
	open_interrupts();
	let = count;
	for (u64 i = 15; i-- > 6;)
		cr8_write(i);
	asm volatile("sti; mov %0, %%cr8; nop; cli" : : "r"(5UL) : "memory");
	check_equal(apic_exits() - before, 0, "TPR: no exits by it, nor by CR8");
	ppr = get(APIC_PPR);
	check_equal(tpr, 0x65, "TPR reads back");
	check_equal(cr8, 6, "CR8 is its upper half");
	check_equal(held, 0, "holds back its own class");
	check_equal(let, 1, "lets a higher one in");
	check_equal(count, 2, "CR8 below it: comes at once");
	check_equal(ppr, 0x50, "PPR follows");
	cr8_write(0);
}

static void test_registers(void)
{
	u64 before = apic_exits(), writes, accesses, value;

	(void)get(APIC_ID);
	(void)get(APIC_VERSION);
	(void)get(APIC_LDR);
	(void)get(APIC_SPURIOUS);
	(void)get(APIC_ISR + 0x30);
	(void)get(APIC_IRR + 0x30);
	(void)get(APIC_ICR);
	(void)get(APIC_TIMER);
	(void)get(APIC_INITIAL);
	check_equal(apic_exits() - before, 0, "reads of registers: no exits");

	before = apic_exits();
	accesses = exits(x2apic ? RDMSR : APIC_ACCESS);
	(void)get(APIC_CURRENT);
	check_equal(exits(x2apic ? RDMSR : APIC_ACCESS) - accesses, 1, "the timer's count: one");
	check_equal(apic_exits() - before, 1, "and no other");

	before = apic_exits();
	writes = exits(x2apic ? WRMSR : APIC_WRITE);
	set(APIC_ERROR, MASKED | 0xfe);
	check_equal(exits(x2apic ? WRMSR : APIC_WRITE) - writes, 1, "a write of LVT: one");
	check_equal(apic_exits() - before, 1, "and no other");
	if (x2apic) {
		check_equal(try_wrmsr(MSR_X2APIC + APIC_TPR / 16, 0x100), VECTOR_GP, "TPR of 100H: #GP");
		check_equal(try_wrmsr(MSR_X2APIC + APIC_EOI / 16, 1), VECTOR_GP, "EOI of 1: #GP");
		check_equal(try_rdmsr(MSR_X2APIC + APIC_SELF / 16, &value), VECTOR_GP, "SELF IPI read: #GP");
		check_equal(try_rdmsr(MSR_X2APIC + 0x40 / 16, &value), VECTOR_GP, "none such: #GP");
		return;
	}
	apic_write(APIC_ERROR, 0xffffffff);
	check_equal(apic_read(APIC_ERROR), MASKED | 0xff, "reserved bits do not stick");
	apic_write(APIC_ID, 0xff000000);
	check_equal(apic_read(APIC_ID), 0, "nor does the ID");
}

/* One trap for each instruction, whatever of them the processor does itself. */
static volatile unsigned traps;

static void on_debug(struct interrupt_frame *frame)
{
	traps++;
	dr6_write(0xffff0ff0);
	if (traps == 4)
		frame->rflags &= ~0x100UL;
}

static void test_step(void)
{
	u32 lvt;

	traps = 0;
	interrupts_set_handler(VECTOR_DB, on_debug);
	asm volatile("pushfq; orl $0x100, (%%rsp); popfq\n\t"
		     "movl $0x20, 0x80(%1)\n\t" /* TPR: no exit */
		     "movl $0x10042, 0x370(%1)\n\t" /* LVT: an exit behind it */
		     "movl 0x390(%1), %0\n\t" /* the count: an exit before it */
		     "movl 0x370(%1), %0\n\t"
		     "nop"
		     : "=&r"(lvt)
		     : "r"(LAPIC)
		     : "memory", "cc");
	check_equal(traps, 4, "single steps, one each");
	check_equal(lvt, 0x10042, "and all of them done");
	apic_write(APIC_TPR, 0);
}

static void test_level(void)
{
	u64 ends = exits(VIRTUALIZED_EOI);
	u32 entry;

	interrupts_set_handler(VECTOR, on_com1);
	count = 0;
	outb(COM1_MCR, 0x0b);
	ioapic_write(0x11 + 2 * PIN_COM1, 0);
	ioapic_write(0x10 + 2 * PIN_COM1, LEVEL | VECTOR);
	outb(COM1_IER, 2);
	open_interrupts();
	entry = ioapic_read(0x10 + 2 * PIN_COM1);
	outb(COM1_IER, 0);
	ioapic_write(0x10 + 2 * PIN_COM1, MASKED);
	check_equal(count, 1, "a level of the I/O APIC");
	check_equal(entry, LEVEL | VECTOR, "its EOI gets there");
	check_equal(exits(VIRTUALIZED_EOI) - ends, 1, "by one exit");
	interrupts_set_handler(VECTOR, on_interrupt);
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	interrupts_set_handler(VECTOR, on_interrupt);
	interrupts_set_handler(HIGHER, on_interrupt);
	apic_write(APIC_SPURIOUS, 0x1ff);
	for (unsigned mode = 0; mode < 2; mode++) {
		print("    %s\n", x2apic ? "x2APIC" : "xAPIC");
		test_self();
		test_wake();
		test_priority();
		test_registers();
		if (!x2apic) {
			test_step();
			test_level();
		}
		wrmsr(MSR_APIC_BASE, 0xfee00100 | BASE_ENABLE | BASE_X2APIC);
		x2apic = true;
	}
	return check_failures();
}
