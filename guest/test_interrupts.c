/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the 8259s: where they come in, the shadows of STI and MOV SS,
 * HLT, masks, priorities, and nothing that nobody asked for.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define MS_1	1193
#define PIC1	0x20
#define RTC	0x70
#define COM1_IER 0x3f9
#define COM1_MCR 0x3fc
#define THR_EMPTY 2
#define OUT2	8

#define IRQ_PIT	 0
#define IRQ_COM1 4
#define IRQ_RTC	 8
#define EVENTS	 16

static volatile unsigned events;
static volatile u64 event_vector[EVENTS], event_rip;
static u64 tsc_hz;
static volatile bool leave_open; /* do not tell the 8259 that it has been served */

static void event(struct interrupt_frame *frame)
{
	event_vector[events++ % EVENTS] = frame->vector;
	event_rip = frame->rip;
	if (frame->vector == VECTOR_IRQ + IRQ_COM1)
		outb(COM1_IER, 0);
	if (!leave_open)
		irq_end((unsigned)frame->vector - VECTOR_IRQ);
}

/* The 8259's request register. */
static u8 requests(u16 pic)
{
	outb(pic, 0x0a);
	return inb(pic);
}

/* With interrupts off: until there is a request of the timer. */
static void wait_for_tick(void)
{
	u64 start = rdtsc();

	events = 0;
	pit_once(MS_1);
	while (rdtsc() - start < tsc_hz / 50)
		; /* without exits of our own */
	while (!(requests(PIC1) & 1 << IRQ_PIT))
		;
}

/* One interrupt came, and it came here. */
#define came_at(label, text)                                                                       \
	({                                                                                         \
		u64 label_;                                                                        \
                                                                                                   \
		asm volatile("lea " #label "(%%rip), %0" : "=r"(label_));                          \
		check_equal(events, 1, text);                                                      \
		check_equal(event_rip, label_, "at the right instruction");                        \
	})

static void test_shadow(void)
{
	wait_for_tick();
	asm volatile("sti\n\tnop\nshadow_1:\n\tnop\n\tnop\n\tcli" : : : "memory");
	came_at(shadow_1, "STI: one instruction is still undisturbed");
	wait_for_tick();
	asm volatile("sti\n\tcpuid\nshadow_2:\n\tnop\n\tcli"
		     : : : "rax", "rbx", "rcx", "rdx", "memory");
	came_at(shadow_2, "STI: also one that exits");
	wait_for_tick();
	asm volatile("pushfq\n\torq $0x200, (%%rsp)\n\tpopfq\nshadow_3:\n\tnop\n\tcli"
		     : : : "memory", "cc");
	came_at(shadow_3, "POPF: none");
	irq_mask(IRQ_PIT);
	wait_for_tick();
	asm volatile("sti\n\tnop\n\tmov %%ss, %%ecx\n\tmov %%ecx, %%ss\n\toutb %%al, $0x21\n"
		     "shadow_4:\n\tnop\n\tcli"
		     : : "a"((u8)(inb(PIC1 + 1) & ~1)) : "rcx", "memory");
	came_at(shadow_4, "MOV SS: an OUT in its shadow that lets one through");
}

static void test_halt(void)
{
	u64 halts = exits(12);

	events = 0;
	pit_once(MS_1);
	asm volatile("sti\n\thlt\nhalt_1:\n\tcli" : : : "memory");
	came_at(halt_1, "HLT waits for one");
	wait_for_tick();
	asm volatile("sti\n\thlt\nhalt_2:\n\tcli" : : : "memory");
	came_at(halt_2, "HLT with one waiting");
	check_equal(exits(12) - halts, 2, "each was one exit");
}

#define open_for_two() asm volatile("sti\n\tnop\n\tnop\n\tcli" : : : "memory")

static void test_masks(void)
{
	irq_mask(IRQ_PIT);
	wait_for_tick();
	open_for_two();
	check_equal(events, 0, "a masked interrupt does not come");
	check(requests(PIC1) & 1, "but its request is there");
	irq_unmask(IRQ_PIT);
	irq_mask(IRQ_PIT);
	open_for_two();
	check_equal(events, 0, "let through and masked with IF=0: it does not come either");
	irq_unmask(IRQ_PIT);
	open_for_two();
	check_equal(events, 1, "let through: it comes");

	leave_open = true;
	wait_for_tick();
	open_for_two();
	wait_for_tick();
	open_for_two();
	check_equal(events, 0, "none comes before the last one has been served");
	leave_open = false;
	irq_end(IRQ_PIT);
	open_for_two();
	check_equal(events, 1, "it comes then");
	asm volatile("int $0x20");
	check_equal(events, 2, "INT 20H comes as well");
	open_for_two();
	check_equal(events, 2, "and is not taken for one of the 8259's");
}

static u8 rtc_read(u8 reg)
{
	outb(RTC, reg);
	return inb(RTC + 1);
}

static void rtc_write(u8 reg, u8 value)
{
	outb(RTC, reg);
	outb(RTC + 1, value);
}

/* Three devices at once. The second 8259 comes in at input 2, before COM1. */
static void test_priorities(void)
{
	rtc_write(0xa, 0x26); /* 1024 Hz */
	rtc_write(0xb, rtc_read(0xb) | 0x40);
	(void)rtc_read(0xc);
	outb(COM1_MCR, OUT2);
	outb(COM1_IER, THR_EMPTY);
	check(requests(PIC1) & 1 << IRQ_COM1, "COM1 requests one when it can send");
	irq_unmask(IRQ_RTC);
	irq_unmask(IRQ_COM1);
	wait_for_tick();
	asm volatile("sti\n\tnop\n\tnop\n\tnop\n\tcli" : : : "memory");
	irq_mask(IRQ_RTC);
	irq_mask(IRQ_COM1);
	rtc_write(0xb, rtc_read(0xb) & ~0x40);
	check_equal(events, 3, "three requests at once give three interrupts");
	check_equal(event_vector[0], VECTOR_IRQ + IRQ_PIT, "first the timer");
	check_equal(event_vector[1], VECTOR_IRQ + IRQ_RTC, "then the clock");
	check_equal(event_vector[2], VECTOR_IRQ + IRQ_COM1, "then COM1");
}

/* A guest that is never interrupted, and exits all the time, must see time go on as well. */
static void test_polling(void)
{
	unsigned polls = 60000;

	pit_once(MS_1);
	while (polls && !(requests(PIC1) & 1 << IRQ_PIT))
		polls--;
	check(polls, "a request is seen by polling alone");
}

int guest_main(void)
{
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	interrupts_init();
	for (u8 irq = 0; irq < 16; irq++)
		interrupts_set_handler(VECTOR_IRQ + irq, event);
	irq_unmask(IRQ_PIT);
	test_shadow();
	test_halt();
	test_masks();
	test_priorities();
	test_polling();
	return check_failures();
}
