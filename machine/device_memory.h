/* SPDX-License-Identifier: MIT */
/*
 * Devices in the guest's memory: the local APIC's page, wherever
 * IA32_APIC_BASE has it (RAM hides it), and the I/O APIC's.
 */
#pragma once

#include "vmx/vcpu.h"

/* Is a device's page at this address? */
bool device_memory_at(const struct vcpu *v, gpa_t gpa);

/* For vcpu_ops.memory, when there is one. */
enum verdict device_memory_access(struct vcpu *v, const struct memory_access *a);
