/* SPDX-License-Identifier: MIT */
/*
 * Some local APICs, an I/O APIC and the 8259s on one bus, for the tests of
 * each of them. A vCPU is its struct alone: its interrupt line, and what
 * events it got. The guests' TSC runs at 2 GHz with an offset.
 */
#pragma once

#include "tests/unit/machine/device.h"
#include "tests/unit/machine/virtual_processor.h"

#include "kernel/time.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "machine/ioapic.h"
#include "machine/lapic_access.h"
#include "machine/lapic_bus.h"
#include "machine/pic.h"
#include "machine/tsc.h"

#define CPUS 3

static struct lapic lapics[CPUS];
static struct lapic *const lapic = &lapics[0];
static u32 pages[CPUS][APIC_PAGE / 4];
static struct vcpu vcpus[CPUS];
static struct lapic_bus bus;
static struct ioapic ioapic;
static struct pic pic;
static u64 tsc_offset;

/* Events of the bus since the last reset. */
static unsigned events[CPUS][8];
static u8 event_vector;
static unsigned broadcasts; /* of EOIs */
static u8 broadcast_vector;

u64 tsc_guest(const struct vcpu *v)
{
	(void)v;
	return tsc_offset + 2 * fake_now;
}

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks / 2;
}

static inline void output_changed(void *listener, unsigned line, bool high)
{
	struct vcpu *v = listener;

	(void)line;
	assert_true(v->events.interrupt_line != high);
	v->events.interrupt_line = high;
}

static inline void event(struct vcpu *v, enum apic_delivery which, u8 vector)
{
	events[v - vcpus][which]++;
	event_vector = vector;
}

static inline void broadcast(void *io, u8 vector)
{
	broadcasts++;
	broadcast_vector = vector;
	ioapic_eoi(io, vector);
}

static inline void pic_output(void *listener, unsigned line, bool high)
{
	(void)listener;
	(void)line;
	lapic_set_pin(lapic, LAPIC_LINT0, high);
	ioapic_set_line(&ioapic, IOAPIC_PIN_8259, high);
}

static inline void machine_reset(void)
{
	device_reset();
	memset(lapics, 0, sizeof(lapics));
	memset(pages, 0xee, sizeof(pages));
	memset(vcpus, 0, sizeof(vcpus));
	memset(&bus, 0, sizeof(bus));
	memset(&ioapic, 0, sizeof(ioapic));
	memset(&pic, 0, sizeof(pic));
	memset(events, 0, sizeof(events));
	broadcasts = 0;
	tsc_offset = 1000000;
	bus.pic = &pic;
	bus.eoi = broadcast;
	bus.io = &ioapic;
	bus.event = event;
	for (unsigned i = 0; i < CPUS; i++) {
		struct lapic *l = &lapics[i];

		l->page = pages[i];
		l->vcpu = &vcpus[i];
		l->output = (struct irq){ output_changed, &vcpus[i], 0, false };
		l->id = i;
		l->physical_bits = 40;
		l->timer.clock = &test_clock;
		timer_add(&timers, &l->timer.timer, lapic_timer_due, l);
		lapic_bus_attach(&bus, l);
		lapic_reset(l, i == 0);
	}
	ioapic.bus = &bus;
	ioapic_reset(&ioapic);
	pic.output = (struct irq){ pic_output, NULL, 0, false };
	pic_reset(&pic);
}

/* ---- As a guest does it ---------------------------------------------------------- */

static inline u32 get_of(struct lapic *l, unsigned offset)
{
	u64 value = ~0UL;

	if (lapic_is_x2apic(l))
		assert_int_equal(lapic_msr_read(l, LAPIC_MSR_FIRST + offset / 16, &value), 0);
	else
		value = lapic_page_read(l, offset, 4);
	return (u32)value;
}

static inline void set_of(struct lapic *l, unsigned offset, u32 value)
{
	if (l->vcpu->apic.shadow) {
		virtual_write(l, offset, value);
		return;
	}
	if (lapic_is_x2apic(l))
		assert_int_equal(lapic_msr_write(l, LAPIC_MSR_FIRST + offset / 16, value), 0);
	else
		lapic_page_write(l, offset, 4, value);
}

static inline u32 get(unsigned offset)
{
	return get_of(lapic, offset);
}

static inline void set(unsigned offset, u32 value)
{
	set_of(lapic, offset, value);
}

static inline void enable(struct lapic *l)
{
	set_of(l, APIC_SPURIOUS, 0x1ff);
}

static inline void enter_x2apic(struct lapic *l)
{
	assert_int_equal(lapic_set_base(l, l->base | APIC_BASE_X2APIC), 0);
}

static inline bool bit_of(struct lapic *l, unsigned set, unsigned vector)
{
	return get_of(l, set + vector / 32 * 16) >> vector % 32 & 1;
}

static inline bool requested(u8 vector)
{
	return bit_of(lapic, APIC_IRR, vector);
}

static inline bool in_service(u8 vector)
{
	return bit_of(lapic, APIC_ISR, vector);
}

/* An IPI to itself. */
static inline void self(u8 vector)
{
	set(APIC_ICR, vector | APIC_TO_SELF << 18);
}

static inline bool interrupt(unsigned cpu)
{
	assert_int_equal(vcpus[cpu].events.interrupt_line, lapic_pending(&lapics[cpu]));
	return vcpus[cpu].events.interrupt_line;
}

/* The processor takes it, if there is one. */
static inline int take(unsigned cpu)
{
	if (vcpus[cpu].apic.shadow)
		return virtual_take(&lapics[cpu]);
	return interrupt(cpu) ? lapic_acknowledge(&lapics[cpu]) : -1;
}

static inline void eoi(void)
{
	set(APIC_EOI, 0);
}

static inline void icr(u32 destination, u32 command)
{
	if (lapic_is_x2apic(lapic)) {
		assert_int_equal(lapic_msr_write(lapic, LAPIC_MSR_FIRST + APIC_ICR / 16,
						 (u64)destination << 32 | command),
				 0);
		return;
	}
	set(APIC_ICR_HIGH, destination << 24);
	set(APIC_ICR, command);
}

/* The 8259s as every operating system sets them up: vectors 20H and 28H. */
static inline void setup_pic(void)
{
	static const u8 words[2][4] = { { 0x11, 0x20, 4, 1 }, { 0x11, 0x28, 2, 1 } };

	for (unsigned i = 0; i < 4; i++) {
		port_out(&pic_master_ports, &pic, i != 0, words[0][i]);
		port_out(&pic_slave_ports, &pic, i != 0, words[1][i]);
	}
}

static inline u32 errors(void)
{
	set(APIC_ESR, 0);
	return get(APIC_ESR);
}
