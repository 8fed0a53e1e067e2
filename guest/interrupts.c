/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#define GATE_INTERRUPT 0x8e
#define CODE_SELECTOR  0x18
#define PIC1	       0x20
#define PIC2	       0xa0
#define PIC_EOI	       0x20

struct __attribute__((packed)) gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};

extern char interrupt_stubs[]; /* interrupt_stubs.S: 16 bytes a vector */
struct interrupt_frame {
	u64 registers[9]; /* rax rcx rdx rsi rdi r8 r9 r10 r11 */
	u64 vector, error, rip, cs, rflags, rsp, ss;
};
void interrupt_handle(struct interrupt_frame *frame);

volatile struct fault fault;
u64 fault_resume;

static struct gate idt[256];
static void (*handlers[256])(void);

void interrupts_set_handler(u8 vector, void (*handler)(void))
{
	handlers[vector] = handler;
}

static void unexpected(const struct interrupt_frame *frame)
{
	print("guest: unexpected vector=%u error=%x rip=%x\n", frame->vector, frame->error, frame->rip);
	power_off(100);
}

void interrupt_handle(struct interrupt_frame *frame)
{
	if (handlers[frame->vector]) {
		handlers[frame->vector]();
		return;
	}
	if (frame->vector >= 32 || !fault_resume)
		unexpected(frame);
	fault.vector = frame->vector;
	fault.error = frame->error;
	fault.rip = frame->rip;
	fault.happened = true;
	frame->rip = fault_resume;
}

/* The 8259s: IRQ 0 to 15 at vectors 20H to 2FH, all masked. */
static void init_pics(void)
{
	outb(PIC1, 0x11);
	outb(PIC1 + 1, 0x20);
	outb(PIC1 + 1, 4);
	outb(PIC1 + 1, 1);
	outb(PIC2, 0x11);
	outb(PIC2 + 1, 0x28);
	outb(PIC2 + 1, 2);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
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
	asm volatile("lidt %0" : : "m"(idtr));
	init_pics();
}
