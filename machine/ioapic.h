/* SPDX-License-Identifier: MIT */
/*
 * An I/O APIC with 24 pins, as an ICH9 has it: the 82093AA's registers and,
 * from version 20H on, an EOI register. Its messages go out on the bus of
 * the local APICs. 82093AA data sheet "IOAPIC Registers".
 *
 * A pin's level is the voltage; an entry's polarity says which one is an
 * interrupt. Pins 16 to 23 are a PC's PCI interrupts, low active with
 * pull-ups: they are high until somebody drives them.
 *
 * Where it differs from the chip: a message that no local APIC takes is
 * dropped, not tried for ever; a level is tried again with the next write to
 * an entry, change of the pin, or EOI. An ExtINT entry passes the pin's
 * level on, so it works with any trigger mode.
 */
#pragma once

#include "lib/types.h"

struct lapic_bus;

#define IOAPIC_PINS	 24
#define IOAPIC_BASE	 0xfec00000UL
#define IOAPIC_VERSION	 0x20U
#define IOAPIC_PIN_8259	 0 /* INT of the 8259 pair, for ExtINT */
#define IOAPIC_PIN_TIMER 2 /* ISA interrupt 0: the MADT must say so */

struct ioapic {
	u64 entries[IOAPIC_PINS];
	u32 high;   /* levels of the pins */
	u8 select;  /* IOREGSEL */
	u8 id;
	struct lapic_bus *bus;
};

/* `bus` is the caller's to set before. */
void ioapic_reset(struct ioapic *io);

/* For struct irq. */
void ioapic_set_line(void *ioapic, unsigned pin, bool high);

/* lapic_bus.eoi: a level-triggered interrupt of this vector has ended. */
void ioapic_eoi(void *ioapic, u8 vector);

/* Does an interrupt of this pin's vector wait for a processor to take it? Not if it is masked. */
bool ioapic_waits(const struct ioapic *io, unsigned pin);

/* If this pin changed to its active level now, would a processor be interrupted? */
bool ioapic_would_interrupt(const struct ioapic *io, unsigned pin);
bool ioapic_sends_nmi(const struct ioapic *io, unsigned pin); /* would it be an NMI? */

/*
 * The page at IOAPIC_BASE. The select register takes the low byte of any
 * write, the window and the EOI register writes of 4 bytes or more. What is
 * no register reads as 0.
 */
u64 ioapic_page_read(struct ioapic *io, unsigned offset, unsigned size);
void ioapic_page_write(struct ioapic *io, unsigned offset, unsigned size, u64 value);
