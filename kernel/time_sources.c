/* SPDX-License-Identifier: MIT */
/*
 * PM timer, HPET and PIT (channel 2, the speaker's), as free-running
 * counters. Relies on the registers that acpi_init() found and mapped.
 */
#include "kernel/time_sources.h"

#include "kernel/acpi.h"
#include "kernel/asm.h"
#include "lib/bits.h"

#define PM_TIMER_HZ 3579545
#define PIT_HZ	    1193182
#define FS_PER_S    1000000000000000UL

/* IA-PC HPET specification, "Register Overview"; 64-bit registers, by index */
#define HPET_CAPABILITIES  (0x000 / 8)
#define HPET_CONFIGURATION (0x010 / 8)
#define HPET_MAIN_COUNTER  (0x0f0 / 8)
#define HPET_ENABLE	   BIT(0)
#define HPET_PERIOD_MAX	   100000000 /* femtoseconds */

#define PIT_CHANNEL_2	0x42
#define PIT_COMMAND	0x43
#define PIT_LATCH_2	0x80
#define PIT_2_MODE_0	0xb0 /* channel 2, low then high byte, count down once and go on */
#define PORT_B		0x61 /* bit 0: gate of channel 2; bit 1: speaker */
#define PORT_B_GATE	BIT(0)
#define PORT_B_SPEAKER	BIT(1)
#define PORT_B_WRITABLE 0x0f

static u64 hpet_configuration; /* as found */
static u8 port_b;	       /* as found */

/* The fence keeps the TSC from being read before the clock was, or after. */
static u64 tsc_ordered(void)
{
	u32 lo, hi;

	asm volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

static u64 read_pm_timer(void)
{
	return acpi_register_read(&acpi.pm_timer);
}

bool time_sources_open_pm_timer(struct time_source *source)
{
	*source = (struct time_source){
		.name = "PM timer",
		.hz = PM_TIMER_HZ,
		.mask = acpi.pm_timer_32bit ? BITS(31, 0) : BITS(23, 0),
		.read = read_pm_timer,
		.tsc = tsc_ordered,
	};
	return acpi_register_usable(&acpi.pm_timer);
}

static volatile u64 *hpet(void)
{
	return acpi.hpet_mapped;
}

/* The low half is enough, and cannot tear where only 32-bit reads are atomic. */
static u64 read_hpet(void)
{
	return *(volatile u32 *)&hpet()[HPET_MAIN_COUNTER];
}

static void close_hpet(void)
{
	hpet()[HPET_CONFIGURATION] = hpet_configuration;
}

bool time_sources_open_hpet(struct time_source *source)
{
	u64 period;

	if (!hpet())
		return false;
	period = hpet()[HPET_CAPABILITIES] >> 32;
	if (period == 0 || period > HPET_PERIOD_MAX)
		return false;
	hpet_configuration = hpet()[HPET_CONFIGURATION];
	hpet()[HPET_CONFIGURATION] = hpet_configuration | HPET_ENABLE;
	*source = (struct time_source){
		.name = "HPET",
		.hz = (FS_PER_S + period / 2) / period,
		.mask = BITS(31, 0),
		.read = read_hpet,
		.tsc = tsc_ordered,
		.close = close_hpet,
	};
	return true;
}

/* Upwards, as the other clocks count. */
static u64 read_pit(void)
{
	u8 low, high;

	outb(PIT_COMMAND, PIT_LATCH_2);
	low = inb(PIT_CHANNEL_2);
	high = inb(PIT_CHANNEL_2);
	return 0xffff - (high << 8 | low);
}

static void close_pit(void)
{
	outb(PORT_B, port_b);
}

bool time_sources_open_pit(struct time_source *source)
{
	port_b = inb(PORT_B) & PORT_B_WRITABLE;
	outb(PORT_B, (port_b & ~PORT_B_SPEAKER) | PORT_B_GATE);
	outb(PIT_COMMAND, PIT_2_MODE_0);
	outb(PIT_CHANNEL_2, 0xff);
	outb(PIT_CHANNEL_2, 0xff);
	*source = (struct time_source){
		.name = "PIT",
		.hz = PIT_HZ,
		.mask = BITS(15, 0),
		.read = read_pit,
		.tsc = tsc_ordered,
		.close = close_pit,
	};
	return true;
}
