/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's local APIC: xAPIC and x2APIC. Its registers are a page of 4 KiB
 * laid out as the processor lays out a virtual-APIC page, so that APIC
 * virtualization uses it as it is.
 * SDM "Advanced Programmable Interrupt Controller (APIC)".
 *
 * What becomes of an interrupt is told by one line to the vCPU, `output`,
 * which is what lapic_pending() says. NMI, INIT, start-up and SMI go through
 * the bus to the machine; see lapic_bus.h.
 *
 * Where the processor virtualizes the APIC (vmx/apic_virtual.h), TPR may
 * change, and where it delivers interrupts itself, IRR, ISR and PPR, too,
 * without a word: so nothing is kept of them but on the page. `output` then
 * is the 8259's request alone. Other registers that the guest can write
 * there exit afterwards, and what they were is in `kept`. One difference
 * can be seen: an IPI to itself that the processor delivers leaves the TMR bit
 * of a vector that came as a level before.
 *
 * The APICs of one machine are touched by one CPU at a time: several vCPUs
 * need a lock around all that is declared here.
 *
 * Choices where models differ: the ID is read-only in xAPIC mode too. Lowest
 * priority goes to one of those with the lowest PPR. APR and remote read
 * (P6) read as 0. EOI reads as 0 in the xAPIC. IPIs are edges whatever ICR
 * says, de-asserts are nothing. An illegal vector sent is an error of the
 * sender and of each receiver. A spurious interrupt cannot happen: TPR is
 * looked at again before an interrupt goes in.
 */
#pragma once

#include "machine/irq.h"
#include "machine/lapic_regs.h"
#include "machine/lapic_timer.h"
#include "vmx/vcpu.h"

struct lapic_bus;

enum { LAPIC_LINT0, LAPIC_LINT1, LAPIC_PINS };

struct lapic {
	u32 *page; /* the registers, by offset / 4 */
	u32 kept[APIC_REGISTERS]; /* of the page, what lapic_set_register() has written */
	u64 base;  /* IA32_APIC_BASE */
	struct irq output; /* the processor's INTR */

	u32 errors;	 /* ESR bits since ESR was written last */
	bool error_told; /* by the error interrupt, since then */
	bool pins[LAPIC_PINS];
	bool extint; /* the I/O APIC passes on the 8259's request */

	struct lapic_timer timer;
	struct lapic_bus *bus;
	struct lapic *next; /* on the bus */
	struct vcpu *vcpu;
	u32 id; /* x2APIC ID, as CPUID tells it */
	u8 physical_bits;
};

static inline u32 *lapic_register(const struct lapic *l, unsigned offset)
{
	return &l->page[offset / 4];
}

/* Write a register that is not one of TPR, PPR, ISR, TMR, IRR. */
static inline void lapic_set_register(struct lapic *l, unsigned offset, u32 value)
{
	l->page[offset / 4] = value;
	l->kept[offset / 16] = value;
}

static inline bool lapic_enabled(const struct lapic *l)
{
	return l->base & APIC_BASE_ENABLE;
}

static inline bool lapic_is_xapic(const struct lapic *l)
{
	return (l->base & APIC_BASE_MODE) == APIC_BASE_ENABLE;
}

static inline bool lapic_is_x2apic(const struct lapic *l)
{
	return l->base & APIC_BASE_X2APIC;
}

/* ---- Life ----------------------------------------------------------------------- */

/*
 * Power-up: xAPIC mode at FEE00000H, all local interrupts masked, software
 * disabled. page, output, vcpu, id, physical_bits, timer.clock and the bus
 * are the caller's to set before, and the timer's timer_add().
 */
void lapic_reset(struct lapic *l, bool bootstrap);

/* INIT: as power-up, but IA32_APIC_BASE stays. */
void lapic_init(struct lapic *l);

/* What a PC's firmware leaves on the boot processor: enabled, LINT0 the 8259's, LINT1 NMI. */
void lapic_virtual_wire(struct lapic *l);

/*
 * Write IA32_APIC_BASE. 0, or -ERR_INVAL (#GP): a reserved bit, or a change of mode that
 * does not exist. Disabling loses all state. CPUID's APIC bit follows lapic_enabled().
 */
int lapic_set_base(struct lapic *l, u64 value) __must_check;

/* ---- Interrupts to the processor ------------------------------------------------- */

/* Is there one that has to be injected as soon as the processor's interrupts are on? */
bool lapic_pending(const struct lapic *l);

/* PPR, by what TPR and ISR are now. */
u32 lapic_priority(const struct lapic *l);

/* INTA: the vector, now in service, or what the 8259 answers; -1: nothing (any more). */
int lapic_acknowledge(struct lapic *l);

/* CR8: the upper half of TPR. It is there when the APIC is disabled, too. */
u64 lapic_cr8(const struct lapic *l);
void lapic_set_cr8(struct lapic *l, u64 value);

/* For struct irq: the pins LINT0 and LINT1. */
void lapic_set_pin(void *lapic, unsigned pin, bool high);

/* Would a vector that came now go to the processor at once? And LINT0, if it rose? */
bool lapic_would_take(const struct lapic *l, u8 vector);
bool lapic_would_take_pin(const struct lapic *l, unsigned pin);
bool lapic_would_take_nmi(const struct lapic *l, unsigned pin); /* as an NMI: an edge */

/* ---- For the other files of the APIC ---------------------------------------------- */

/* A fixed interrupt arrives, by any way. False: nobody is in. */
bool lapic_accept(struct lapic *l, u8 vector, bool level);

/* An interrupt of the local vector table, by its register. */
void lapic_local(struct lapic *l, unsigned lvt);

void lapic_eoi(struct lapic *l);

/* The processor has done so, by itself, for this vector. */
void lapic_ended(struct lapic *l, u8 vector);

/* TPR, LVT or pins changed: PPR and the output follow. */
void lapic_update(struct lapic *l);

/* IA32_APIC_BASE or the spurious-interrupt register changed: how the guest gets at the registers. */
void lapic_access_changed(struct lapic *l);

/* After a write of the LVT entry of a pin. */
void lapic_pin_changed(struct lapic *l, unsigned pin);

/* Note an error: one of APIC_ESR_.... */
void lapic_error(struct lapic *l, u32 bit);
