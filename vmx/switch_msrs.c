/* SPDX-License-Identifier: MIT */
#include "vmx/switch_msrs.h"

#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/bitmaps.h"

static const u32 switched[SWITCHED_MSRS] = {
	MSR_STAR,	    MSR_LSTAR,	 MSR_CSTAR,	MSR_SYSCALL_MASK,
	MSR_KERNEL_GS_BASE, MSR_TSC_AUX, MSR_SPEC_CTRL,
};

/* VMCS fields. What is written to PAT the processor checks, too. */
static const u32 in_vmcs[] = {
	MSR_FS_BASE, MSR_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_PAT,
};

/* The TSC with its offset. EFER is a VMCS field, but a write of it has rules of ours. */
static const u32 readable[] = {MSR_TSC, MSR_EFER};

/* Barriers against what was learnt before: they change nothing that anybody could read. */
static const u32 commands[] = {MSR_PRED_CMD, MSR_FLUSH_CMD};

static bool exists(u32 msr)
{
	switch (msr) {
	case MSR_TSC_AUX:
		return cpu_features.rdtscp;
	case MSR_SPEC_CTRL:
		return cpu_features.spec_ctrl;
	case MSR_PRED_CMD:
		return cpu_features.pred_cmd;
	case MSR_FLUSH_CMD:
		return cpu_features.flush_cmd;
	default:
		return true;
	}
}

void switch_msrs_load(const u64 values[SWITCHED_MSRS])
{
	for (unsigned i = 0; i < SWITCHED_MSRS; i++)
		if (exists(switched[i]))
			wrmsr(switched[i], values[i]);
}

void switch_msrs_save(u64 values[SWITCHED_MSRS])
{
	for (unsigned i = 0; i < SWITCHED_MSRS; i++)
		if (exists(switched[i]))
			values[i] = rdmsr(switched[i]);
}

static void allow(u8 *bitmap, const u32 *msrs, unsigned count, unsigned access)
{
	for (unsigned i = 0; i < count; i++)
		if (exists(msrs[i]))
			panic_on(msr_bitmap_allow(bitmap, msrs[i], access));
}

void switch_msrs_allow(u8 *bitmap)
{
	allow(bitmap, switched, ARRAY_SIZE(switched), MSR_ACCESS_READ | MSR_ACCESS_WRITE);
	allow(bitmap, in_vmcs, ARRAY_SIZE(in_vmcs), MSR_ACCESS_READ | MSR_ACCESS_WRITE);
	allow(bitmap, readable, ARRAY_SIZE(readable), MSR_ACCESS_READ);
	allow(bitmap, commands, ARRAY_SIZE(commands), MSR_ACCESS_WRITE);
}
