/* SPDX-License-Identifier: MIT */
/*
 * HLT with interrupts off is no end while an NMI can come: of the 8254,
 * through the I/O APIC each time and through the 8259 and LINT0 once. Behind
 * that once it is.
 *
 * EXPECT ^through the I/O APIC: 3$
 * EXPECT ^through LINT0: 1$
 * EXPECT ^vm0: waits for ever: HLT with interrupts off \(RFLAGS.IF=0\) at RIP
 * EXPECT ^stuck: .*: waits for an interrupt; interrupts are off \(RFLAGS.IF=0\)$
 * REJECT FAIL
 * STATUS 1
 */
#include "guest/apic.h"

#define NMI	 (4U << 8)
#define PIT_MODE 0x43
#define PIT_DATA 0x40

static volatile unsigned nmis;

static void on_nmi(struct interrupt_frame *frame)
{
	(void)frame;
	nmis++;
}

/* A thousand ticks a second; with 0x30 instead of 0x34 one, after a while. */
static void pit(u8 mode)
{
	outb(PIT_MODE, mode);
	outb(PIT_DATA, 0xa9);
	outb(PIT_DATA, 0x04);
}

static void halt(void)
{
	asm volatile("cli; hlt" : : : "memory");
}

int guest_main(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_NMI, on_nmi);
	apic_map();
	apic_write(APIC_SPURIOUS, 0x1ff);
	apic_write(APIC_LINT0, MASKED);
	ioapic_write(0x15, 0);
	ioapic_write(0x14, NMI);
	pit(0x34);
	while (nmis < 3)
		halt();
	ioapic_write(0x14, MASKED);
	print("through the I/O APIC: %u\n", nmis);

	nmis = 0;
	outb(PIT_MODE, 0x30); /* the output goes low, and high when it has counted */
	apic_write(APIC_LINT0, NMI);
	outb(0x21, 0xfe);
	pit(0x30);
	halt();
	print("through LINT0: %u\n", nmis);
	halt();
	print("FAIL: still here\n");
	return 1;
}
