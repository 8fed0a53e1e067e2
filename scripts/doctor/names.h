/* SPDX-License-Identifier: MIT */
/*
 * What others call the fields of a VMCS and the capability MSRs.
 */
#pragma once

#include <stddef.h>

#include "vmx/vmcs_image.h"

/*
 * The field that a name of n characters means, however it is spelt
 * (GUEST_RIP, kGuestRip, vmcs::guest_rip, GUEST_CS_AR_BYTES, 0x681e), or -1.
 */
int name_to_index(const char *name, size_t n);

/* The MSR that a name means (IA32_VMX_BASIC, MSR 0x480, ...): its number, or -1. */
long name_to_msr(const char *name, size_t n);
