/* SPDX-License-Identifier: MIT */
/* SDM "Local APIC Register Address Map", "x2APIC Register Address Space". */
#include "machine/lapic_access.h"

#include "lib/error.h"
#include "machine/lapic_bus.h"

/* Who may do what: the page, the MSRs. */
#define PAGE_READ  1
#define PAGE_WRITE 2 /* without it a write is ignored */
#define MSR_READ   4
#define MSR_WRITE  8

#define READ  (PAGE_READ | MSR_READ)
#define BOTH  (READ | PAGE_WRITE | MSR_WRITE)
#define XAPIC (PAGE_READ | PAGE_WRITE)

#define SPURIOUS_BITS (0xff | APIC_SPURIOUS_ENABLE | APIC_SPURIOUS_NO_BROADCAST)

#define LVT_READ_ONLY (BIT(12) | APIC_LVT_REMOTE_IRR)
#define LVT_PLAIN     (APIC_LVT_VECTOR | APIC_LVT_MASKED)
#define LVT_MODES     (LVT_PLAIN | APIC_LVT_DELIVERY)
#define LVT_PIN	      (LVT_MODES | APIC_LVT_LOW_ACTIVE | APIC_LVT_LEVEL)

/* Bit 12 was the delivery status: processors of Intel ignore it. */
#define ICR_BITS    (BITS(19, 18) | BITS(15, 14) | BITS(11, 0))
#define ICR_IGNORED APIC_ICR_PENDING

/* Bits that can be written; all others are reserved, but for the read-only ones of the LVT. */
/* clang-format off */
static const struct {
	u32 writable;
	u32 access;
} registers[APIC_REGISTERS] = {
	[APIC_ID / 16]		  = { 0, READ },
	[APIC_VERSION / 16]	  = { 0, READ },
	[APIC_TPR / 16]		  = { 0xff, BOTH },
	[APIC_APR / 16]		  = { 0, PAGE_READ },
	[APIC_PPR / 16]		  = { 0, READ },
	[APIC_EOI / 16]		  = { 0, XAPIC | MSR_WRITE },
	[APIC_REMOTE_READ / 16]	  = { 0, PAGE_READ },
	[APIC_LDR / 16]		  = { BITS(31, 24), READ | PAGE_WRITE },
	[APIC_DFR / 16]		  = { APIC_DFR_CLUSTER_MASK, XAPIC },
	[APIC_SPURIOUS / 16]	  = { SPURIOUS_BITS, BOTH },
	[APIC_ISR / 16 ... APIC_ISR / 16 + 7] = { 0, READ },
	[APIC_TMR / 16 ... APIC_TMR / 16 + 7] = { 0, READ },
	[APIC_IRR / 16 ... APIC_IRR / 16 + 7] = { 0, READ },
	[APIC_ESR / 16]		  = { 0, BOTH },
	[APIC_ICR / 16]		  = { ICR_BITS, BOTH },
	[APIC_ICR_HIGH / 16]	  = { BITS(31, 24), XAPIC },
	[APIC_LVT_TIMER / 16]	  = { LVT_PLAIN | APIC_LVT_TIMER_MODE, BOTH },
	[APIC_LVT_THERMAL / 16]	  = { LVT_MODES, BOTH },
	[APIC_LVT_PERF / 16]	  = { LVT_MODES, BOTH },
	[APIC_LVT_LINT0 / 16]	  = { LVT_PIN, BOTH },
	[APIC_LVT_LINT1 / 16]	  = { LVT_PIN, BOTH },
	[APIC_LVT_ERROR / 16]	  = { LVT_PLAIN, BOTH },
	[APIC_TIMER_INITIAL / 16] = { ~0U, BOTH },
	[APIC_TIMER_CURRENT / 16] = { 0, READ },
	[APIC_TIMER_DIVIDE / 16]  = { 0xb, BOTH },
	[APIC_SELF_IPI / 16]	  = { 0xff, MSR_WRITE },
};
/* clang-format on */

/* ---- What a write does ------------------------------------------------------------- */

static void mask_all(struct lapic *l)
{
	for (unsigned lvt = APIC_LVT_TIMER; lvt <= APIC_LVT_ERROR; lvt += 16)
		lapic_set_register(l, lvt, *lapic_register(l, lvt) | APIC_LVT_MASKED);
}

static void write_spurious(struct lapic *l, u32 value)
{
	lapic_set_register(l, APIC_SPURIOUS, value);
	if (!(value & APIC_SPURIOUS_ENABLE))
		mask_all(l);
	lapic_access_changed(l);
	lapic_update(l);
}

static void write_lvt(struct lapic *l, unsigned offset, u32 value)
{
	/* "Attempts to reset these bits will be ignored." */
	if (!(*lapic_register(l, APIC_SPURIOUS) & APIC_SPURIOUS_ENABLE))
		value |= APIC_LVT_MASKED;
	if (offset == APIC_LVT_TIMER)
		lapic_timer_prepare(l, value);
	lapic_set_register(l, offset, value | (*lapic_register(l, offset) & LVT_READ_ONLY));
	if (offset == APIC_LVT_LINT0)
		lapic_pin_changed(l, LAPIC_LINT0);
	else if (offset == APIC_LVT_LINT1)
		lapic_pin_changed(l, LAPIC_LINT1);
}

/* The register shows what has been found until now. SDM "Error Handling". */
static void write_errors(struct lapic *l)
{
	lapic_set_register(l, APIC_ESR, l->errors);
	l->errors = 0;
	l->error_told = false;
}

/* The value has no reserved bits any more. */
static void write_register(struct lapic *l, unsigned offset, u32 value)
{
	switch (offset) {
	case APIC_EOI:
		lapic_eoi(l);
		break;
	case APIC_TPR:
		*lapic_register(l, APIC_TPR) = value;
		lapic_update(l);
		break;
	case APIC_TIMER_INITIAL:
		lapic_timer_start(l, value);
		break;
	case APIC_SELF_IPI:
		lapic_bus_command(l, 0, value | APIC_TO_SELF << 18);
		break;
	case APIC_ICR: /* xAPIC only */
		lapic_set_register(l, APIC_ICR, value);
		lapic_bus_command(
			l, lapic_bus_destination(*lapic_register(l, APIC_ICR_HIGH) >> 24), value);
		break;
	case APIC_SPURIOUS:
		write_spurious(l, value);
		break;
	case APIC_ESR:
		write_errors(l);
		break;
	case APIC_LVT_TIMER ... APIC_LVT_ERROR:
		write_lvt(l, offset, value);
		break;
	case APIC_TIMER_DIVIDE:
		lapic_set_register(l, APIC_TIMER_DIVIDE, value);
		lapic_timer_divide(l, value);
		break;
	case APIC_DFR:
		value |= ~(u32)APIC_DFR_CLUSTER_MASK;
		/* fall through */
	case APIC_LDR:
	case APIC_ICR_HIGH:
		lapic_set_register(l, offset, value);
		break;
	}
}

static u32 read_register(struct lapic *l, unsigned offset)
{
	if (offset == APIC_TIMER_CURRENT)
		return lapic_timer_count(l);
	return offset == APIC_PPR ? lapic_priority(l) : *lapic_register(l, offset);
}

/* ---- The page ---------------------------------------------------------------------- */

/* No such register: SDM "Error Handling", illegal register address. */
static bool exists(struct lapic *l, unsigned offset)
{
	if (offset / 16 < APIC_REGISTERS && registers[offset / 16].access & XAPIC)
		return true;
	lapic_error(l, APIC_ESR_ADDRESS);
	return false;
}

u64 lapic_page_read(struct lapic *l, unsigned offset, unsigned size)
{
	(void)size;
	if (!lapic_is_xapic(l))
		return ~0UL;
	if (!exists(l, offset) || offset % 16 >= 4)
		return 0;
	return read_register(l, offset & ~15U) >> offset % 4 * 8;
}

/* A part of a register: with the rest of it. */
static u32 merge(const struct lapic *l, unsigned offset, unsigned size, u32 value)
{
	unsigned shift = offset % 4 * 8;
	u32 mask = (u32)BITS(size * 8 - 1, 0) << shift;

	return (*lapic_register(l, offset & ~15U) & ~mask) | (value << shift & mask);
}

void lapic_page_write(struct lapic *l, unsigned offset, unsigned size, u64 value)
{
	unsigned start = offset & ~15U;

	if (!lapic_is_xapic(l) || !exists(l, offset) || offset % 16 + MIN(size, 4U) > 4)
		return;
	if (size < 4)
		value = merge(l, offset, size, (u32)value);
	if (registers[start / 16].access & PAGE_WRITE)
		write_register(l, start, (u32)value & registers[start / 16].writable);
}

/* As if it had not been written, and then as any other write: merged it is already. */
void lapic_page_written(struct lapic *l, unsigned offset)
{
	unsigned start = offset & ~15U;
	u32 value;

	if (start / 16 >= APIC_REGISTERS)
		return;
	value = *lapic_register(l, start);
	*lapic_register(l, start) = l->kept[start / 16];
	if (lapic_is_x2apic(l)) /* SELF IPI of an illegal vector; the processor has checked the rest */
		write_register(l, start, value & registers[start / 16].writable);
	else
		lapic_page_write(l, start, 4, value);
}

/* ---- The MSRs ---------------------------------------------------------------------- */

static bool may(const struct lapic *l, u32 index, u32 access)
{
	return lapic_is_x2apic(l) && index < APIC_REGISTERS && registers[index].access & access;
}

int lapic_msr_read(struct lapic *l, u32 msr, u64 *value)
{
	u32 index = msr - LAPIC_MSR_FIRST;

	if (!may(l, index, MSR_READ))
		return -ERR_INVAL;
	*value = read_register(l, index * 16);
	if (index == APIC_ICR / 16)
		*value |= (u64)*lapic_register(l, APIC_ICR_HIGH64) << 32;
	return 0;
}

static int write_command(struct lapic *l, u64 value)
{
	if ((u32)value & ~(ICR_BITS | ICR_IGNORED))
		return -ERR_INVAL;
	lapic_set_register(l, APIC_ICR, (u32)value & ICR_BITS);
	*lapic_register(l, APIC_ICR_HIGH64) = (u32)(value >> 32);
	lapic_bus_command(l, (u32)(value >> 32), (u32)value);
	return 0;
}

int lapic_msr_write(struct lapic *l, u32 msr, u64 value)
{
	u32 index = msr - LAPIC_MSR_FIRST, allowed;

	if (!may(l, index, MSR_WRITE))
		return -ERR_INVAL;
	if (index == APIC_ICR / 16)
		return write_command(l, value);
	allowed = registers[index].writable;
	if (index >= APIC_LVT_TIMER / 16 && index <= APIC_LVT_ERROR / 16)
		allowed |= LVT_READ_ONLY;
	if (value & ~(u64)allowed)
		return -ERR_INVAL;
	write_register(l, index * 16, (u32)value & registers[index].writable);
	return 0;
}
