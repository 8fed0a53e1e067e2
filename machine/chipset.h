/* SPDX-License-Identifier: MIT */
/*
 * The PC's chipset on the PCI bus: the host bridge of an i440FX, the ISA
 * bridge of a PIIX3 behind it, and the power management of a PIIX4, whose
 * ports firmware may put where it likes. It is what emulated PCs have in
 * common, so firmware and operating systems know it. Intel 82441FX, 82371SB
 * and 82371AB data sheets, "PCI Configuration Registers".
 *
 * Nothing else of these chips is on the bus: no IDE, no USB, no SMBus. There
 * is no system management mode either, so what belongs to it says that
 * firmware has set it up and locked it already.
 */
#pragma once

#include "machine/pci.h"
#include "machine/shadow.h"

struct chipset {
	struct pci_function host_bridge, isa_bridge, power;
	struct bus *bus;
	struct shadow *shadow;
};

/*
 * Put it on the PCI bus, in the state of chipset_set_up(). The ports of machine/pm.h are
 * on `bus`; `shadow` is all RAM.
 */
void chipset_create(struct chipset *c, struct pci *pci, struct bus *bus, struct shadow *shadow);

/* As firmware leaves it: what our ACPI tables tell of. */
void chipset_set_up(struct chipset *c);

/*
 * As it is after power-on: the PM ports are closed, and the RAM behind the ROMs cannot
 * be reached, until firmware opens them. After the ROM was made.
 */
void chipset_power_on(struct chipset *c);
