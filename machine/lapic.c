/* SPDX-License-Identifier: MIT */
/*
 * Priorities: what waits (IRR), what is in service (ISR), what the processor
 * lets through (TPR, PPR).
 */
#include "machine/lapic.h"

#include "machine/lapic_bus.h"
#include "machine/lapic_pins.h"
#include "machine/pic.h"

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

/* Number of the highest bit, or -1. Most often there is none, and that is quick to see. */
static int highest(const struct lapic *l, unsigned set)
{
	const u32 *words = lapic_register(l, set);
	int i = 7;

	if (!(words[0] | words[4] | words[8] | words[12] | words[16] | words[20] | words[24] |
	      words[28]))
		return -1;
	while (!words[4 * i])
		i--;
	return 32 * i + 31 - __builtin_clz(words[4 * i]);
}

/* ---- Priorities ------------------------------------------------------------------ */

/* SDM "Task and Processor Priorities": classes are compared; TPR wins a draw. */
static u32 processor_priority(const struct lapic *l, int vector)
{
	u32 tpr = *lapic_register(l, APIC_TPR);
	u32 in_service = vector < 0 ? 0 : (u32)vector & 0xf0;

	return (tpr & 0xf0) >= in_service ? tpr : in_service;
}

u32 lapic_priority(const struct lapic *l)
{
	return processor_priority(l, highest(l, APIC_ISR));
}

static bool above(u32 vector, u32 priority)
{
	return (vector & 0xf0) > (priority & 0xf0);
}

/* The vector to deliver, or -1. */
static int candidate(const struct lapic *l)
{
	int vector = highest(l, APIC_IRR);

	return vector >= 0 && above((u32)vector, lapic_priority(l)) ? vector : -1;
}

static bool software_enabled(const struct lapic *l)
{
	return lapic_enabled(l) && *lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_ENABLE;
}

/* The 8259's request, past all priorities. Without the APIC LINT0 is INTR. */
static bool external(const struct lapic *l)
{
	if (unlikely(!lapic_enabled(l)))
		return l->pins[LAPIC_LINT0];
	if (l->extint && software_enabled(l))
		return true;
	for (unsigned pin = 0; pin < LAPIC_PINS; pin++)
		if (lapic_pin_passes_extint(l, pin))
			return true;
	return false;
}

bool lapic_pending(const struct lapic *l)
{
	return external(l) || (!l->vcpu->apic.delivers && candidate(l) >= 0);
}

/* When TPR alone holds the interrupt back: the class below which it no longer does. */
static u8 threshold(const struct lapic *l, u32 requested, int in_service)
{
	u32 tpr = *lapic_register(l, APIC_TPR);

	if (above(requested, tpr) || (in_service >= 0 && !above(requested, (u32)in_service)))
		return 0;
	return (u8)(requested >> 4);
}

void lapic_update(struct lapic *l)
{
	struct vcpu *v = l->vcpu;
	int in_service = highest(l, APIC_ISR), requested = highest(l, APIC_IRR);
	u32 ppr = processor_priority(l, in_service);

	*lapic_register(l, APIC_PPR) = ppr;
	if (v->apic.delivers) {
		apic_virtual_set_status(v, (u8)MAX(requested, 0), (u8)MAX(in_service, 0));
		irq_set(&l->output, external(l));
		return;
	}
	irq_set(&l->output, (requested >= 0 && above((u32)requested, ppr)) || external(l));
	if (v->apic.shadow)
		apic_virtual_set_threshold(
			v, requested < 0 ? 0 : threshold(l, (u32)requested, in_service));
}

int lapic_acknowledge(struct lapic *l)
{
	int vector;

	if (external(l)) {
		vector = pic_acknowledge(l->bus->pic);
	} else {
		vector = l->vcpu->apic.delivers ? -1 : candidate(l);
		if (vector >= 0) {
			clear_bit(l, APIC_IRR, (u8)vector);
			set_bit(l, APIC_ISR, (u8)vector);
		}
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
	return software_enabled(l) && above(vector, lapic_priority(l));
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
	if (l->vcpu->apic.delivers)
		apic_virtual_set_end(l->vcpu, vector, level);
	lapic_update(l);
	return true;
}

/* ---- Interrupts end -------------------------------------------------------------- */

static void end_level(struct lapic *l, u8 vector)
{
	lapic_pin_ended(l, vector);
	if (!(*lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_NO_BROADCAST))
		lapic_bus_eoi(l->bus, vector);
}

/*
 * TMR tells which vectors were levels. Not so if the processor delivers: an
 * IPI to itself leaves the bit as it was. So it is asked once for each level.
 */
static bool ends_level(struct lapic *l, u8 vector)
{
	struct vcpu *v = l->vcpu;
	bool level;

	if (!v->apic.delivers)
		return test_bit(l, APIC_TMR, vector);
	level = v->apic.ends[vector / 64] >> vector % 64 & 1;
	apic_virtual_set_end(v, vector, false);
	return level;
}

void lapic_ended(struct lapic *l, u8 vector)
{
	if (unlikely(ends_level(l, vector)))
		end_level(l, vector);
	lapic_update(l);
}

void lapic_eoi(struct lapic *l)
{
	int vector = highest(l, APIC_ISR);

	if (vector < 0)
		return;
	clear_bit(l, APIC_ISR, (u8)vector);
	lapic_ended(l, (u8)vector);
}
