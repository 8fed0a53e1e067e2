/* SPDX-License-Identifier: MIT */
/*
 * Events whose delivery is interrupted by an exit. Their stacks lie in
 * memory that Trivet maps at the first access, so pushing the frame is an
 * EPT violation; then the event must be delivered again: with its vector,
 * error code, address and return address, whatever kind it is.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define EPT_VIOLATION 48
#define FRESH	      0x4000000UL /* untouched memory, mapped in pieces of 2M */
#define PIECE	      0x200000UL
#define HOLE	      0x20000000UL
#define DR6_RESET     0xffff0ff0UL
#define INT_41	      0x41
#define RFLAGS_RF     (1UL << 16)

static volatile unsigned events;
static volatile struct interrupt_frame seen;
static volatile u64 seen_cr2;
static u64 pieces;

static void event(struct interrupt_frame *frame)
{
	seen = *frame;
	seen_cr2 = cr2_read();
	events++;
	if (frame->vector == VECTOR_IRQ)
		irq_end(0);
	if (frame->vector == VECTOR_DB)
		frame->rflags |= RFLAGS_RF;
	/* Faults of this test are all of an instruction of three bytes. */
	if (frame->vector == VECTOR_UD || frame->vector == VECTOR_GP || frame->vector == VECTOR_PF)
		frame->rip += 3;
}

/* The next event with this vector finds a stack that nobody has touched. */
static u64 fresh_stack(u8 vector)
{
	u64 top = FRESH + ++pieces * PIECE;

	interrupts_set_handler(vector, event);
	user_set_stack(1, top);
	interrupts_set_stack(vector, 1);
	events = 0;
	return exits(EPT_VIOLATION);
}

#define LABEL(name)                                                                                \
	({                                                                                         \
		u64 at_;                                                                           \
                                                                                                   \
		asm volatile("lea " #name "(%%rip), %0" : "=r"(at_));                              \
		at_;                                                                               \
	})

static void check_event(u8 vector, u64 violations, u64 rip, u64 error, const char *text)
{
	u64 more = exits(EPT_VIOLATION) - violations;
	u64 top = FRESH + pieces * PIECE;

	interrupts_set_stack(vector, 0);
	check_equal(events, 1, text);
	check(more >= 1 && (u64)seen.rsp < FRESH, "an exit interrupted it");
	check_equal(seen.vector, vector, "the vector");
	check_equal(seen.rip, rip, "the return address");
	check_equal(seen.error, error, "the error code");
	check(((volatile u64 *)top)[-1] == seen.ss, "the frame is where it should be");
}

static void test_faults(void)
{
	u64 before = fresh_stack(VECTOR_UD);

	asm volatile("fault_1:\n\t.byte 0x0f, 0x0b, 0x90" : : : "memory"); /* UD2, NOP */
	check_event(VECTOR_UD, before, LABEL(fault_1), 0, "#UD, by the processor");
	before = fresh_stack(VECTOR_UD);
	asm volatile("fault_2:\n\tvmxoff" : : : "memory");
	check_event(VECTOR_UD, before, LABEL(fault_2), 0, "#UD, injected");
	before = fresh_stack(VECTOR_GP);
	asm volatile("fault_3:\n\tmov %%eax, %%fs\n\tnop" : : "a"(0x1238) : "memory");
	check_event(VECTOR_GP, before, LABEL(fault_3), 0x1238, "#GP with an error code");
	before = fresh_stack(VECTOR_PF);
	asm volatile("fault_4:\n\tmov %%rax, (%0)" : : "b"(HOLE + 8) : "memory");
	check_event(VECTOR_PF, before, LABEL(fault_4), 2, "#PF");
	check_equal(seen_cr2, HOLE + 8, "and CR2");
}

static void test_software(void)
{
	u64 before = fresh_stack(VECTOR_BP);

	asm volatile("int3\nsoft_1:" : : : "memory");
	check_event(VECTOR_BP, before, LABEL(soft_1), 0, "INT3: a software exception");
	before = fresh_stack(INT_41);
	asm volatile("int $0x41\nsoft_2:" : : : "memory");
	check_event(INT_41, before, LABEL(soft_2), 0, "INT 41H: a software interrupt");
	before = fresh_stack(VECTOR_BP);
	asm volatile("int $3\nsoft_3:" : : : "memory");
	check_event(VECTOR_BP, before, LABEL(soft_3), 0, "INT 3 of two bytes");
}

static void test_debug(void)
{
	u64 before = fresh_stack(VECTOR_DB);

	dr0_write(LABEL(debug_1));
	dr7_write(0x401);
	asm volatile("debug_1:\n\tnop" : : : "memory");
	check_event(VECTOR_DB, before, LABEL(debug_1), 0, "#DB, which exits by itself");
	check_equal(dr6_read(), DR6_RESET | 1, "and DR6");
	dr7_write(0x400);
}

static void test_interrupt(void)
{
	u64 before = fresh_stack(VECTOR_IRQ);

	irq_unmask(0);
	pit_once(1193);
	asm volatile("sti\n\thlt\nirq_1:\n\tcli" : : : "memory");
	check_event(VECTOR_IRQ, before, LABEL(irq_1), 0, "an interrupt");
	irq_mask(0);
	asm volatile("sti\n\tnop\n\tnop\n\tcli" : : : "memory");
	check_equal(events, 1, "which comes once");
}

int guest_main(void)
{
	interrupts_init();
	user_init();
	PAGE_PD[HOLE >> 21] = 0;
	cr3_write(cr3_read());
	test_faults();
	test_software();
	test_debug();
	test_interrupt();
	return check_failures();
}
