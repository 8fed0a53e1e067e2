/* SPDX-License-Identifier: MIT */
#include "machine/msr.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/time.h"
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

/*
 * IA32_ARCH_CAPABILITIES: what the processor is, or is not, immune against. Not
 * told: what announces further MSRs.
 */
#define ARCH_RDCL_NO	       BIT(0)
#define ARCH_IBRS_ALL	       BIT(1)
#define ARCH_RSBA	       BIT(2)
#define ARCH_SSB_NO	       BIT(4)
#define ARCH_MDS_NO	       BIT(5)
#define ARCH_IF_PSCHANGE_MC_NO BIT(6)
#define ARCH_TAA_NO	       BIT(8)
#define ARCH_SBDR_SSDP_NO      BIT(13)
#define ARCH_FBSDP_NO	       BIT(14)
#define ARCH_PSDP_NO	       BIT(15)
#define ARCH_FB_CLEAR	       BIT(17)
#define ARCH_RRSBA	       BIT(19)
#define ARCH_BHI_NO	       BIT(20)
#define ARCH_PBRSB_NO	       BIT(24)
#define ARCH_GDS_NO	       BIT(26)
#define ARCH_RFDS_NO	       BIT(27)
#define ARCH_RFDS_CLEAR	       BIT(28)
#define ARCH_ITS_NO	       BIT(62)
#define ARCH_TOLD                                                                                  \
	(ARCH_RDCL_NO | ARCH_IBRS_ALL | ARCH_RSBA | ARCH_SSB_NO | ARCH_MDS_NO |                    \
	 ARCH_IF_PSCHANGE_MC_NO | ARCH_TAA_NO | ARCH_SBDR_SSDP_NO | ARCH_FBSDP_NO | ARCH_PSDP_NO | \
	 ARCH_FB_CLEAR | ARCH_RRSBA | ARCH_BHI_NO | ARCH_PBRSB_NO | ARCH_GDS_NO | ARCH_RFDS_NO |   \
	 ARCH_RFDS_CLEAR | ARCH_ITS_NO)

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

static u64 arch_capabilities(void)
{
	u64 value;

	return rdmsr_safe(MSR_ARCH_CAPABILITIES, &value) ? 0 : value & ARCH_TOLD;
}

void msr_reset(struct msr_state *m, unsigned physical_bits)
{
	memset(m, 0, sizeof(*m));
	mtrr_reset(&m->mtrr, physical_bits);
	m->misc_enable = fast_strings() | MISC_BTS_UNAVAILABLE | MISC_PEBS_UNAVAILABLE;
	if (cpu_features.arch_capabilities)
		m->arch_capabilities = arch_capabilities();
}

static struct msr_state *state(struct vcpu *v)
{
	return &v->vm->cpus[v->index].msr;
}

/* The TSC in steps of 100 MHz, as the only ratio: "maximum non-turbo" and "maximum efficiency". */
static u64 platform_info(void)
{
	u64 ratio = (time_tsc_hz() + 50000000) / 100000000 & 0xff;

	return ratio << 8 | ratio << 40;
}

static bool is_apic(u32 msr)
{
	return msr >= LAPIC_MSR_FIRST && msr <= LAPIC_MSR_LAST;
}

static __noinline int refuse(struct vcpu *v, u32 msr, const char *what)
{
	struct msr_refused *r = &state(v)->refused;
	bool had_room = !msr_refused_full(r);

	if (msr_refused_add(r, msr))
		log_info("msr", "%s: vcpu=%u %s msr=%#x is not offered: #GP%s", v->vm->name,
			 v->index, what, msr, had_room && msr_refused_full(r) ?
			 "; further numbers that no processor has are not told" : "");
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
	case MSR_ARCH_CAPABILITIES:
		if (!cpu_features.arch_capabilities)
			break;
		*value = m->arch_capabilities;
		return 0;
	case MSR_PLATFORM_INFO:
		*value = platform_info();
		return 0;
	/* Nothing to tell: no banks of machine-check registers. */
	case MSR_PLATFORM_ID:
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
