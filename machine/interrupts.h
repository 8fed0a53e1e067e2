/* SPDX-License-Identifier: MIT */
/*
 * How interrupts go through a PC: an ISA line reaches the 8259s and the I/O
 * APIC; the 8259s' output reaches LINT0 of the first CPU and pin 0 of the
 * I/O APIC; what the CPU gets is its local APIC's to say.
 */
#pragma once

#include "machine/irq.h"
#include "vmx/vcpu.h"

/* Switch the controllers on. The clock runs, vm->timers is made, the vCPUs are there. */
void interrupts_create(struct vm *vm);

/* A device's wire to this ISA interrupt. */
struct irq interrupts_wire(struct vm *vm, unsigned line);

/* Has this ISA interrupt risen, and no processor taken it yet? An edge now would be lost. */
bool interrupts_wait(const void *vm, unsigned line);

/* If this ISA interrupt rose now, would a processor get one? */
bool interrupts_would_come(const struct vm *vm, unsigned line);

/* And would that be an NMI? */
bool interrupts_nmi_would_come(const struct vm *vm, unsigned line);
