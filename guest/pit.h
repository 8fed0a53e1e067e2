/* SPDX-License-Identifier: MIT */
/* Channel 2 of the 8254, for guests that test it. */
#pragma once

#include "guest/guest.h"

#define CONTROL	    0x43
#define SPEAKER	    0x61
#define GATE	    0x01
#define OUT_BIT	    0x20
#define LOW	    0x10
#define HIGH	    0x20
#define BOTH	    0x30
#define BCD	    0x01
#define STATUS_OUT  0x80
#define STATUS_NULL 0x40
#define MODE(n)	    ((n) << 1)
#define HZ	    1193182

static u64 tsc_hz;

static inline void gate(bool high)
{
	outb(SPEAKER, (u8)((inb(SPEAKER) & ~3) | (high ? GATE : 0)));
}

static inline bool out(void)
{
	return inb(SPEAKER) & OUT_BIT;
}

/* Control word and count of channel 2. */
static inline void program(u8 mode, u16 count)
{
	outb(CONTROL, (u8)(0x80 | BOTH | mode));
	outb(0x42, (u8)count);
	outb(0x42, (u8)(count >> 8));
}

static inline u16 read_two(void)
{
	u16 low = inb(0x42);

	return (u16)(low | inb(0x42) << 8);
}

static inline u16 count(void)
{
	outb(CONTROL, 0x80);
	return read_two();
}

static inline u8 status(unsigned channel)
{
	outb(CONTROL, (u8)(0xe0 | 2U << channel));
	return inb((u16)(0x40 + channel));
}

static inline void wait_ticks(unsigned n)
{
	u64 end = rdtsc() + tsc_hz * n / HZ;

	while (rdtsc() < end)
		;
}
