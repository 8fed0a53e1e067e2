/* SPDX-License-Identifier: MIT */
/*
 * Every port, in every size, read and written with hostile values; then the
 * ports of devices again and again, in random order. Left out are only writes
 * that honestly end the machine. Interrupts stay off. Afterwards the machine
 * must still be one.
 *
 * EXPECT ok: COM1 works afterwards
 * EXPECT checks: \d+, failed: 0
 * EXPECT ^run: outcome=clean
 */
#include "guest/guest.h"

#define HAMMER	   40000U
#define COM1	   0x3f8
#define ABSENT	   0x2000 /* from here on no PC has anything by itself */
#define PM_FIRST   0x600
#define PM_CONTROL 0x604

static u64 state = 0x5eed;

static u64 random(void) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static u32 below(u32 n)
{
	return (u32)(random() >> 33) % n;
}

/* Reset by the keyboard controller, port 92H or CF9H, the sleep states, and the debug exit. */
static bool ends(u16 port, unsigned size)
{
	static const u16 ports[] = {0x60, 0x64, 0x92, 0xf4, 0xf5, 0xf6, 0xf7, 0xcf9, PM_CONTROL, PM_CONTROL + 1};

	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if ((u16)(ports[i] - port) < size)
			return true;
	return false;
}

static u32 read(u16 port, unsigned size)
{
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void write(u16 port, unsigned size, u32 value)
{
	if (ends(port, size))
		return;
	if (size == 1)
		outb(port, (u8)value);
	else if (size == 2)
		outw(port, (u16)value);
	else
		outl(port, value);
}

static u32 hostile(void)
{
	static const u32 values[] = {0, ~0U, 0x80000000, 0x55555555, 0xaaaaaaaa, 0xff00ff};

	return below(2) ? (u32)random() : values[below(6)];
}

/* Text of the console: something that can be read. */
static bool is_text(u16 port)
{
	return port == COM1 || port == 0xe9;
}

static void sweep(void)
{
	u64 present = 0;

	for (u32 port = 0; port < 0x10000; port++) {
		for (unsigned size = 1; size <= 4; size *= 2) {
			u32 value = read((u16)port, size),
			    ones = size == 4 ? ~0U : (1U << 8 * size) - 1;

			if (port >= ABSENT && port + size <= 0x10000 && value != ones)
				present++;
			if (port < ABSENT || port % 16 == 0)
				write((u16)port, size, is_text((u16)port) ? '.' : hostile());
		}
	}
	check_equal(present, 0, "nothing answers from port 2000H on");
}

static void hammer(void)
{
	static const u16 devices[][2] = {
		{0x00, 0x20}, {0x20, 2},    {0xa0, 2},	{0x40, 4},	{0x60, 5},
		{0x70, 2},    {0x80, 16},   {0x92, 1},	{0xe9, 1},	{0x4d0, 2},
		{0x2f8, 8},   {COM1, 8},    {COM1, 8},	{PM_FIRST, 12}, {0xcf8, 8},
		{0xcf8, 8},   {0xb000, 64}, {0x1f0, 8}, {0x3c0, 32},	{0xfffc, 4},
	};

	for (unsigned i = 0; i < HAMMER; i++) {
		const u16 *device = devices[below(sizeof(devices) / sizeof(devices[0]))];
		u16 port = (u16)(device[0] + below(device[1]));
		unsigned size = 1U << below(3);

		if (below(2))
			read(port, size);
		else if (is_text(port))
			write(port, 1, 'a' + below(26));
		else
			write(port, size, hostile());
	}
}

static void repair_com1(void)
{
	outb(COM1 + 3, 3);
	outb(COM1 + 1, 0);
	outb(COM1 + 2, 0);
	outb(COM1 + 4, 3);
	print("\n");
}

/* Strings over ports, with directions, sizes and counts as they come. */
static void strings(void)
{
	static u8 buffer[256] __attribute__((aligned(16)));

	for (unsigned i = 0; i < 400; i++) {
		u16 port = (u16)(below(2) ? below(0x700) : random());
		u64 count = below(17), at = (u64)buffer + 96 + below(32);

		if (ends(port, 4) || (port >= 0xe6 && port <= 0xe9) ||
		    (port >= COM1 - 3 && port <= COM1))
			continue;
		if (below(2))
			asm volatile("std");
		if (below(2))
			asm volatile("rep insl" : "+D"(at), "+c"(count) : "d"(port) : "memory");
		else
			asm volatile("rep outsw" : "+S"(at), "+c"(count) : "d"(port) : "memory");
		asm volatile("cld");
		if (count)
			check(false, "a repeated string instruction is done");
	}
}

int guest_main(void)
{
	interrupts_init();
	sweep();
	hammer();
	strings();
	repair_com1();
	outb(COM1 + 7, 0x5a);
	check_equal(inb(COM1 + 7), 0x5a, "COM1 works afterwards");
	pit_start(11932);
	outb(0x43, 0xe2); /* read back the status of channel 0 */
	check_equal(inb(0x40) & 0x3f, 0x34, "the 8254, too");
	return check_failures();
}
