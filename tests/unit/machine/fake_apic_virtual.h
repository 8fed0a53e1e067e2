/* SPDX-License-Identifier: MIT */
/*
 * Stands in for vmx/apic_virtual.c at link time: what the model of the local
 * APIC has said last is in vcpu->apic, and nothing else happens. A processor
 * that makes something of it: tests/unit/machine/virtual_processor.h.
 */
#pragma once

#include "vmx/vcpu.h"

extern unsigned fake_apic_forgets; /* calls of apic_virtual_forget() */
