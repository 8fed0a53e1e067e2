/* SPDX-License-Identifier: MIT */
/*
 * PCI's configuration mechanism 1 (CF8H, CFCH), and inside of its address
 * register the chipset's reset control (CF9H). There is one bus with few
 * functions on it; machine/chipset.c says which. PCI Local Bus Specification
 * "Configuration Mechanism #1".
 */
#pragma once

#include "machine/bus.h"

/* A register that is there: 32 bits, at a multiple of 4. */
struct pci_register {
	u8 number;
	u32 reset;
	u32 writable;
};

#define PCI_REGISTERS 8

/* A function's configuration space. Registers that are not named read as 0, as reserved ones do. */
struct pci_function {
	const struct pci_register *registers; /* `count` of them, at most PCI_REGISTERS */
	unsigned count;
	u32 values[PCI_REGISTERS];
	void (*written)(void *state); /* after a write that changed something, or NULL */
	void *state;
};

#define PCI_NUMBER(device, function) ((device) << 3 | (function))
#define PCI_FUNCTIONS		     PCI_NUMBER(2, 0) /* devices 0 and 1 of bus 0; no others */

struct pci {
	u32 address;
	u8 reset_control;
	struct pci_function *functions[PCI_FUNCTIONS]; /* by PCI_NUMBER; NULL: absent */
};

extern const struct port_device pci_address_ports; /* 4 */
extern const struct port_device pci_data_ports;	   /* 4 */

/* A bus without functions. */
void pci_reset(struct pci *pci);

/* All registers to what they are after a reset; written() is not called. */
void pci_function_reset(struct pci_function *f);

/* A register of those that are there, and setting it, which also reaches what is read-only. */
u32 pci_function_get(const struct pci_function *f, u8 number);
void pci_function_set(struct pci_function *f, u8 number, u32 value);
