/* SPDX-License-Identifier: MIT */
/*
 * A processor that virtualizes the local APIC, by the words of the SDM
 * ("APIC Virtualization and Virtual Interrupts"): it works on the page
 * alone, with RVI and SVI, and calls the model where an exit would.
 */
#pragma once

#include "tests/unit/machine/fake_apic_virtual.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/lapic_access.h"

static unsigned virtual_exits; /* that its guests have had */

/* PROC2_APIC_REGISTER, PROC2_VIRTUAL_INTERRUPT */
static inline void virtual_processor_create(struct vcpu *v, u32 controls)
{
	v->apic.shadow = true;
	v->apic.delivers = controls & PROC2_VIRTUAL_INTERRUPT;
	v->apic.controls = PROC2_VIRTUAL_APIC_ACCESS | PROC2_VIRTUAL_X2APIC | controls;
}

static inline u32 *virtual_word(struct lapic *l, unsigned set, unsigned vector)
{
	return &l->page[(set + vector / 32 * 16) / 4];
}

static inline u8 virtual_highest(struct lapic *l, unsigned set)
{
	for (unsigned v = 255; v; v--)
		if (*virtual_word(l, set, v) >> v % 32 & 1)
			return (u8)v;
	return 0;
}

#define RVI(v) ((v)->apic.status & 0xff)
#define SVI(v) ((v)->apic.status >> 8)
#define SET_RVI(v, vector) ((v)->apic.status = (u16)(SVI(v) << 8 | (vector)))
#define SET_SVI(v, vector) ((v)->apic.status = (u16)((vector) << 8 | RVI(v)))

static inline void virtual_ppr(struct lapic *l)
{
	u32 vtpr = l->page[APIC_TPR / 4], svi = SVI(l->vcpu) & 0xf0;

	l->page[APIC_PPR / 4] = (vtpr & 0xf0) >= svi ? vtpr & 0xff : svi;
}

/* Before whatever the guest does. */
static inline void virtual_enter(struct lapic *l)
{
	struct vcpu *v = l->vcpu;

	if (!v->apic.delivers) {
		assert_true(v->apic.threshold <= l->page[APIC_TPR / 4] >> 4);
		return;
	}
	/* What we have been told, or have done ourselves, is what the page says. */
	assert_int_equal(RVI(v), virtual_highest(l, APIC_IRR));
	assert_int_equal(SVI(v), virtual_highest(l, APIC_ISR));
	for (unsigned i = 0; i < 256; i++)
		assert_false(v->apic.ends[i / 64] >> i % 64 & 1 &&
			     !(*virtual_word(l, APIC_TMR, i) >> i % 32 & 1));
	v->apic.changed = 0;
	virtual_ppr(l);
}

static inline void virtual_tpr(struct lapic *l, u32 value)
{
	l->page[APIC_TPR / 4] = value & 0xff;
	if (l->vcpu->apic.delivers) {
		virtual_ppr(l);
	} else if (value >> 4 < l->vcpu->apic.threshold) {
		virtual_exits++;
		lapic_update(l);
	}
}

static inline void virtual_eoi(struct lapic *l)
{
	struct vcpu *v = l->vcpu;
	u8 vector = SVI(v);

	*virtual_word(l, APIC_ISR, vector) &= ~(1U << vector % 32);
	SET_SVI(v, virtual_highest(l, APIC_ISR));
	virtual_ppr(l);
	if (v->apic.ends[vector / 64] >> vector % 64 & 1) {
		virtual_exits++;
		lapic_ended(l, vector);
	}
}

static inline void virtual_self_ipi(struct lapic *l, u8 vector)
{
	*virtual_word(l, APIC_IRR, vector) |= 1U << vector % 32;
	SET_RVI(l->vcpu, MAX(RVI(l->vcpu), vector));
}

/* Returns the vector that the guest's handler gets, or -1. */
static inline int virtual_take(struct lapic *l)
{
	struct vcpu *v = l->vcpu;
	u8 vector;

	virtual_enter(l);
	if (l->output.high)
		return lapic_acknowledge(l);
	vector = RVI(v);
	if (!v->apic.delivers || (vector & 0xf0U) <= (l->page[APIC_PPR / 4] & 0xf0))
		return -1;
	*virtual_word(l, APIC_ISR, vector) |= 1U << vector % 32;
	SET_SVI(v, vector);
	l->page[APIC_PPR / 4] = vector & 0xf0;
	*virtual_word(l, APIC_IRR, vector) &= ~(1U << vector % 32);
	SET_RVI(v, virtual_highest(l, APIC_IRR));
	return vector;
}

static inline void virtual_write_page(struct lapic *l, unsigned offset, u32 value)
{
	bool delivers = l->vcpu->apic.delivers;
	bool to_self = (value & 0xfff3b700) == 0 && value >> 18 == 1 && (value & 0xff) >= 16;

	if (offset == APIC_TPR) {
		virtual_tpr(l, value);
	} else if (!(l->vcpu->apic.controls & (PROC2_APIC_REGISTER | PROC2_VIRTUAL_INTERRUPT))) {
		virtual_exits++;
		lapic_page_write(l, offset, 4, value);
	} else if (delivers && offset == APIC_EOI) {
		virtual_eoi(l);
	} else {
		l->page[offset / 4] = value;
		if (offset == APIC_ICR_HIGH) {
			l->page[offset / 4] &= 0xff000000;
		} else if (delivers && offset == APIC_ICR && to_self) {
			virtual_self_ipi(l, (u8)value);
		} else {
			virtual_exits++;
			lapic_page_written(l, offset);
		}
	}
}

static inline void virtual_write_msr(struct lapic *l, unsigned offset, u32 value)
{
	if (offset == APIC_TPR) {
		virtual_tpr(l, value);
	} else if (l->vcpu->apic.delivers && offset == APIC_EOI) {
		virtual_eoi(l);
	} else if (l->vcpu->apic.delivers && offset == APIC_SELF_IPI && (value & 0xff) >= 16) {
		virtual_self_ipi(l, (u8)value);
	} else {
		virtual_exits++;
		assert_int_equal(lapic_msr_write(l, LAPIC_MSR_FIRST + offset / 16, value), 0);
	}
}

/* The guest writes a register, in the mode in which its APIC is. */
static inline void virtual_write(struct lapic *l, unsigned offset, u32 value)
{
	virtual_enter(l);
	switch (l->vcpu->apic.access) {
	case APIC_BY_MSRS:
		assert_true(lapic_is_x2apic(l));
		virtual_write_msr(l, offset, value);
		break;
	case APIC_BY_PAGE:
		assert_true(lapic_is_xapic(l));
		virtual_write_page(l, offset, value);
		break;
	default:
		virtual_exits++;
		if (lapic_is_x2apic(l))
			assert_int_equal(lapic_msr_write(l, LAPIC_MSR_FIRST + offset / 16, value), 0);
		else
			lapic_page_write(l, offset, 4, value);
		break;
	}
	virtual_enter(l);
}

static inline void virtual_write_cr8(struct lapic *l, u8 value)
{
	virtual_enter(l);
	virtual_tpr(l, (u32)value << 4);
}
