/* SPDX-License-Identifier: MIT */
/*
 * Priorities: what waits (IRR), what is in service (ISR), what the processor
 * lets through (TPR, PPR). And the local interrupts: pins, LVT, errors.
 */
#include "machine/lapic.h"

#include "machine/lapic_bus.h"
#include "machine/pic.h"

static const u16 pin_lvt[LAPIC_PINS] = { APIC_LVT_LINT0, APIC_LVT_LINT1 };

/* ---- Registers of 256 bits ------------------------------------------------------- */

static u32 *word_of(const struct lapic *l, unsigned set, u8 vector)
{
	return lapic_register(l, set + vector / 32U * 16);
}

static void set_bit(struct lapic *l, unsigned set, u8 vector)
{
	*word_of(l, set, vector) |= 1U << vector % 32;
}

static void clear_bit(struct lapic *l, unsigned set, u8 vector)
{
	*word_of(l, set, vector) &= ~(1U << vector % 32);
}

static bool test_bit(const struct lapic *l, unsigned set, u8 vector)
{
	return *word_of(l, set, vector) >> vector % 32 & 1;
}

/* Number of the highest bit, or -1. */
static int highest(const struct lapic *l, unsigned set)
{
	for (int i = 7; i >= 0; i--) {
		u32 word = *lapic_register(l, set + 16U * (unsigned)i);

		if (word)
			return 32 * i + 31 - __builtin_clz(word);
	}
	return -1;
}

/* ---- Priorities ------------------------------------------------------------------ */

/* SDM "Task and Processor Priorities": classes are compared; TPR wins a draw. */
static u32 processor_priority(const struct lapic *l)
{
	u32 tpr = *lapic_register(l, APIC_TPR);
	int vector = highest(l, APIC_ISR);
	u32 in_service = vector < 0 ? 0 : (u32)vector & 0xf0;

	return (tpr & 0xf0) >= in_service ? tpr : in_service;
}

static bool above(u32 vector, u32 priority)
{
	return (vector & 0xf0) > (priority & 0xf0);
}

/* The vector to deliver, or -1. PPR is up to date. */
static int candidate(const struct lapic *l)
{
	int vector = highest(l, APIC_IRR);

	return vector >= 0 && above((u32)vector, *lapic_register(l, APIC_PPR)) ? vector : -1;
}

static u32 delivery(u32 lvt)
{
	return lvt >> 8 & 7;
}

static bool active(const struct lapic *l, unsigned pin)
{
	return l->pins[pin] != !!(*lapic_register(l, pin_lvt[pin]) & APIC_LVT_LOW_ACTIVE);
}

static bool software_enabled(const struct lapic *l)
{
	return lapic_enabled(l) && *lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_ENABLE;
}

static bool passes_extint(const struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, pin_lvt[pin]);

	return delivery(lvt) == APIC_EXTINT && !(lvt & APIC_LVT_MASKED);
}

/* The 8259's request, past all priorities. Without the APIC LINT0 is INTR. */
static bool external(const struct lapic *l)
{
	if (unlikely(!lapic_enabled(l)))
		return l->pins[LAPIC_LINT0];
	if (l->extint && software_enabled(l))
		return true;
	for (unsigned pin = 0; pin < LAPIC_PINS; pin++)
		if (passes_extint(l, pin) && active(l, pin))
			return true;
	return false;
}

bool lapic_pending(const struct lapic *l)
{
	return candidate(l) >= 0 || external(l);
}

void lapic_update(struct lapic *l)
{
	*lapic_register(l, APIC_PPR) = processor_priority(l);
	irq_set(&l->output, lapic_pending(l));
}

int lapic_acknowledge(struct lapic *l)
{
	int vector;

	if (external(l)) {
		vector = pic_acknowledge(l->bus->pic);
	} else {
		vector = candidate(l);
		if (vector < 0)
			return -1;
		clear_bit(l, APIC_IRR, (u8)vector);
		set_bit(l, APIC_ISR, (u8)vector);
	}
	lapic_update(l);
	return vector;
}

u64 lapic_cr8(const struct lapic *l)
{
	return *lapic_register(l, APIC_TPR) >> 4;
}

void lapic_set_cr8(struct lapic *l, u64 value)
{
	*lapic_register(l, APIC_TPR) = (u32)value << 4 & 0xf0;
	lapic_update(l);
}

bool lapic_would_take(const struct lapic *l, u8 vector)
{
	return software_enabled(l) && above(vector, *lapic_register(l, APIC_PPR));
}

bool lapic_would_take_pin(const struct lapic *l, unsigned pin)
{
	u32 lvt = *lapic_register(l, pin_lvt[pin]);

	if (!lapic_enabled(l))
		return true;
	if (lvt & APIC_LVT_MASKED)
		return false;
	return delivery(lvt) != APIC_FIXED || lapic_would_take(l, (u8)lvt);
}

/* ---- Interrupts come in ---------------------------------------------------------- */

bool lapic_accept(struct lapic *l, u8 vector, bool level)
{
	if (!software_enabled(l))
		return false;
	if (vector < APIC_FIRST_VECTOR) {
		lapic_error(l, APIC_ESR_RECEIVE_VECTOR);
		return true;
	}
	set_bit(l, APIC_IRR, vector);
	if (level)
		set_bit(l, APIC_TMR, vector);
	else
		clear_bit(l, APIC_TMR, vector);
	lapic_update(l);
	return true;
}

/* A level stays: it comes again after its EOI. LINT1 knows only edges. */
static bool level_triggered(unsigned pin, u32 lvt)
{
	return pin == LAPIC_LINT0 && delivery(lvt) == APIC_FIXED && lvt & APIC_LVT_LEVEL;
}

static void raise_level(struct lapic *l, unsigned pin)
{
	u32 *lvt = lapic_register(l, pin_lvt[pin]);

	if (!level_triggered(pin, *lvt) || *lvt & (APIC_LVT_MASKED | APIC_LVT_REMOTE_IRR) ||
	    !active(l, pin))
		return;
	if (lapic_accept(l, (u8)*lvt, true))
		*lvt |= APIC_LVT_REMOTE_IRR;
}

void lapic_local(struct lapic *l, unsigned offset)
{
	u32 lvt = *lapic_register(l, offset);

	if (lvt & APIC_LVT_MASKED)
		return;
	switch (delivery(lvt)) {
	case APIC_FIXED:
		lapic_accept(l, (u8)lvt, false);
		break;
	case APIC_SMI:
	case APIC_NMI:
	case APIC_INIT:
		lapic_bus_event(l, (enum apic_delivery)delivery(lvt), 0);
		break;
	}
}

void lapic_pin_changed(struct lapic *l, unsigned pin)
{
	u32 *lvt = lapic_register(l, pin_lvt[pin]);

	if (!level_triggered(pin, *lvt))
		*lvt &= ~(u32)APIC_LVT_REMOTE_IRR;
	raise_level(l, pin);
	lapic_update(l);
}

void lapic_set_pin(void *lapic, unsigned pin, bool high)
{
	struct lapic *l = lapic;
	bool was_active = active(l, pin);

	if (l->pins[pin] == high)
		return;
	l->pins[pin] = high;
	if (!lapic_enabled(l)) {
		if (pin == LAPIC_LINT1 && high)
			lapic_bus_event(l, APIC_NMI, 0);
	} else if (level_triggered(pin, *lapic_register(l, pin_lvt[pin]))) {
		raise_level(l, pin);
	} else if (!was_active) {
		lapic_local(l, pin_lvt[pin]);
	}
	lapic_update(l);
}

/* ---- Interrupts end -------------------------------------------------------------- */

static void end_level(struct lapic *l, u8 vector)
{
	u32 *lint0 = lapic_register(l, APIC_LVT_LINT0);

	if (*lint0 & APIC_LVT_REMOTE_IRR && (u8)*lint0 == vector) {
		*lint0 &= ~(u32)APIC_LVT_REMOTE_IRR;
		raise_level(l, LAPIC_LINT0);
	}
	if (!(*lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_NO_BROADCAST))
		lapic_bus_eoi(l->bus, vector);
}

void lapic_eoi(struct lapic *l)
{
	int vector = highest(l, APIC_ISR);

	if (vector < 0)
		return;
	clear_bit(l, APIC_ISR, (u8)vector);
	if (unlikely(test_bit(l, APIC_TMR, (u8)vector)))
		end_level(l, (u8)vector);
	lapic_update(l);
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
