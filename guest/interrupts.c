/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#define GATE_INTERRUPT 0x8e
#define GATE_PRESENT   0x80
#define GATE_USER      0x60
#define CODE_SELECTOR  0x18
#define DATA_SELECTOR  0x10
#define PIC1	       0x20
#define PIC2	       0xa0
#define PIC_EOI	       0x20
#define PIC_CASCADE    2
#define PIT_COMMAND    0x43
#define PIT_DATA       0x40

struct __attribute__((packed)) gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

extern char interrupt_stubs[]; /* interrupt_stubs.S: 16 bytes a vector */
void interrupt_handle(struct interrupt_frame *frame);

volatile struct fault fault;
u64 fault_resume, fault_stack;

static struct gate idt[256];
static void (*handlers[256])(struct interrupt_frame *frame);

void interrupts_set_handler(u8 vector, void (*handler)(struct interrupt_frame *frame))
{
	handlers[vector] = handler;
}

void interrupts_set_stack(u8 vector, u8 ist)
{
	idt[vector].ist = ist;
}

void interrupts_set_present(u8 vector, bool present)
{
	idt[vector].type = present ? GATE_INTERRUPT : GATE_INTERRUPT & ~GATE_PRESENT;
}

static void unexpected(const struct interrupt_frame *frame)
{
	print("guest: unexpected vector=%u error=%x rip=%x cr2=%x\n", frame->vector, frame->error,
	      frame->rip, cr2_read());
	power_off(100);
}

void interrupt_handle(struct interrupt_frame *frame)
{
	bool user = frame->cs & 3;

	if (handlers[frame->vector]) {
		handlers[frame->vector](frame);
		return;
	}
	if ((frame->vector >= 32 && !user) || !fault_resume)
		unexpected(frame);
	fault.vector = frame->vector;
	fault.error = frame->error;
	fault.rip = frame->rip;
	fault.cr2 = cr2_read();
	fault.happened = true;
	frame->rip = fault_resume;
	if (user) {
		frame->cs = CODE_SELECTOR;
		frame->ss = DATA_SELECTOR;
		frame->rsp = fault_stack;
	}
}

static void init_pics(void)
{
	outb(PIC1, 0x11);
	outb(PIC1 + 1, VECTOR_IRQ);
	outb(PIC1 + 1, 1 << PIC_CASCADE);
	outb(PIC1 + 1, 1);
	outb(PIC2, 0x11);
	outb(PIC2 + 1, VECTOR_IRQ + 8);
	outb(PIC2 + 1, PIC_CASCADE);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, (u8)~(1U << PIC_CASCADE));
	outb(PIC2 + 1, 0xff);
}

void irq_unmask(unsigned irq)
{
	u16 port = irq < 8 ? PIC1 + 1 : PIC2 + 1;

	outb(port, inb(port) & (u8)~(1U << irq % 8));
}

void irq_mask(unsigned irq)
{
	u16 port = irq < 8 ? PIC1 + 1 : PIC2 + 1;

	outb(port, inb(port) | (u8)(1U << irq % 8));
}

void irq_end(unsigned irq)
{
	if (irq >= 8)
		outb(PIC2, PIC_EOI);
	outb(PIC1, PIC_EOI);
}

void pit_start(u16 divisor)
{
	outb(PIT_COMMAND, 0x34); /* channel 0, both bytes, mode 2 */
	outb(PIT_DATA, (u8)divisor);
	outb(PIT_DATA, (u8)(divisor >> 8));
}

void pit_once(u16 count)
{
	outb(PIT_COMMAND, 0x30); /* channel 0, both bytes, mode 0 */
	outb(PIT_DATA, (u8)count);
	outb(PIT_DATA, (u8)(count >> 8));
}

void interrupts_init(void)
{
	struct __attribute__((packed)) {
		u16 limit;
		u64 base;
	} idtr = { sizeof(idt) - 1, (u64)idt };

	for (unsigned i = 0; i < 256; i++) {
		u64 stub = (u64)interrupt_stubs + 16 * i;

		idt[i] = (struct gate){ .offset_low = (u16)stub,
					.selector = CODE_SELECTOR,
					.type = GATE_INTERRUPT,
					.offset_middle = (u16)(stub >> 16) };
	}
	idt[USER_END].type |= GATE_USER;
	asm volatile("lidt %0" : : "m"(idtr));
	init_pics();
}
