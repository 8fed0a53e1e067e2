/* SPDX-License-Identifier: MIT */
/*
 * MSRs that a guest reads and writes without an exit: the VMCS keeps some,
 * others stay in the processor across exits, as the host uses none of them,
 * and change hands with the vCPU (vmx/switch.c). Of commands, which only can
 * be written, nothing stays. The processor itself refuses reserved bits, and
 * what CPUID does not tell of is not passed through.
 * SDM "MSR-Bitmap Address", "Model-Specific Registers (MSRs)".
 */
#pragma once

#include "lib/types.h"

#define SWITCHED_MSRS 7

/* Put the guest's values in, or take them out; on the CPU that the vCPU is loaded on. */
void switch_msrs_load(const u64 values[SWITCHED_MSRS]);
void switch_msrs_save(u64 values[SWITCHED_MSRS]);

/* Clear their bits in a VM's MSR bitmap. Any CPU; cpu_features must have been read. */
void switch_msrs_allow(u8 *bitmap);
