/* SPDX-License-Identifier: MIT */
#include "machine/pm.h"

#include "lib/bits.h"

#define NS_PER_S 1000000000UL

#define TMR_STS	 BIT(0) /* TMR_EN in the enable register */
#define GBL_STS	 BIT(5)
#define PWRBTN	 BIT(8)
#define SLPBTN	 BIT(9)
#define RTC_STS	 BIT(10)
#define ENABLES	 (TMR_STS | GBL_STS | PWRBTN | SLPBTN | RTC_STS)
#define SCI_EN	 BIT(0)
#define SLP_TYP	 BITS(12, 10)
#define CONTROLS (BIT(1) | SLP_TYP) /* BM_RLD; SLP_EN and GBL_RLS are write-only */

#define TOGGLE_TICKS (1UL << 31) /* "TMR_STS is set any time the last bit changes" */

static u64 ticks(u64 now)
{
	return now / NS_PER_S * PM_TIMER_HZ + now % NS_PER_S * PM_TIMER_HZ / NS_PER_S;
}

u32 pm_timer(u64 now)
{
	return (u32)ticks(now);
}

static void catch_up(struct pm *pm, u64 now)
{
	if (ticks(now) / TOGGLE_TICKS != ticks(pm->seen_ns) / TOGGLE_TICKS)
		pm->status |= TMR_STS;
	pm->seen_ns = now;
}

static void update(struct pm *pm)
{
	u64 next = CLOCK_NEVER, count;

	irq_set(&pm->irq, pm->status & pm->enable);
	if (pm->enable & ~pm->status & TMR_STS) {
		count = (ticks(pm->seen_ns) / TOGGLE_TICKS + 1) * TOGGLE_TICKS;
		next = count / PM_TIMER_HZ * NS_PER_S +
		       (count % PM_TIMER_HZ * NS_PER_S + PM_TIMER_HZ - 1) / PM_TIMER_HZ;
	}
	if (next != pm->timer.deadline)
		timer_set(&pm->timer, next);
}

void pm_due(void *state, u64 now)
{
	struct pm *pm = state;

	catch_up(pm, now);
	update(pm);
}

void pm_reset(struct pm *pm)
{
	pm->status = pm->enable = pm->control = 0;
	pm->seen_ns = 0;
	update(pm);
}

static u32 event_in(void *state, u16 offset, unsigned size)
{
	struct pm *pm = state;

	pm_due(pm, clock_now(pm->clock));
	return ((u32)pm->enable << 16 | pm->status) >> (8 * offset) & (u32)bits_byte_mask(size);
}

static enum verdict event_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pm *pm = state;
	u32 mask = (u32)bits_byte_mask(size) << (8 * offset);
	u32 bits = value << (8 * offset) & mask;

	(void)v;
	pm_due(pm, clock_now(pm->clock));
	pm->status &= ~(u16)bits; /* writing 1 clears */
	mask = mask >> 16 & ENABLES;
	pm->enable = (u16)((pm->enable & ~mask) | (bits >> 16 & mask));
	update(pm);
	return NEXT;
}

static u32 control_in(void *state, u16 offset, unsigned size)
{
	struct pm *pm = state;

	(void)size;
	return (pm->control | SCI_EN) >> (8 * offset);
}

static enum verdict control_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pm *pm = state;
	u32 mask = (u32)bits_byte_mask(size) << (8 * offset);
	u32 bits = value << (8 * offset) & mask;

	pm->control = (u16)((pm->control & ~mask) | (bits & mask)) & CONTROLS;
	if (bits & PM_SLEEP_ENABLE && bits_get(pm->control, 12, 10) == PM_S5_TYPE)
		return vcpu_stop(v, STOP_POWER_OFF, "ACPI S5", 0);
	return NEXT;
}

static u32 timer_in(void *state, u16 offset, unsigned size)
{
	struct pm *pm = state;

	(void)size;
	return pm_timer(clock_now(pm->clock)) >> (8 * offset);
}

static enum verdict timer_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)state;
	(void)v;
	(void)offset;
	(void)size;
	(void)value;
	return NEXT; /* read-only */
}

const struct port_device pm_ports = { "ACPI PM1a event", 4, event_in, event_out };
const struct port_device pm_control_ports = { "ACPI PM1a control", 4, control_in, control_out };
const struct port_device pm_timer_ports = { "ACPI PM timer", 4, timer_in, timer_out };
