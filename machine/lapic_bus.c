/* SPDX-License-Identifier: MIT */
#include "machine/lapic_bus.h"

void lapic_bus_attach(struct lapic_bus *bus, struct lapic *l)
{
	l->bus = bus;
	l->next = NULL;
	if (bus->last)
		bus->last->next = l;
	else
		bus->first = l;
	bus->last = l;
}

/* ---- Who is meant ---------------------------------------------------------------- */

static bool matches_physical(const struct lapic *l, u32 destination)
{
	u32 id = *lapic_register(l, APIC_ID);

	return destination == (lapic_is_x2apic(l) ? id : id >> 24);
}

static bool matches_logical(const struct lapic *l, u32 destination)
{
	u32 ldr = *lapic_register(l, APIC_LDR), ids = ldr >> 24;

	if (lapic_is_x2apic(l))
		return destination >> 16 == ldr >> 16 && destination & ldr & 0xffff;
	if (destination > 0xff)
		return false;
	/* All ones are flat, none cluster; the manual knows no others. */
	if (*lapic_register(l, APIC_DFR) & APIC_DFR_CLUSTER_MASK)
		return destination & ids;
	return destination >> 4 == ids >> 4 && destination & ids & 0xf;
}

static bool matches(const struct lapic *l, const struct lapic_message *m)
{
	if (!lapic_enabled(l))
		return false;
	if (m->destination == APIC_BROADCAST)
		return true;
	return m->logical ? matches_logical(l, m->destination)
			  : matches_physical(l, m->destination);
}

/* ---- Messages -------------------------------------------------------------------- */

static bool deliver(struct lapic *l, const struct lapic_message *m)
{
	switch (m->delivery) {
	case APIC_FIXED:
	case APIC_LOWEST:
		return lapic_accept(l, m->vector, m->level);
	case APIC_NMI:
	case APIC_INIT:
	case APIC_STARTUP:
	case APIC_SMI:
		lapic_bus_event(l, (enum apic_delivery)m->delivery, m->vector);
		return true;
	}
	return false;
}

static struct lapic *after(const struct lapic_bus *bus, const struct lapic *l)
{
	return l && l->next ? l->next : bus->first;
}

/* All in turn from the one behind who had the last: of equals, another one each time. */
static struct lapic *lowest(const struct lapic_bus *bus, const struct lapic_message *m,
			    const struct lapic *except)
{
	struct lapic *start = after(bus, bus->chosen), *l = start, *best = NULL;

	do {
		if (l != except && matches(l, m) &&
		    *lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_ENABLE &&
		    (!best || lapic_priority(l) < lapic_priority(best)))
			best = l;
		l = after(bus, l);
	} while (l != start);
	return best;
}

static bool send(struct lapic_bus *bus, const struct lapic_message *m, const struct lapic *except)
{
	bool accepted = false;

	if (m->delivery == APIC_LOWEST) {
		struct lapic *l = lowest(bus, m, except);

		if (!l)
			return false;
		bus->chosen = l;
		return deliver(l, m);
	}
	for (struct lapic *l = bus->first; l; l = l->next)
		if (l != except && matches(l, m))
			accepted |= deliver(l, m);
	return accepted;
}

bool lapic_bus_send(struct lapic_bus *bus, const struct lapic_message *m)
{
	return send(bus, m, NULL);
}

void lapic_bus_extint(struct lapic_bus *bus, const struct lapic_message *m)
{
	for (struct lapic *l = bus->first; l; l = l->next) {
		bool extint = m && matches(l, m);

		if (l->extint == extint)
			continue;
		l->extint = extint;
		lapic_update(l);
	}
}

bool lapic_bus_would_interrupt(const struct lapic_bus *bus, const struct lapic_message *m)
{
	for (const struct lapic *l = bus->first; l; l = l->next)
		if (matches(l, m) && (m->delivery > APIC_LOWEST || lapic_would_take(l, m->vector)))
			return true;
	return false;
}

/* ---- Interprocessor interrupts --------------------------------------------------- */

/* De-asserts were for the arbitration IDs of the APIC bus, which is gone. */
static bool has_effect(u32 command)
{
	u32 delivery = command >> 8 & 7;

	if (delivery == APIC_INIT)
		return !(command & APIC_ICR_LEVEL) || command & APIC_ICR_ASSERT;
	return delivery != 3 && delivery != APIC_EXTINT;
}

void lapic_bus_command(struct lapic *from, u32 destination, u32 command)
{
	struct lapic_message m = {
		.destination = destination,
		.vector = (u8)command,
		.delivery = command >> 8 & 7,
		.logical = command & APIC_ICR_LOGICAL,
	};

	if (!has_effect(command))
		return;
	if (m.delivery <= APIC_LOWEST && m.vector < APIC_FIRST_VECTOR)
		lapic_error(from, APIC_ESR_SEND_VECTOR);
	switch ((enum apic_shorthand)bits_get(command, 19, 18)) {
	case APIC_TO_DESTINATION:
		send(from->bus, &m, NULL);
		break;
	case APIC_TO_SELF:
		deliver(from, &m);
		break;
	case APIC_TO_ALL:
	case APIC_TO_OTHERS:
		m.destination = APIC_BROADCAST;
		send(from->bus, &m, command & BIT(18) ? from : NULL);
		break;
	}
}

void lapic_bus_eoi(struct lapic_bus *bus, u8 vector)
{
	if (bus->eoi)
		bus->eoi(bus->io, vector);
}

void lapic_bus_event(struct lapic *l, enum apic_delivery event, u8 vector)
{
	l->bus->event(l->vcpu, event, vector);
}
