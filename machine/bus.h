/* SPDX-License-Identifier: MIT */
/*
 * The port bus: which device answers at which of the 65536 ports. One byte
 * a port names an entry in a small table, so an access is one lookup.
 *
 * Widths are as on an ISA bus. A device says how wide its registers are. An
 * access that is wider, or not aligned to its size, arrives as two of half
 * the size, the lower port first, each looked up by itself: so a word read
 * at the last port of one device takes its second byte from the next one.
 */
#pragma once

#include "lib/types.h"
#include "vmx/vcpu.h"

struct port_device {
	const char *name;
	u8 width; /* of the widest access it understands: 1, 2 or 4 bytes */

	/*
	 * `offset` counts from the first port of the range; `size` is 1 to width
	 * and offset is a multiple of it. A read leaves the value in the low
	 * bytes of its result; the others are ignored. A write returns NEXT, or
	 * STOP after vcpu_stop().
	 */
	u32 (*in)(void *state, u16 offset, unsigned size);
	enum verdict (*out)(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value);
};

struct bus_range {
	u32 (*in)(void *state, u16 offset, unsigned size);
	enum verdict (*out)(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value);
	void *state;
	u16 first;
	u8 width;
	u32 count; /* of ports; 0: nothing to move */
	const struct port_device *device;
};

#define BUS_PORTS  65536
#define BUS_RANGES 64

struct bus {
	u8 *map; /* BUS_PORTS bytes: indexes into ranges[]; 0 = nothing there */
	unsigned count;
	u64 absent_reads, absent_writes; /* bytes of accesses to nothing */
	struct bus_range ranges[BUS_RANGES];
};

/* An empty bus. `map` is BUS_PORTS bytes, all zero, that stay with the bus. */
void bus_init(struct bus *bus, u8 *map);

/*
 * Give the ports first to last to a device. 0, -ERR_EXIST (one of them is
 * taken; nothing is changed), -ERR_INVAL (not aligned to the device's width),
 * -ERR_NOMEM (table full). Before the guest runs.
 */
int bus_attach(struct bus *bus, u16 first, u16 last, const struct port_device *device,
	       void *state) __must_check;

/*
 * Have a device, of which there is one, answer elsewhere from now on: as many ports as
 * before, from `first` on, or nowhere. Where there is another device, or no port any
 * more, that part stays hidden. `first` is a multiple of the device's width.
 */
#define BUS_NOWHERE 0
void bus_move(struct bus *bus, const struct port_device *device, u16 first);

/* The device at a port, or NULL. */
const struct port_device *bus_device(const struct bus *bus, u16 port);

/* For bus_in() and bus_out() alone. */
u32 bus_in_halves(struct bus *bus, u16 port, unsigned size);
enum verdict bus_out_halves(struct bus *bus, struct vcpu *v, u16 port, unsigned size, u32 value);

static __always_inline bool bus_fits(const struct bus_range *r, u16 port, unsigned size)
{
	return likely(size == 1) || (size <= r->width && !(port & (size - 1)));
}

/* A read of 1, 2 or 4 bytes; bits above them are undefined. */
static __always_inline u32 bus_in(struct bus *bus, u16 port, unsigned size)
{
	const struct bus_range *r = &bus->ranges[bus->map[port]];

	if (bus_fits(r, port, size))
		return r->in(r->state, port - r->first, size);
	return bus_in_halves(bus, port, size);
}

static __always_inline enum verdict bus_out(struct bus *bus, struct vcpu *v, u16 port,
					    unsigned size, u32 value)
{
	const struct bus_range *r = &bus->ranges[bus->map[port]];

	if (bus_fits(r, port, size))
		return r->out(r->state, v, port - r->first, size, value);
	return bus_out_halves(bus, v, port, size, value);
}
