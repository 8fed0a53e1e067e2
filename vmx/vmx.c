/* SPDX-License-Identifier: MIT */
/*
 * VMX operation on this computer. SDM "Enabling and Entering VMX Operation".
 */
#include "vmx/vmx.h"

#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/instructions.h"
#include "vmx/requirements.h"

struct vmx_host vmx_host;

static void read_cpuid(struct vmx_caps *caps)
{
	caps->physical_bits = cpu_features.physical_bits;
	caps->linear_bits = cpu_features.linear_bits;
	if (cpu_features.max_leaf < 7)
		return;
	caps->rtm = cpuid(7, 0).ebx & BIT(11);
	caps->bus_lock_debug = cpuid(7, 0).ecx & BIT(24);
}

int vmx_init(void)
{
	caps_read(&vmx_host.caps, cpu_features.vmx, rdmsr_safe);
	vmx_host.physical_bits = cpu_features.physical_bits;
	read_cpuid(&vmx_host.caps);
	if (!vmx_host.caps.vmx)
		return -ERR_UNSUPPORTED;
	/* Firmware that leaves the MSR unlocked leaves the choice to us. */
	if (!(vmx_host.caps.feature_control & FEATURE_CONTROL_LOCKED) &&
	    wrmsr_safe(MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_OUTSIDE) == 0)
		vmx_host.caps.feature_control = rdmsr(MSR_FEATURE_CONTROL);
	return controls_solve(&vmx_host.controls, &vmx_host.caps) || requirements_missing(&vmx_host.caps)
		       ? -ERR_UNSUPPORTED
		       : 0;
}

/* Each CPU has a FEATURE_CONTROL of its own; firmware may have missed an AP. */
static bool feature_control_allows(void)
{
	u64 value;

	if (rdmsr_safe(MSR_FEATURE_CONTROL, &value))
		return true; /* some hypervisors do not show the MSR, and allow VMX */
	if (!(value & FEATURE_CONTROL_LOCKED)) {
		value |= FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX_OUTSIDE;
		if (wrmsr_safe(MSR_FEATURE_CONTROL, value))
			return false;
	}
	return value & FEATURE_CONTROL_VMX_OUTSIDE;
}

int vmx_on(void)
{
	const struct vmx_caps *caps = &vmx_host.caps;
	struct cpu *cpu = this_cpu();
	struct vmcs_region *region;
	enum vmx_result result;

	if (!feature_control_allows()) {
		log_error("vmx", "cpu=%u: IA32_FEATURE_CONTROL locks VMX off; enable VT-x in the firmware",
			  cpu->index);
		return -ERR_UNSUPPORTED;
	}
	region = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_CPU);
	if (!region)
		return -ERR_NOMEM;
	region->revision = caps->basic & BASIC_REVISION;
	cr0_write((cr0_read() | caps->cr0_fixed0) & caps->cr0_fixed1);
	cr4_write((cr4_read() | caps->cr4_fixed0) & caps->cr4_fixed1);
	result = vmxon(virt_to_phys(region));
	if (result != VMX_OK) {
		cr4_write(cr4_read() & ~CR4_VMXE);
		frame_free(virt_to_phys(region), FRAME_ORDER_4K, FRAME_CPU);
		log_error("vmx", "cpu=%u: VMXON refused (%s)", cpu->index,
			  result == VMX_FAIL_VALID ? "already in VMX operation" : "VMfailInvalid");
		return -ERR_UNSUPPORTED;
	}
	cpu->vmxon_region = virt_to_phys(region);
	cpu->vmx_on = true;
	return 0;
}

void vmx_off(void)
{
	struct cpu *cpu = this_cpu();

	panic_on(!cpu->vmx_on || cpu->current_vcpu);
	panic_on(vmxoff() != VMX_OK);
	cr4_write(cr4_read() & ~CR4_VMXE);
	frame_free(cpu->vmxon_region, FRAME_ORDER_4K, FRAME_CPU);
	cpu->vmx_on = false;
}
