/* SPDX-License-Identifier: MIT */
#include "machine/pci.h"

#include "lib/bits.h"
#include "machine/memory_map.h"

#define ADDRESS_ENABLE	 BIT(31)
#define ADDRESS_FUNCTION BITS(23, 8) /* bus, device, function: 0 is the host bridge */
#define ADDRESS_REGISTER BITS(7, 2)
#define ADDRESS_BITS	 (ADDRESS_ENABLE | ADDRESS_FUNCTION | ADDRESS_REGISTER)

/* The i440FX, which operating systems know to need no care. */
#define BRIDGE_ID      0x12378086U
#define BRIDGE_COMMAND 0x02000006U /* memory and bus master; DEVSEL medium */
#define BRIDGE_CLASS   0x06000002U

#define RESET_SYSTEM BIT(1) /* what kind: the whole board, not the CPU alone */
#define RESET_CPU    BIT(2) /* a rise resets */
#define RESET_FULL   BIT(3)

void pci_reset(struct pci *pci)
{
	*pci = (struct pci){0};
}

/* CF9H is a byte of its own; the address register takes whole double words only. */
static bool is_reset_control(u16 offset, unsigned size)
{
	return offset == PORT_RESET - PORT_PCI_ADDRESS && size == 1;
}

static u32 address_in(void *state, u16 offset, unsigned size)
{
	const struct pci *pci = state;

	if (is_reset_control(offset, size))
		return pci->reset_control;
	return size == 4 ? pci->address : ~0U;
}

static enum verdict address_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pci *pci = state;
	bool rises = value & ~pci->reset_control & RESET_CPU;

	if (size == 4)
		pci->address = value & ADDRESS_BITS;
	if (!is_reset_control(offset, size))
		return NEXT;
	pci->reset_control = value & (RESET_SYSTEM | RESET_CPU | RESET_FULL);
	return rises ? vcpu_stop(v, STOP_RESET, "reset control register, port CF9", 0) : NEXT;
}

static u32 bridge_register(u32 number)
{
	switch (number) {
	case 0x00:
		return BRIDGE_ID;
	case 0x04:
		return BRIDGE_COMMAND;
	case 0x08:
		return BRIDGE_CLASS;
	}
	return 0;
}

/* A function that is not there: all ones. */
static u32 data_in(void *state, u16 offset, unsigned size)
{
	const struct pci *pci = state;

	(void)size;
	if (!(pci->address & ADDRESS_ENABLE) || pci->address & ADDRESS_FUNCTION)
		return ~0U;
	return bridge_register(pci->address & ADDRESS_REGISTER) >> 8 * offset;
}

/* The bridge has nothing to set. */
static enum verdict data_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)state;
	(void)v;
	(void)offset;
	(void)size;
	(void)value;
	return NEXT;
}

const struct port_device pci_address_ports = {"PCI address and reset control", 4, address_in,
					      address_out};
const struct port_device pci_data_ports = {"PCI data", 4, data_in, data_out};
