/* SPDX-License-Identifier: MIT */
/*
 * Guest instructions on device memory: after an EPT violation the
 * instruction at CS:RIP is decoded and carried out, with the device in the
 * place of memory. The processor has checked what it accessed; what it had
 * not come to yet (the other operand, the second page) is checked here.
 */
#pragma once

#include "vmx/vcpu.h"

/*
 * What lies where there is no RAM: all of it, because an operand may reach
 * into the next page, and MOVS has two. Accesses are naturally aligned, of
 * 1, 2, 4 or 8 bytes, at most `widest`; larger or unaligned ones of the guest
 * come in pieces, from the lowest address up. A write returns NEXT, or STOP.
 */
struct mmio_device_ops {
	u64 (*read)(void *state, gpa_t gpa, unsigned size); /* bits above `size` are ignored */
	enum verdict (*write)(void *state, struct vcpu *v, gpa_t gpa, unsigned size, u64 value);
	unsigned widest; /* 8, or 4 (0 too) */
	/* Is what vcpu_ops.ram has there written by write(), if at all? NULL: nothing is. */
	bool (*read_only)(void *state, gpa_t gpa);
};

/* A REP stays at its instruction after so many elements, so that events get in between. */
#define MMIO_BATCH 64

/*
 * For ops->memory, where *a is not RAM's: AGAIN when the instruction is
 * done (RIP and all else moved on) or has its fault waiting; STOP when it
 * cannot be emulated. The guest's other CPUs are not held off for LOCK.
 */
enum verdict mmio_emulate(struct vcpu *v, const struct memory_access *a,
			  const struct mmio_device_ops *ops, void *state);
