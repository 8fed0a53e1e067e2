/* SPDX-License-Identifier: MIT */
/*
 * PAE paging keeps its four top entries in registers, loaded when CR3 is
 * written or paging is switched on. SDM "PDPTE Registers".
 */
#pragma once

#include "lib/types.h"

struct vcpu;

/* Load the four entries from the guest's CR3 into the VMCS; false: they are bad, #GP(0). */
bool pdpte_load(struct vcpu *v, u64 cr3);
