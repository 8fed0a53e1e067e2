/* SPDX-License-Identifier: MIT */
#include "machine/ioapic.h"

#include "lib/string.h"
#include "machine/lapic_bus.h"

/* Offsets in the page */
#define SELECT 0x00
#define WINDOW 0x10
#define EOI    0x40

/* What the window shows */
#define REG_ID		0
#define REG_VERSION	1
#define REG_ARBITRATION 2
#define REG_ENTRIES	0x10

#define ENTRY_LOGICAL	 BIT(11)
#define ENTRY_LOW_ACTIVE BIT(13)
#define ENTRY_REMOTE_IRR BIT(14)
#define ENTRY_LEVEL	 BIT(15)
#define ENTRY_MASKED	 BIT(16)
#define ENTRY_WRITABLE	 (BITS(63, 56) | BITS(16, 15) | ENTRY_LOW_ACTIVE | BITS(11, 0))

#define PULLED_UP BITS(23, 16)

static u8 delivery(u64 entry)
{
	return entry >> 8 & 7;
}

/* "Level sensitive" means something for these two only. */
static bool is_level(u64 entry)
{
	return entry & ENTRY_LEVEL && delivery(entry) <= APIC_LOWEST;
}

static bool is_active(const struct ioapic *io, unsigned pin)
{
	return (io->high >> pin & 1) != !!(io->entries[pin] & ENTRY_LOW_ACTIVE);
}

static struct lapic_message message(u64 entry)
{
	return (struct lapic_message){
		.destination = lapic_bus_destination((u8)(entry >> 56)),
		.vector = (u8)entry,
		.delivery = delivery(entry),
		.logical = entry & ENTRY_LOGICAL,
		.level = is_level(entry),
	};
}

static bool send(struct ioapic *io, unsigned pin)
{
	struct lapic_message m = message(io->entries[pin]);

	return lapic_bus_send(io->bus, &m);
}

static void raise_level(struct ioapic *io, unsigned pin)
{
	u64 entry = io->entries[pin];

	if (!is_level(entry) || entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR) || !is_active(io, pin))
		return;
	if (send(io, pin))
		io->entries[pin] |= ENTRY_REMOTE_IRR;
}

/* At most one entry is wired to the 8259s; were there two, the first one wins. */
static void pass_extint(struct ioapic *io)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		struct lapic_message m = message(io->entries[pin]);

		if (m.delivery != APIC_EXTINT || io->entries[pin] & ENTRY_MASKED ||
		    !is_active(io, pin))
			continue;
		lapic_bus_extint(io->bus, &m);
		return;
	}
	lapic_bus_extint(io->bus, NULL);
}

void ioapic_set_line(void *ioapic, unsigned pin, bool high)
{
	struct ioapic *io = ioapic;
	u64 entry = io->entries[pin];
	bool was_active = is_active(io, pin);

	io->high = high ? io->high | 1U << pin : io->high & ~(1U << pin);
	/* "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored." */
	if (entry & ENTRY_MASKED)
		return;
	if (delivery(entry) == APIC_EXTINT)
		pass_extint(io);
	else if (is_level(entry))
		raise_level(io, pin);
	else if (!was_active && is_active(io, pin))
		send(io, pin);
}

void ioapic_eoi(void *ioapic, u8 vector)
{
	struct ioapic *io = ioapic;

	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		u64 entry = io->entries[pin];

		if (!(entry & ENTRY_REMOTE_IRR) || (u8)entry != vector)
			continue;
		io->entries[pin] &= ~ENTRY_REMOTE_IRR;
		raise_level(io, pin);
	}
}

bool ioapic_waits(const struct ioapic *io, unsigned pin)
{
	u64 entry = io->entries[pin];
	u8 vector = (u8)entry;

	if (entry & ENTRY_MASKED || delivery(entry) > APIC_LOWEST)
		return false;
	for (const struct lapic *l = io->bus->first; l; l = l->next)
		if (*lapic_register(l, APIC_IRR + vector / 32U * 16) >> vector % 32 & 1)
			return true;
	return false;
}

bool ioapic_would_interrupt(const struct ioapic *io, unsigned pin)
{
	u64 entry = io->entries[pin];
	struct lapic_message m = message(entry);

	return !(entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) &&
	       lapic_bus_would_interrupt(io->bus, &m);
}

bool ioapic_sends_nmi(const struct ioapic *io, unsigned pin)
{
	return delivery(io->entries[pin]) == APIC_NMI;
}

void ioapic_reset(struct ioapic *io)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		io->entries[pin] = ENTRY_MASKED;
	io->high |= PULLED_UP;
	io->select = io->id = 0;
	pass_extint(io);
}

/* ---- Registers --------------------------------------------------------------------- */

static void write_entry(struct ioapic *io, unsigned pin, bool upper, u32 value)
{
	u64 old = io->entries[pin], new;

	if (upper)
		new = (u32)old | (u64)value << 32;
	else
		new = (old & BITS(63, 32)) | value;
	new = (new & ENTRY_WRITABLE) | (old & ENTRY_REMOTE_IRR);
	/* How systems without an EOI register end one: edge for a moment. */
	if (!is_level(new))
		new &= ~ENTRY_REMOTE_IRR;
	io->entries[pin] = new;
	raise_level(io, pin);
	if (delivery(old) == APIC_EXTINT || delivery(new) == APIC_EXTINT)
		pass_extint(io);
}

static u32 read_window(const struct ioapic *io)
{
	unsigned word = io->select - REG_ENTRIES;

	switch (io->select) {
	case REG_ID:
	case REG_ARBITRATION: /* is loaded when the ID is written */
		return (u32)io->id << 24;
	case REG_VERSION:
		return IOAPIC_VERSION | (IOAPIC_PINS - 1) << 16;
	}
	if (word >= 2 * IOAPIC_PINS)
		return 0;
	return (u32)(io->entries[word / 2] >> (word % 2 * 32));
}

static void write_window(struct ioapic *io, u32 value)
{
	unsigned word = io->select - REG_ENTRIES;

	if (io->select == REG_ID)
		io->id = value >> 24 & 0xf;
	else if (word < 2 * IOAPIC_PINS)
		write_entry(io, word / 2, word % 2, value);
}

u64 ioapic_page_read(struct ioapic *io, unsigned offset, unsigned size)
{
	(void)size;
	if (offset % 16 >= 4)
		return 0;
	switch (offset & ~15U) {
	case SELECT:
		return (u64)io->select >> offset % 4 * 8;
	case WINDOW:
		return read_window(io) >> offset % 4 * 8;
	}
	return 0;
}

void ioapic_page_write(struct ioapic *io, unsigned offset, unsigned size, u64 value)
{
	if (offset == SELECT)
		io->select = (u8)value;
	else if (offset == WINDOW && size >= 4)
		write_window(io, (u32)value);
	else if (offset == EOI && size >= 4)
		ioapic_eoi(io, (u8)value);
}
