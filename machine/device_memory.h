/* SPDX-License-Identifier: MIT */
/*
 * What is in the guest's memory besides RAM: the local APIC's page, wherever
 * IA32_APIC_BASE has it (RAM hides it), the I/O APIC's, writes to a ROM, what
 * machine/shadow.h holds, and nothing. Nothing reads as all ones and swallows
 * writes, as on a PC; the first accesses to it are told, because few guests
 * mean them. Only code there stops the guest.
 */
#pragma once

#include "vmx/mmio.h"

#define ABSENT_TOLD_MAX 8

struct absent_memory {
	u64 reads, writes;
	unsigned told;
	gpa_t last_page; /* of those that were told */
};

/* For vcpu_ops.devices: all of it; the state is the vCPU. */
extern const struct mmio_device_ops device_memory;

/* For vcpu_ops.memory: an access that is not to RAM. */
enum verdict device_memory_access(struct vcpu *v, const struct memory_access *a);
