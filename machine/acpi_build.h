/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables that a guest finds: RSDP, RSDT and XSDT, FADT, FACS, MADT,
 * and the DSDT that machine/dsdt.asl becomes. There is no HPET, and no table
 * for it. They describe machine/pc.c's devices at machine/memory_map.h's
 * addresses. ACPI Specification, "ACPI Software Programming Model".
 */
#pragma once

#include "machine/vm.h"

/*
 * Write them to MAP_ACPI, MAP_ACPI_NVS and MAP_BIOS (the RSDP) of a fresh
 * machine. Without a MADT if the guest's CPUID offers no local APIC: then
 * there are no APICs to tell of.
 */
void acpi_build(struct vm *vm);
