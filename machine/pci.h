/* SPDX-License-Identifier: MIT */
/*
 * PCI as far as there is any: configuration mechanism 1 (CF8H, CFCH) with a
 * host bridge at 00:00.0 and nothing behind it, and inside of its address
 * register the chipset's reset control (CF9H). PCI Local Bus Specification
 * "Configuration Mechanism #1".
 */
#pragma once

#include "machine/bus.h"

struct pci {
	u32 address;
	u8 reset_control;
};

extern const struct port_device pci_address_ports; /* 4 */
extern const struct port_device pci_data_ports;	   /* 4 */

void pci_reset(struct pci *pci);
