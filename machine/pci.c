/* SPDX-License-Identifier: MIT */
#include "machine/pci.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "machine/memory_map.h"

#define ADDRESS_ENABLE	 BIT(31)
#define ADDRESS_FUNCTION BITS(23, 8) /* bus, device, function */
#define ADDRESS_REGISTER BITS(7, 2)
#define ADDRESS_BITS	 (ADDRESS_ENABLE | ADDRESS_FUNCTION | ADDRESS_REGISTER)

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

static struct pci_function *selected(const struct pci *pci)
{
	u64 number = bits_get(pci->address, 23, 8);

	if (!(pci->address & ADDRESS_ENABLE) || number >= PCI_FUNCTIONS)
		return NULL;
	return pci->functions[number];
}

/* Which of a function's registers it is; `count` when there is none. */
static unsigned find(const struct pci_function *f, u8 number)
{
	unsigned i = 0;

	while (i < f->count && f->registers[i].number != number)
		i++;
	return i;
}

void pci_function_reset(struct pci_function *f)
{
	panic_on(f->count > PCI_REGISTERS);
	for (unsigned i = 0; i < f->count; i++)
		f->values[i] = f->registers[i].reset;
}

u32 pci_function_get(const struct pci_function *f, u8 number)
{
	unsigned i = find(f, number);

	return i < f->count ? f->values[i] : 0;
}

void pci_function_set(struct pci_function *f, u8 number, u32 value)
{
	unsigned i = find(f, number);

	panic_on(i == f->count);
	f->values[i] = value;
}

/* A function that is not there: all ones. */
static u32 data_in(void *state, u16 offset, unsigned size)
{
	const struct pci *pci = state;
	const struct pci_function *f = selected(pci);

	(void)size;
	if (!f)
		return ~0U;
	return pci_function_get(f, pci->address & ADDRESS_REGISTER) >> 8 * offset;
}

static enum verdict data_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	const struct pci *pci = state;
	struct pci_function *f = selected(pci);
	u32 mask, before;
	unsigned i;

	(void)v;
	if (!f)
		return NEXT;
	i = find(f, pci->address & ADDRESS_REGISTER);
	if (i == f->count)
		return NEXT;
	before = f->values[i];
	mask = (u32)bits_byte_mask(size) << 8 * offset & f->registers[i].writable;
	f->values[i] = (before & ~mask) | (value << 8 * offset & mask);
	if (f->values[i] != before && f->written)
		f->written(f->state);
	return NEXT;
}

const struct port_device pci_address_ports = {"PCI address and reset control", 4, address_in,
					      address_out};
const struct port_device pci_data_ports = {"PCI data", 4, data_in, data_out};
