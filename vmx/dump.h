/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's state in words, for reports and panics. Formats text: never on
 * the exit path of a healthy guest.
 */
#pragma once

#include "vmx/vcpu.h"

/* Registers, segments, control registers, the last exit. Must be loaded. */
void dump_vcpu(struct vcpu *v);



