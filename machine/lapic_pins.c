/* SPDX-License-Identifier: MIT */
/*
 * The local interrupts: what the pins and the APIC's own sources make of
 * their entries in the local vector table.
 */
#include "machine/lapic_pins.h"

#include "machine/lapic_bus.h"

bool lapic_would_take_pin(const struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, lapic_pin_lvt(pin));

	if (!lapic_enabled(l))
		return true;
	if (lvt & APIC_LVT_MASKED)
		return false;
	return lapic_lvt_delivery(lvt) != APIC_FIXED || lapic_would_take(l, (u8)lvt);
}

bool lapic_would_take_nmi(const struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, lapic_pin_lvt(pin));

	return lapic_enabled(l) && !(lvt & APIC_LVT_MASKED) && lapic_lvt_delivery(lvt) == APIC_NMI &&
	       !lapic_pin_active(l, pin);
}

/* A level stays: it comes again after its EOI. LINT1 knows only edges. */
static bool level_triggered(unsigned pin, u32 lvt)
{
	return pin == LAPIC_LINT0 && lapic_lvt_delivery(lvt) == APIC_FIXED && lvt & APIC_LVT_LEVEL;
}

static void raise_level(struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, lapic_pin_lvt(pin));

	if (!level_triggered(pin, lvt) || lvt & (APIC_LVT_MASKED | APIC_LVT_REMOTE_IRR) ||
	    !lapic_pin_active(l, pin))
		return;
	if (lapic_accept(l, (u8)lvt, true))
		lapic_set_register(l, lapic_pin_lvt(pin), lvt | APIC_LVT_REMOTE_IRR);
}

void lapic_local(struct lapic *l, unsigned offset)
{
	u32 lvt = *lapic_register(l, offset);

	if (lvt & APIC_LVT_MASKED)
		return;
	switch (lapic_lvt_delivery(lvt)) {
	case APIC_FIXED:
		lapic_accept(l, (u8)lvt, false);
		break;
	case APIC_SMI:
	case APIC_NMI:
	case APIC_INIT:
		lapic_bus_event(l, (enum apic_delivery)lapic_lvt_delivery(lvt), 0);
		break;
	}
}

void lapic_pin_changed(struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, lapic_pin_lvt(pin));

	if (!level_triggered(pin, lvt))
		lapic_set_register(l, lapic_pin_lvt(pin), lvt & ~(u32)APIC_LVT_REMOTE_IRR);
	raise_level(l, pin);
	lapic_update(l);
}

void lapic_set_pin(void *lapic, unsigned pin, bool high)
{
	struct lapic *l = lapic;
	bool was_active = lapic_pin_active(l, pin);

	if (l->pins[pin] == high)
		return;
	l->pins[pin] = high;
	if (!lapic_enabled(l)) {
		if (pin == LAPIC_LINT1 && high)
			lapic_bus_event(l, APIC_NMI, 0);
	} else if (level_triggered(pin, *lapic_register(l, lapic_pin_lvt(pin)))) {
		raise_level(l, pin);
	} else if (!was_active) {
		lapic_local(l, lapic_pin_lvt(pin));
	}
	lapic_update(l);
}

void lapic_pin_ended(struct lapic *l, u8 vector)
{
	u32 lint0 = *lapic_register(l, APIC_LVT_LINT0);

	if (!(lint0 & APIC_LVT_REMOTE_IRR) || (u8)lint0 != vector)
		return;
	lapic_set_register(l, APIC_LVT_LINT0, lint0 & ~(u32)APIC_LVT_REMOTE_IRR);
	raise_level(l, LAPIC_LINT0);
}

/* One interrupt for all errors until ESR is written. */
void lapic_error(struct lapic *l, u32 bit)
{
	l->errors |= bit;
	if (l->error_told || *lapic_register(l, APIC_LVT_ERROR) & APIC_LVT_MASKED)
		return;
	l->error_told = true;
	lapic_local(l, APIC_LVT_ERROR);
}
