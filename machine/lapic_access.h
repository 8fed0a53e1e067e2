/* SPDX-License-Identifier: MIT */
/*
 * The two ways to a local APIC's registers: a page of memory (xAPIC) and
 * MSRs 800H to 8FFH (x2APIC).
 *
 * The page: "all 32-bit registers should be accessed using 128-bit aligned
 * 32-bit loads or stores", and what else happens is the model's choice.
 * Here it is what a processor with APIC-register virtualization does: a read
 * of any size gets the register's bytes, and zeroes for bytes 4 to 15 of its
 * 16; a write of 1 or 2 bytes within the first 4 is a write of the register
 * with the others as they were; of a write of 8 the lower half counts. In the
 * other two modes the page reads as ones and swallows writes.
 */
#pragma once

#include "lib/x86.h"
#include "machine/lapic.h"

/* `offset` is below 4096, `size` is 1, 2, 4 or 8; bits above it in the result are undefined. */
u64 lapic_page_read(struct lapic *l, unsigned offset, unsigned size);
void lapic_page_write(struct lapic *l, unsigned offset, unsigned size, u64 value);

/*
 * The guest has written the register at `offset` on l->page itself, without
 * what else such a write does. vcpu_ops.apic_written.
 */
void lapic_page_written(struct lapic *l, unsigned offset);

#define LAPIC_MSR_FIRST MSR_X2APIC_BASE
#define LAPIC_MSR_LAST	(MSR_X2APIC_BASE + 0xff)

/* 0, or -ERR_INVAL: #GP(0). */
int lapic_msr_read(struct lapic *l, u32 msr, u64 *value) __must_check;
int lapic_msr_write(struct lapic *l, u32 msr, u64 value) __must_check;
