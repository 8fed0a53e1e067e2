/* SPDX-License-Identifier: MIT */
/*
 * What of a guest's local APIC the processor does itself, on the page
 * v->virtual_apic: TPR, accesses to the registers, delivery and end of
 * interrupts. The model of the APIC is the machine's (machine/lapic.h); it
 * calls these functions after each change, which note what the VMCS has to
 * say at the next entry. So it may do so with the vCPU loaded or not.
 * SDM "APIC Virtualization and Virtual Interrupts".
 *
 * Each of the controls may be missing: then the guest's accesses exit, and
 * the model alone does what the processor does not.
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"
#include "vmx/controls.h"

struct vcpu;
struct vcpu_config;

/* How the guest gets at its APIC's registers. */
enum apic_access {
	APIC_BY_NOTHING, /* it is off, or its page is elsewhere: all accesses exit, or there are none */
	APIC_BY_PAGE,	 /* at vcpu_config.apic_gpa */
	APIC_BY_MSRS,	 /* x2APIC */
};

struct vcpu_apic {
	u32 controls;	/* of the second word, that may be used */
	bool shadow;	/* TPR is the processor's: no exits by CR8 */
	bool delivers;	/* so are interrupts from IRR to the handler and its EOI */
	u8 access;	/* enum apic_access */
	u8 threshold;	/* tell when TPR[7:4] falls below */
	u8 changed;	/* APIC_NEW_...: the VMCS does not have it yet */
	u16 status;	/* RVI, and SVI in the upper half */
	u64 ends[4];	/* vectors whose EOI exits: level-triggered ones */
	hpa_t msr_bitmap, x2apic_bitmap;
	gpa_t page;
};

#define APIC_NEW_ACCESS	   BIT(0)
#define APIC_NEW_THRESHOLD BIT(1)
#define APIC_NEW_STATUS	   BIT(2)
#define APIC_NEW_ENDS	   BIT(3)

/* Set up by the config, on v's control words, which are not written yet. Must be loaded. */
void apic_virtual_create(struct vcpu *v, const struct vcpu_config *config);

/* Before an entry, if v->apic.changed. Must be loaded. */
void apic_virtual_write(struct vcpu *v);

/* The part of it that a change of mode takes. */
void apic_virtual_write_access(struct vcpu *v);

/* Will the processor deliver an interrupt as soon as RFLAGS.IF and shadows allow? Must be loaded. */
bool apic_virtual_pending(const struct vcpu *v);

/* ---- For the model ---------------------------------------------------------------- */

void apic_virtual_set_access(struct vcpu *v, enum apic_access access);

/* The highest vectors of IRR and ISR, 0 if there are none. With v->apic.delivers. */
void apic_virtual_set_status(struct vcpu *v, u8 requested, u8 in_service);

/* Have an exit when TPR[7:4] falls below; 0: never. Without v->apic.delivers, it must not be above TPR[7:4]. */
void apic_virtual_set_threshold(struct vcpu *v, u8 priority_class);

/* Shall the end of this vector's interrupts be told? With v->apic.delivers. */
void apic_virtual_set_end(struct vcpu *v, u8 vector, bool tell);

/* All of the APIC's state is gone: nothing is requested, no ends are told. */
void apic_virtual_forget(struct vcpu *v);
