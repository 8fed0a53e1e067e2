/* SPDX-License-Identifier: MIT */
#include "machine/msr.h"

#include "kernel/log.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "machine/tsc.h"
#include "machine/vm.h"

#define MISC_FAST_STRINGS     BIT(0)
#define MISC_BTS_UNAVAILABLE  BIT(11)
#define MISC_PEBS_UNAVAILABLE BIT(12)
/* Thermal control, SpeedStep, MONITOR, CPUID limit, xTPR messages, XD disable: kept, without effect. */
#define MISC_WRITABLE  (MISC_FAST_STRINGS | BIT(3) | BIT(16) | BIT(18) | BIT(22) | BIT(23) | BIT(34))
#define MISC_READ_ONLY (BIT(7) | MISC_BTS_UNAVAILABLE | MISC_PEBS_UNAVAILABLE)

#define MSR_PLATFORM_ID 0x17

/* Revision 1, in the upper half: microcode is the host's business. */
#define MICROCODE_REVISION BIT(32)

/*
 * Fast strings are on if the host's are: Linux copies by it. Bochs has no such
 * MSR, and REP MOVSB there takes as long as so many single moves.
 */
static u64 fast_strings(void)
{
	u64 value;

	return rdmsr_safe(MSR_MISC_ENABLE, &value) ? 0 : value & MISC_FAST_STRINGS;
}

void msr_reset(struct msr_state *m, unsigned physical_bits)
{
	memset(m, 0, sizeof(*m));
	mtrr_reset(&m->mtrr, physical_bits);
	m->misc_enable = fast_strings() | MISC_BTS_UNAVAILABLE | MISC_PEBS_UNAVAILABLE;
}

static struct msr_state *state(struct vcpu *v)
{
	return &v->vm->cpus[v->index].msr;
}

static bool is_apic(u32 msr)
{
	return msr >= LAPIC_MSR_FIRST && msr <= LAPIC_MSR_LAST;
}

static __noinline int refuse(struct vcpu *v, u32 msr, const char *what)
{
	struct msr_state *m = state(v);

	for (unsigned i = 0; i < m->refused_count; i++)
		if (m->refused[i] == msr)
			return -ERR_NOENT;
	if (m->refused_count == MSR_REFUSED_MAX)
		return -ERR_NOENT;
	m->refused[m->refused_count++] = msr;
	log_info("msr", "%s: vcpu=%u %s msr=%#x is not offered: #GP", v->vm->name, v->index, what,
		 msr);
	return -ERR_NOENT;
}

int msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	const struct msr_state *m = state(v);

	if (is_apic(msr))
		return lapic_msr_read(vm_lapic(v), msr, value);
	switch (msr) {
	case MSR_TSC_DEADLINE:
		*value = lapic_timer_deadline(vm_lapic(v));
		return 0;
	case MSR_TSC:
		*value = tsc_guest(v);
		return 0;
	case MSR_TSC_ADJUST:
		*value = m->tsc_adjust;
		return 0;
	case MSR_APIC_BASE:
		*value = vm_lapic(v)->base;
		return 0;
	case MSR_BIOS_SIGN_ID:
		*value = MICROCODE_REVISION;
		return 0;
	case MSR_MISC_ENABLE:
		*value = m->misc_enable;
		return 0;
	/* Nothing to tell: no ratios, no banks of machine-check registers. */
	case MSR_PLATFORM_ID:
	case MSR_PLATFORM_INFO:
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
		*value = 0;
		return 0;
	}
	return mtrr_read(&m->mtrr, msr, value) ? refuse(v, msr, "RDMSR") : 0;
}

/* The adjustment follows every change of the counter, and the other way round. */
static void write_tsc(struct vcpu *v, u64 value)
{
	u64 change = value - tsc_guest(v);

	state(v)->tsc_adjust += change;
	tsc_move(v, change);
	lapic_timer_tsc_changed(vm_lapic(v));
}

static void write_tsc_adjust(struct vcpu *v, u64 value)
{
	u64 change = value - state(v)->tsc_adjust;

	state(v)->tsc_adjust = value;
	tsc_move(v, change);
	lapic_timer_tsc_changed(vm_lapic(v));
}

/* The page may go wherever the guest wants it; where there is RAM, that stays in front. */
static int write_apic_base(struct vcpu *v, u64 value)
{
	struct vm *vm = v->vm;
	u64 old = vm_lapic(v)->base, page = ALIGN_DOWN(value, PAGE_SIZE);

	if (lapic_set_base(vm_lapic(v), value))
		return -ERR_INVAL;
	cpuid_update_apic(&vm->cpus[v->index].cpuid, lapic_enabled(vm_lapic(v)));
	if (ALIGN_DOWN(old, PAGE_SIZE) == page || state(v)->apic_moved)
		return 0;
	state(v)->apic_moved = true;
	log_info("msr", "%s: vcpu=%u moves its APIC to %#lx%s", vm->name, v->index, page,
		 ram_contains(&vm->ram, page, PAGE_SIZE) ? ", but RAM is in front of it" : "");
	return 0;
}

static int unless(bool illegal)
{
	return illegal ? -ERR_INVAL : 0;
}

int msr_write(struct vcpu *v, u32 msr, u64 value)
{
	struct msr_state *m = state(v);
	int error;

	if (is_apic(msr))
		return lapic_msr_write(vm_lapic(v), msr, value);
	switch (msr) {
	case MSR_TSC_DEADLINE:
		lapic_timer_set_deadline(vm_lapic(v), value);
		return 0;
	case MSR_TSC:
		write_tsc(v, value);
		return 0;
	case MSR_TSC_ADJUST:
		write_tsc_adjust(v, value);
		return 0;
	case MSR_APIC_BASE:
		return write_apic_base(v, value);
	case MSR_BIOS_SIGN_ID: /* written before CPUID loads it; the revision does not change */
		return 0;
	case MSR_MISC_ENABLE:
		if (value & ~(MISC_WRITABLE | MISC_READ_ONLY))
			return -ERR_INVAL;
		m->misc_enable = (m->misc_enable & MISC_READ_ONLY) | (value & MISC_WRITABLE);
		return 0;
	case MSR_MCG_STATUS:
		return unless(value);
	}
	error = mtrr_write(&m->mtrr, msr, value);
	if (m->mtrr.changed)
		vcpu_attend(v, ATTENTION_POLL);
	return error == -ERR_NOENT ? refuse(v, msr, "WRMSR") : error;
}
