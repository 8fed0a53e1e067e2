/* SPDX-License-Identifier: MIT */
/*
 * The local APIC switched on, reset, and between its modes.
 * SDM "Local APIC State After Power-Up or Reset", "x2APIC State Transitions".
 */
#include "lib/error.h"
#include "lib/string.h"
#include "machine/lapic.h"

static const u16 local_vectors[APIC_LVT_COUNT] = { APIC_LVT_TIMER, APIC_LVT_THERMAL,
						   APIC_LVT_PERF,  APIC_LVT_LINT0,
						   APIC_LVT_LINT1, APIC_LVT_ERROR };

/* Clusters of 16. SDM "Deriving Logical x2APIC ID from the Local x2APIC ID". */
static u32 logical_id(u32 id)
{
	return id >> 4 << 16 | 1U << (id & 15);
}

/* What differs between the modes. The ICR's upper half has another place, and is lost. */
static void apply_mode(struct lapic *l)
{
	bool x2apic = lapic_is_x2apic(l);

	lapic_set_register(l, APIC_ID, x2apic ? l->id : l->id << 24);
	lapic_set_register(l, APIC_LDR, x2apic ? logical_id(l->id) : 0);
	lapic_set_register(l, APIC_DFR, x2apic ? 0 : ~0U);
	lapic_set_register(l, APIC_ICR_HIGH, 0);
	*lapic_register(l, APIC_ICR_HIGH64) = 0;
}

static void power_up(struct lapic *l)
{
	memset(l->page, 0, APIC_PAGE);
	memset(l->kept, 0, sizeof(l->kept));
	apic_virtual_forget(l->vcpu);
	lapic_set_register(l, APIC_VERSION, APIC_VERSION_VALUE);
	lapic_set_register(l, APIC_SPURIOUS, 0xff);
	for (unsigned i = 0; i < APIC_LVT_COUNT; i++)
		lapic_set_register(l, local_vectors[i], APIC_LVT_MASKED);
	l->errors = 0;
	l->error_told = false;
	lapic_timer_reset(l);
	apply_mode(l);
	lapic_access_changed(l);
}

/*
 * Only at its usual place the page is the processor's business, too. And only
 * while the APIC is on: one that is off takes no interrupts, not even of its
 * own IPIs, but the processor would not know.
 */
void lapic_access_changed(struct lapic *l)
{
	bool usual = ALIGN_DOWN(l->base, PAGE_SIZE) == APIC_BASE_DEFAULT;
	enum apic_access access;

	if (!(*lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_ENABLE))
		access = APIC_BY_NOTHING;
	else if (lapic_is_x2apic(l))
		access = APIC_BY_MSRS;
	else
		access = lapic_is_xapic(l) && usual ? APIC_BY_PAGE : APIC_BY_NOTHING;
	apic_virtual_set_access(l->vcpu, access);
}

void lapic_init(struct lapic *l)
{
	power_up(l);
	lapic_update(l);
}

void lapic_reset(struct lapic *l, bool bootstrap)
{
	l->base = APIC_BASE_DEFAULT | APIC_BASE_ENABLE | (bootstrap ? APIC_BASE_BOOTSTRAP : 0);
	lapic_init(l);
}

void lapic_virtual_wire(struct lapic *l)
{
	lapic_set_register(l, APIC_SPURIOUS,
			   *lapic_register(l, APIC_SPURIOUS) | APIC_SPURIOUS_ENABLE);
	lapic_set_register(l, APIC_LVT_LINT0, APIC_LVT_EXTINT);
	lapic_set_register(l, APIC_LVT_LINT1, APIC_LVT_NMI);
	lapic_access_changed(l);
	lapic_update(l);
}

/* Up one step at a time; down only to disabled. */
static bool mode_exists(u64 old, u64 new)
{
	if (new == APIC_BASE_X2APIC)
		return false;
	return !((old == 0 && new == APIC_BASE_MODE) ||
		 (old == APIC_BASE_MODE && new == APIC_BASE_ENABLE));
}

int lapic_set_base(struct lapic *l, u64 value)
{
	u64 known = BITS(l->physical_bits - 1, PAGE_SHIFT) | APIC_BASE_MODE | APIC_BASE_BOOTSTRAP;
	u64 old = l->base & APIC_BASE_MODE, new = value & APIC_BASE_MODE;

	if (value & ~known || !mode_exists(old, new))
		return -ERR_INVAL;
	l->base = value;
	lapic_access_changed(l);
	if (old == new)
		return 0;
	if (new)
		apply_mode(l);
	else
		power_up(l);
	lapic_update(l);
	return 0;
}
