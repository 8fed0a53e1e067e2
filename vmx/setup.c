/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's life outside of the run loop: making it, taking it onto a CPU
 * and off again, giving everything back.
 */
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "lib/error.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/bitmaps.h"
#include "vmx/ept.h"
#include "vmx/exits.h"
#include "vmx/host_state.h"
#include "vmx/instructions.h"
#include "vmx/recorder.h"
#include "vmx/switch.h"
#include "vmx/trace.h"
#include "vmx/vcpu.h"
#include "vmx/vmx.h"

#define VCPU_ORDER (FRAME_ORDER_4K + 1)

_Static_assert(sizeof(struct vcpu) <= PAGE_SIZE << VCPU_ORDER, "a vCPU is two frames");

/* CR0 bits that change without an exit; see control_registers.c. */
#define CR0_GUEST_OWNED (CR0_TS | CR0_MP | CR0_EM | CR0_WP | CR0_AM)

/* CR4 bits that may change without an exit, as far as the machine offers them. */
#define CR4_GUEST_OWNED                                                                            \
	(CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCE |            \
	 CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_UMIP | CR4_FSGSBASE | CR4_PCIDE | CR4_SMEP | CR4_SMAP)

#define NO_LINK (~0UL)

static void write_controls(struct vcpu *v, const struct vcpu_config *config)
{
	const u32 *solved = vmx_host.controls.word;

	v->pin_controls = solved[CONTROL_PIN] & ~(config->slice_tsc ? 0 : PIN_PREEMPTION_TIMER);
	v->proc_controls = solved[CONTROL_PROC] | (config->tsc_exits ? PROC_RDTSC : 0);
	v->proc_controls2 = solved[CONTROL_PROC2];
	if (config->descriptor_exits)
		v->proc_controls2 |= PROC2_DESCRIPTOR_TABLE & vmx_host.caps.proc2.may_be_one;
	v->exit_controls = solved[CONTROL_EXIT] & ~(config->slice_tsc ? 0 : EXITCTL_SAVE_PREEMPTION);
	v->entry_controls = solved[CONTROL_ENTRY];
	apic_virtual_create(v, config);

	vmcs_write(VMCS_PIN_CONTROLS, v->pin_controls);
	vmcs_write(VMCS_PROC_CONTROLS, v->proc_controls);
	vmcs_write(VMCS_PROC_CONTROLS2, v->proc_controls2);
	vmcs_write(VMCS_EXIT_CONTROLS, v->exit_controls);
	vmcs_write(VMCS_ENTRY_CONTROLS, v->entry_controls);
	vmcs_write(VMCS_EXIT_MSR_STORE_COUNT, 0);
	vmcs_write(VMCS_EXIT_MSR_LOAD_COUNT, 0);
	vmcs_write(VMCS_ENTRY_MSR_LOAD_COUNT, 0);
	vmcs_write(VMCS_CR3_TARGET_COUNT, 0);
	vmcs_write(VMCS_VMCS_LINK_POINTER, NO_LINK);

	vmcs_write(VMCS_EXCEPTION_BITMAP, EXCEPTIONS_THAT_EXIT);
	vmcs_write(VMCS_PAGE_FAULT_MASK, 0);
	vmcs_write(VMCS_PAGE_FAULT_MATCH, 0);
	vmcs_write(VMCS_TSC_OFFSET, 0);
	vmcs_write(VMCS_IO_BITMAP_A, config->io_bitmaps);
	vmcs_write(VMCS_IO_BITMAP_B, config->io_bitmaps + PAGE_SIZE);
	vmcs_write(VMCS_MSR_BITMAP, config->msr_bitmap);
	vmcs_write(VMCS_EPT_POINTER, v->ept->eptp);
	if (v->proc_controls2 & PROC2_VPID)
		vmcs_write(VMCS_VPID, v->vpid);
	if (v->proc_controls2 & PROC2_XSAVES)
		vmcs_write(VMCS_XSS_EXIT_BITMAP, ~0UL);
	if (v->pin_controls & PIN_PREEMPTION_TIMER)
		vmcs_write(VMCS_PREEMPTION_TIMER_VALUE, v->slice);
	vmcs_write(VMCS_CR0_GUEST_HOST_MASK, ~v->cr0_guest_owned);
	vmcs_write(VMCS_CR4_GUEST_HOST_MASK, ~v->cr4_guest_owned);
}

/* A region in which nothing is left of earlier uses. */
static void clear_vmcs(hpa_t vmcs)
{
	struct vmcs_region *region = phys_to_virt(vmcs);

	memset(region, 0, PAGE_SIZE);
	region->revision = vmx_host.caps.basic & BASIC_REVISION;
	panic_on(vmclear(vmcs) != VMX_OK);
}

/*
 * Which fields this CPU has tells only a VMREAD of each, and one that fails
 * leaves an error in the VMCS. So ask before the VMCS is used.
 */
static void find_fields(struct vcpu *v)
{
	panic_on(vmptrld(v->vmcs) != VMX_OK);
	vmcs_image_read(&v->remembered);
	panic_on(vmclear(v->vmcs) != VMX_OK);
}

static int create_vmcs(struct vcpu *v)
{
	v->vmcs = frame_alloc(FRAME_ORDER_4K, FRAME_VCPU);
	if (v->vmcs == FRAME_NONE)
		return -ERR_NOMEM;
	clear_vmcs(v->vmcs);
	find_fields(v);
	clear_vmcs(v->vmcs);
	return 0;
}

static void apply(struct vcpu *v, const struct vcpu_config *config)
{
	v->index = config->index;
	v->vm = config->vm;
	v->ops = config->ops;
	v->cpuid_table = config->cpuid_table;
	v->ept = config->ept;
	v->cr4_allowed = config->cr4_allowed;
	v->xcr0_allowed = config->xcr0_allowed;
	v->efer_allowed = config->efer_allowed;
	v->slice = (u32)MIN(config->slice_tsc >> (vmx_host.caps.misc & MISC_PREEMPTION_SHIFT),
			    (u64)~0U);
	v->cr0_guest_owned = CR0_GUEST_OWNED;
	v->cr4_guest_owned = CR4_GUEST_OWNED & config->cr4_allowed;
	v->vpid = vmx_host.controls.word[CONTROL_PROC2] & PROC2_VPID ? config->vpid : 0;
}

int vcpu_create(struct vcpu **out, const struct vcpu_config *config)
{
	struct vcpu *v = frame_alloc_zeroed(VCPU_ORDER, FRAME_VCPU);
	int error;

	if (!v)
		return -ERR_NOMEM;
	apply(v, config);
	v->virtual_apic = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VCPU);
	error = v->virtual_apic ? switch_create(v) : -ERR_NOMEM;
	if (error)
		goto free_vcpu;
	error = recorder_create(v, config->records, config->stats, config->vm_number);
	if (error)
		goto free_switch;
	error = create_vmcs(v);
	if (error)
		goto free_recorder;

	vcpu_load(v);
	write_controls(v, config);
	switch_msrs_allow(phys_to_virt(config->msr_bitmap));
	vcpu_reset(v);
	vcpu_unload(v);
	*out = v;
	return 0;

free_recorder:
	recorder_destroy(v);
free_switch:
	switch_destroy(v);
free_vcpu:
	if (v->virtual_apic)
		frame_free(virt_to_phys(v->virtual_apic), FRAME_ORDER_4K, FRAME_VCPU);
	frame_free(virt_to_phys(v), VCPU_ORDER, FRAME_VCPU);
	return error;
}

void vcpu_destroy(struct vcpu *v)
{
	panic_on(v->cpu);
	frame_free(v->vmcs, FRAME_ORDER_4K, FRAME_VCPU);
	trace_destroy(v);
	recorder_destroy(v);
	switch_destroy(v);
	frame_free(virt_to_phys(v->virtual_apic), FRAME_ORDER_4K, FRAME_VCPU);
	frame_free(virt_to_phys(v), VCPU_ORDER, FRAME_VCPU);
}

void vcpu_load(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	panic_on(v->cpu || cpu->current_vcpu);
	panic_on(vmptrld(v->vmcs) != VMX_OK);
	v->cpu = cpu;
	cpu->current_vcpu = v;
	host_state_write(v);
	/* What this CPU cached for an earlier owner of these tables and this VPID, or before they changed. */
	ept_invalidate(v->ept);
	if (v->vpid)
		vcpu_flush(v);
	switch_in(v);
}

void vcpu_remember(struct vcpu *v)
{
	u64 value;

	/* Panics come here, too: nothing may fail. */
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		if (!vmcs_set_has(&v->remembered.known, i))
			continue;
		if (!vmcs_try_read((enum vmcs_field)vmcs_index_field(i), &value))
			return;
		vmcs_image_set(&v->remembered, i, value);
	}
	v->remembered_tsc = time_tsc();
}

/* VMCLEAR writes the VMCS back to memory, so that another CPU may load it. */
void vcpu_unload(struct vcpu *v)
{
	panic_on(v->cpu != this_cpu());
	vcpu_remember(v);
	switch_out(v);
	panic_on(vmclear(v->vmcs) != VMX_OK);
	v->launched = 0;
	v->cpu->current_vcpu = NULL;
	v->cpu = NULL;
}

void vcpu_flush(struct vcpu *v)
{
	enum invvpid_type type = vmx_host.caps.ept_vpid & EPTCAP_INVVPID_SINGLE ? INVVPID_SINGLE
									       : INVVPID_ALL;

	panic_on(invvpid(type, v->vpid, 0) != VMX_OK);
}
