/* SPDX-License-Identifier: MIT */
/*
 * ACPI fixed hardware: the PM1a event and control blocks and the PM timer.
 * The machine is always in ACPI mode (SCI_EN reads 1, there is no SMI command).
 * Soft-off is SLP_EN with SLP_TYP 0, as on QEMU's PC: its well-known
 * `outw(0x604, 0x2000)` works here, too. No other sleep state exists.
 * ACPI "Fixed Hardware Features".
 */
#pragma once

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/timer.h"

#define PM_TIMER_HZ  3579545UL
#define PM_S5_TYPE   0U
#define PM_SLEEP_ENABLE (1U << 13)

struct pm {
	u16 status, enable, control;
	u64 seen_ns; /* timer overflows until then are in status */
	struct irq irq; /* SCI */
	struct timer timer; /* of the next overflow, while it interrupts */
	const struct clock *clock;
};

extern const struct port_device pm_ports;	/* 4: status, enable */
extern const struct port_device pm_control_ports; /* 4 of which 2 are used */
extern const struct port_device pm_timer_ports; /* 4 */

/* irq, timer and clock are set before. */
void pm_reset(struct pm *pm);

/* The 32-bit timer's value. */
u32 pm_timer(u64 now);

/* timer.due: the timer's top bit has changed. */
void pm_due(void *pm, u64 now);
