/* SPDX-License-Identifier: MIT */
/*
 * The PC: which devices there are, at which ports, on which interrupts, and
 * how they answer to the vCPU. The only file that knows them all.
 */
#pragma once

#include "machine/vm.h"

/* What vmx/ asks of the machine. */
extern const struct vcpu_ops pc_ops;

/* Put the devices on the bus and switch them on. `vm` has RAM, clock, vCPU and an empty bus. */
void pc_create(struct vm *vm, u64 wall_seconds);

/* As vcpu_ops.poll: also before the first entry, it arms the host's timer. */
void pc_poll(struct vcpu *v);
