/* SPDX-License-Identifier: MIT */
/*
 * An interrupt that a guest can raise and lower as it likes: COM1's, at pin 4
 * of the I/O APIC. Nothing can be printed while it is in use.
 */
#pragma once

#include "guest/apic.h"

#define PIN	   4
#define VECTOR	   0x61
#define LEVEL	   (1U << 15)
#define REMOTE_IRR (1U << 14)

#define COM1_IER 0x3f9
#define COM1_MCR 0x3fc

static volatile unsigned count;
static volatile unsigned lower_at; /* the handler takes the line down at this interrupt */

/* "Transmitter empty" is true all the time: its enable bit is the line. */
static inline void line(bool high)
{
	outb(COM1_IER, high ? 2 : 0);
}

static inline void entry(u32 low)
{
	ioapic_write(0x10 + 2 * PIN, low);
}

static inline u32 entry_now(void)
{
	return ioapic_read(0x10 + 2 * PIN);
}

static inline void destination(u8 id)
{
	ioapic_write(0x11 + 2 * PIN, (u32)id << 24);
}

static inline void on_interrupt(struct interrupt_frame *frame)
{
	(void)frame;
	if (++count == lower_at)
		line(false);
	apic_write(APIC_EOI, 0);
}

/* Interrupts until none comes any more. */
static inline unsigned taken(void)
{
	unsigned before = count;

	for (unsigned i = 0; i < 8; i++)
		open_interrupts();
	return count - before;
}

/* The line is low, nothing waits, the entry is masked. COM1 is then free to talk. */
static inline void clean(void)
{
	line(false);
	entry(MASKED);
	destination(0);
	lower_at = 0;
	(void)taken();
	count = 0;
}

static inline void line_init(void)
{
	interrupts_init();
	apic_map();
	interrupts_set_handler(VECTOR, on_interrupt);
	apic_write(APIC_SPURIOUS, 0x1ff);
	outb(COM1_MCR, 0x0b); /* OUT2 lets its interrupt out */
	clean();
}
