/* SPDX-License-Identifier: MIT */
#include "machine/bus.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/error.h"

static u32 absent_in(void *state, u16 offset, unsigned size)
{
	struct bus *bus = state;

	(void)offset;
	bus->absent_reads += size;
	return ~0U;
}

static enum verdict absent_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct bus *bus = state;

	(void)v;
	(void)offset;
	(void)value;
	bus->absent_writes += size;
	return NEXT;
}

/* One byte wide, so that a wide access which only begins at nothing still finds what follows. */
static const struct port_device absent = { "nothing", 1, absent_in, absent_out };

static void add(struct bus *bus, u16 first, u32 count, const struct port_device *device,
		void *state)
{
	bus->ranges[bus->count++] = (struct bus_range){ device->in,    device->out, state, first,
							device->width, count,	    device };
}

void bus_init(struct bus *bus, u8 *map)
{
	bus->map = map;
	bus->count = 0;
	bus->absent_reads = 0;
	bus->absent_writes = 0;
	add(bus, 0, 0, &absent, bus);
}

int bus_attach(struct bus *bus, u16 first, u16 last, const struct port_device *device, void *state)
{
	if (first > last || !IS_ALIGNED(first, device->width) ||
	    !IS_ALIGNED((u32)last + 1, device->width))
		return -ERR_INVAL;
	for (u32 port = first; port <= last; port++)
		if (bus->map[port])
			return -ERR_EXIST;
	if (bus->count == BUS_RANGES)
		return -ERR_NOMEM;
	for (u32 port = first; port <= last; port++)
		bus->map[port] = (u8)bus->count;
	add(bus, first, last - first + 1U, device, state);
	return 0;
}

void bus_move(struct bus *bus, const struct port_device *device, u16 first)
{
	struct bus_range *r;
	unsigned index = 1;

	while (index < bus->count && bus->ranges[index].device != device)
		index++;
	panic_on(index == bus->count || !IS_ALIGNED(first, device->width));
	r = &bus->ranges[index];
	for (u32 i = 0; i < r->count; i++)
		if (bus->map[(u16)(r->first + i)] == index)
			bus->map[(u16)(r->first + i)] = 0;
	r->first = first;
	if (first == BUS_NOWHERE)
		return;
	for (u32 port = first; port < first + r->count && port < BUS_PORTS; port++)
		if (!bus->map[port])
			bus->map[port] = (u8)index;
}

const struct port_device *bus_device(const struct bus *bus, u16 port)
{
	return bus->map[port] ? bus->ranges[bus->map[port]].device : NULL;
}

u32 bus_in_halves(struct bus *bus, u16 port, unsigned size)
{
	unsigned half = size / 2;
	u32 low = bus_in(bus, port, half) & (u32)bits_byte_mask(half);

	return low | bus_in(bus, (u16)(port + half), half) << (8 * half);
}

enum verdict bus_out_halves(struct bus *bus, struct vcpu *v, u16 port, unsigned size, u32 value)
{
	unsigned half = size / 2;
	enum verdict verdict = bus_out(bus, v, port, half, value & (u32)bits_byte_mask(half));

	if (verdict == STOP)
		return STOP;
	return bus_out(bus, v, (u16)(port + half), half, value >> (8 * half));
}
