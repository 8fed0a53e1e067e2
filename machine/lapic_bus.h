/* SPDX-License-Identifier: MIT */
/*
 * What connects a machine's local APICs, its I/O APIC and its 8259s:
 * messages with a destination. Also the way of an MSI.
 * SDM "Determining IPI Destination", "Logical Destination Mode in x2APIC Mode".
 */
#pragma once

#include "machine/lapic.h"

struct pic;

struct lapic_message {
	u32 destination; /* an ID or a logical set, or APIC_BROADCAST */
	u8 vector;
	u8 delivery; /* enum apic_delivery */
	bool logical;
	bool level;
};

struct lapic_bus {
	struct lapic *first, *last;
	struct lapic *chosen; /* by the last lowest-priority message: next time another one */
	struct pic *pic;      /* who answers INTA for ExtINT */

	/* An EOI of a level-triggered interrupt is broadcast. */
	void (*eoi)(void *io, u8 vector);
	void *io;

	/* NMI, INIT, SMI, start-up (at page `vector`) to a vCPU: the machine's to do. */
	void (*event)(struct vcpu *vcpu, enum apic_delivery event, u8 vector);
};

/* At creation: the fields other than the list are the caller's. */
void lapic_bus_attach(struct lapic_bus *bus, struct lapic *l);

/* An 8-bit destination as messages have it: FFH is all. */
static inline u32 lapic_bus_destination(u8 destination)
{
	return destination == APIC_XAPIC_ALL ? APIC_BROADCAST : destination;
}

/* Send to whom it matches. False: nobody has accepted it. Not for ExtINT. */
bool lapic_bus_send(struct lapic_bus *bus, const struct lapic_message *m);

/* The 8259's request comes through the I/O APIC to whom `m` matches; NULL: to nobody any more. */
void lapic_bus_extint(struct lapic_bus *bus, const struct lapic_message *m);

/* Would a message interrupt somebody now? */
bool lapic_bus_would_interrupt(const struct lapic_bus *bus, const struct lapic_message *m);

/* The ICR was written, or (as a fixed IPI to itself) SELF IPI. */
void lapic_bus_command(struct lapic *from, u32 destination, u32 command);

void lapic_bus_eoi(struct lapic_bus *bus, u8 vector);
void lapic_bus_event(struct lapic *l, enum apic_delivery event, u8 vector);
