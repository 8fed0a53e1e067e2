/* SPDX-License-Identifier: MIT */
/*
 * The host's own local APIC, xAPIC or x2APIC: a one-shot timer that ends a
 * wait, IPIs to start, call and stop the other CPUs.
 * SDM "Advanced Programmable Interrupt Controller (APIC)".
 */
#pragma once

#include "lib/types.h"

/* Maps the xAPIC's page of registers, uncached; NULL when that cannot be. See host_map_device(). */
typedef void *(*apic_map_fn)(hpa_t address, u64 length);

/*
 * Enable this CPU's APIC: x2APIC where there is one, spurious vector, all
 * local interrupts masked but the firmware's NMI and SMI. On the boot CPU,
 * which comes first, also move the 8259s' vectors out of the exceptions'
 * way, mask them, and measure the timer: after time_init(). `map` is used
 * on the boot CPU only. 0 or -ERR_UNSUPPORTED (no APIC), -ERR_NOMEM (no mapping).
 */
int apic_init(apic_map_fn map) __must_check;

u32 apic_id(void);
void apic_eoi(void);

/*
 * Interrupt with VECTOR_TIMER in `ns` (at least once, never more than 1 s ahead). TSC-deadline
 * where present. Without an APIC, nothing happens.
 */
void apic_timer_arm(u64 ns);
void apic_timer_stop(void);
bool apic_timer_works(void); /* false: nothing would end a wait for an interrupt */

/* To one other CPU, by its APIC ID. False when the APIC did not take it in time. */
bool apic_send_init(u32 to);
bool apic_send_startup(u32 to, hpa_t page); /* starts at page, below 1 MiB */
bool apic_send_interrupt(u32 to, u8 vector);

/* Stop all other CPUs for good, by NMI. Safe in a panic, and before apic_init(). */
void apic_stop_others(void);

/* For the NMI handler: another CPU has called apic_stop_others(). */
bool apic_stop_wanted(void);
