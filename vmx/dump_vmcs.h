/* SPDX-License-Identifier: MIT */
/*
 * Every field that this processor's VMCS has, by name, with what its bits
 * mean. Groups are the SDM's: "Guest Register State" and its neighbors.
 */
#pragma once

#include "vmx/vcpu.h"

/* Names of the groups: guest, host, execution, exit, entry, info; NULL behind the last. */
const char *dump_vmcs_group(unsigned index);

/*
 * The fields of one group; NULL: all of them. -ERR_NOENT: no such group,
 * nothing is printed. The vCPU must be loaded. Lines "  NAME = 0x..." can be
 * given to scripts/vmcs-doctor.
 */
int dump_vmcs(const struct vcpu *v, const char *group) __must_check;
