/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's state in words, for reports, panics and the monitor. Formats
 * text: never on the exit path of a healthy guest. The vCPU must be loaded;
 * where there is no current VMCS a line says so. Lines go to log_report(),
 * or where dump_set_sink() sends them. One group of VMCS fields is in
 * vmx/dump_vmcs.h, one page walk in vmx/dump_walk.h.
 */
#pragma once

#include "vmx/vcpu.h"

/* The compact view: registers, segments, the last exit, code, stack, page walks. */
void dump_vcpu(struct vcpu *v);

/* All of that, and every field of the VMCS. */
void dump_vcpu_full(struct vcpu *v);
