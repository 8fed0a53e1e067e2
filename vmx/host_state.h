/* SPDX-License-Identifier: MIT */
/*
 * The host-state area: what the processor loads at every exit.
 * SDM "Host-State Area".
 */
#pragma once

#include "vmx/vcpu.h"

/* Write it for the CPU we run on. The vCPU's VMCS must be current. */
void host_state_write(struct vcpu *v);
