/* SPDX-License-Identifier: MIT */
/*
 * The pins LINT0 and LINT1 of a local APIC, for its other files only.
 * SDM "Local Vector Table".
 */
#pragma once

#include "machine/lapic.h"

static inline unsigned lapic_pin_lvt(unsigned pin)
{
	return pin == LAPIC_LINT0 ? APIC_LVT_LINT0 : APIC_LVT_LINT1;
}

static inline u32 lapic_lvt_delivery(u32 lvt)
{
	return lvt >> 8 & 7;
}

static inline bool lapic_pin_active(const struct lapic *l, unsigned pin)
{
	return l->pins[pin] !=
	       !!(*lapic_register(l, lapic_pin_lvt(pin)) & APIC_LVT_LOW_ACTIVE);
}

/* Does the pin make a request of the 8259's now? */
static inline bool lapic_pin_passes_extint(const struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, lapic_pin_lvt(pin));

	return lapic_lvt_delivery(lvt) == APIC_EXTINT && !(lvt & APIC_LVT_MASKED) &&
	       lapic_pin_active(l, pin);
}

/* The level with this vector has ended: it comes again if its pin is still active. */
void lapic_pin_ended(struct lapic *l, u8 vector);
