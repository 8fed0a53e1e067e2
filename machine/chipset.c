/* SPDX-License-Identifier: MIT */
/*
 * Registers that firmware and operating systems look at; those that only set
 * electrical things are left out, and read as 0.
 */
#include "machine/chipset.h"

#include "lib/bits.h"
#include "machine/memory_map.h"
#include "machine/pm.h"

enum { ID = 0x00, COMMAND = 0x04, CLASS = 0x08, HEADER = 0x0c, INTERRUPT = 0x3c };

#define MULTIFUNCTION BIT(23)

/* ---- 82441FX: host bridge ------------------------------------------------------- */

#define PAM_LOW	 0x58 /* PAM0 to PAM2 in the upper bytes */
#define PAM_HIGH 0x5c /* PAM3 to PAM6 */
#define SMRAM	 0x70 /* in byte 2 */

#define PAM_LOW_BITS  0x33333000U /* RE and WE of each half */
#define PAM_LOW_RAM   0x33333000U
#define PAM_HIGH_BITS 0x33333333U
#define SMRAM_LOCKED  0x00120000U /* D_LCK without G_SMRAME; at A0000H */

#define PAM_F	   12 /* bit of F0000H's RE; WE is the next */
#define PAM_C	   16 /* of C0000H's, and every fourth from there on */
#define PAM_C_SIZE 0x4000UL

static const struct pci_register host_bridge[] = {
	{ ID, 0x12378086, 0 },
	{ COMMAND, 0x02000006, 0 }, /* memory and bus master; DEVSEL medium */
	{ CLASS, 0x06000002, 0 },
	{ PAM_LOW, 0, PAM_LOW_BITS },
	{ PAM_HIGH, 0, PAM_HIGH_BITS },
	{ SMRAM, SMRAM_LOCKED, 0 },
};

static void host_bridge_written(void *state)
{
	const struct chipset *c = state;
	u64 pam = pci_function_get(&c->host_bridge, PAM_LOW) |
		  (u64)pci_function_get(&c->host_bridge, PAM_HIGH) << 32;
	gpa_t start = SHADOW_START;

	for (unsigned bit = PAM_C; start < MAP_BIOS; bit += 4, start += PAM_C_SIZE)
		shadow_set(c->shadow, start, start + PAM_C_SIZE, pam >> bit & SHADOW_RAM);
	shadow_set(c->shadow, MAP_BIOS, SHADOW_END, pam >> PAM_F & SHADOW_RAM);
}

/* ---- 82371SB function 0: ISA bridge ---------------------------------------------- */

#define PIRQRC 0x60 /* nothing is connected to PIRQA# to PIRQD# */
#define DLC    0x80 /* in byte 2 */

#define PASSIVE_RELEASE BIT(17)

static const struct pci_register isa_bridge[] = {
	{ ID, 0x70008086, 0 },
	{ COMMAND, 0x02000007, 0 },
	{ CLASS, 0x06010000, 0 },
	{ HEADER, MULTIFUNCTION, 0 },
	{ 0x4c, 0x0003004d, 0x01ff00ff }, /* IORT, XBCS */
	{ PIRQRC, 0x80808080, 0x8f8f8f8f },
	{ 0x68, 0x00000200, 0x0000fe00 }, /* TOM */
	{ DLC, 0, 0x000f0000 },
};

/* ---- 82371AB function 3: power management ------------------------------------------ */

#define PMBASE	  0x40
#define DEVACTB	  0x58
#define PMREGMISC 0x80

#define PMBASE_ADDRESS BITS(15, 6)
#define PMBASE_IO      BIT(0) /* it is an I/O address; read-only */
#define APMC_EN	       BIT(25)
#define PMIOSE	       BIT(0)

/* Revision 3: in those before it the PM timer has to be read several times. */
static const struct pci_register power[] = {
	{ ID, 0x71138086, 0 },
	{ COMMAND, 0x02800000, 0x00000001 },
	{ CLASS, 0x06800003, 0 },
	{ INTERRUPT, 0x00000100, 0x000000ff }, /* INTA#; but the SCI is always ISA interrupt 9 */
	{ PMBASE, PMBASE_IO, PMBASE_ADDRESS },
	/* A write to the APM port makes an SMI, as said: firmware has done all about it. */
	{ DEVACTB, APMC_EN, 0 },
	{ PMREGMISC, 0, PMIOSE },
};

static u16 pm_port(u16 base, u16 usual)
{
	return base ? (u16)(base + (usual - PORT_PM1A_EVENT)) : BUS_NOWHERE;
}

/* Of the 64 ports only those are there that ACPI wants. */
static void power_written(void *state)
{
	const struct chipset *c = state;
	u16 base = 0;

	if (pci_function_get(&c->power, PMREGMISC) & PMIOSE)
		base = pci_function_get(&c->power, PMBASE) & PMBASE_ADDRESS;
	bus_move(c->bus, &pm_ports, pm_port(base, PORT_PM1A_EVENT));
	bus_move(c->bus, &pm_control_ports, pm_port(base, PORT_PM1A_CONTROL));
	bus_move(c->bus, &pm_timer_ports, pm_port(base, PORT_PM_TIMER));
}

/* ---- All of it ----------------------------------------------------------------- */

static void reset(struct chipset *c)
{
	pci_function_reset(&c->host_bridge);
	pci_function_reset(&c->isa_bridge);
	pci_function_reset(&c->power);
}

static void apply(struct chipset *c)
{
	host_bridge_written(c);
	power_written(c);
}

void chipset_power_on(struct chipset *c)
{
	reset(c);
	apply(c);
}

void chipset_set_up(struct chipset *c)
{
	reset(c);
	pci_function_set(&c->host_bridge, PAM_LOW, PAM_LOW_RAM);
	pci_function_set(&c->host_bridge, PAM_HIGH, PAM_HIGH_BITS);
	pci_function_set(&c->isa_bridge, DLC, PASSIVE_RELEASE);
	pci_function_set(&c->power, INTERRUPT, 0x00000100 | IRQ_SCI);
	pci_function_set(&c->power, PMBASE, PORT_PM1A_EVENT | PMBASE_IO);
	pci_function_set(&c->power, PMREGMISC, PMIOSE);
	apply(c);
}

void chipset_create(struct chipset *c, struct pci *pci, struct bus *bus, struct shadow *shadow)
{
	*c = (struct chipset){
		.host_bridge = { host_bridge, ARRAY_SIZE(host_bridge),
				 .written = host_bridge_written, .state = c },
		.isa_bridge = { .registers = isa_bridge, .count = ARRAY_SIZE(isa_bridge) },
		.power = { power, ARRAY_SIZE(power), .written = power_written, .state = c },
		.bus = bus,
		.shadow = shadow,
	};
	pci->functions[PCI_NUMBER(0, 0)] = &c->host_bridge;
	pci->functions[PCI_NUMBER(1, 0)] = &c->isa_bridge;
	pci->functions[PCI_NUMBER(1, 3)] = &c->power;
	chipset_set_up(c);
}
