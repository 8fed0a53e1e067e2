/* SPDX-License-Identifier: MIT */
/*
 * APIC virtualization set up, and following the modes of the guest's APIC.
 * An MSR bitmap that is open for the x2APIC's MSRs is in use only with
 * "virtualize x2APIC mode": without it they are the host's.
 */
#include "vmx/apic_virtual.h"

#include "kernel/apic_regs.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "mm/layout.h"
#include "vmx/bitmaps.h"
#include "vmx/ept.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

#define ACCESS_CONTROLS (PROC2_VIRTUAL_APIC_ACCESS | PROC2_VIRTUAL_X2APIC)
#define ALL_CONTROLS	(ACCESS_CONTROLS | PROC2_APIC_REGISTER | PROC2_VIRTUAL_INTERRUPT)

#define X2APIC_MSR(offset) (MSR_X2APIC_BASE + (offset) / 16)

/* ---- Creation --------------------------------------------------------------------- */

/* Registers whose word in the page is what a read gets. PPR is so when the processor keeps it. */
static void allow_reads(u8 *bitmap, bool ppr)
{
	static const struct {
		u16 first, last;
	} readable[] = {
		{ APIC_ID, APIC_VERSION },	  { APIC_LDR, APIC_LDR },
		{ APIC_SPURIOUS, APIC_SPURIOUS }, { APIC_ISR, APIC_ESR },
		{ APIC_ICR, APIC_ICR },		  { APIC_LVT_TIMER, APIC_TIMER_INITIAL },
		{ APIC_TIMER_DIVIDE, APIC_TIMER_DIVIDE },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(readable); i++)
		for (u32 offset = readable[i].first; offset <= readable[i].last; offset += 16)
			panic_on(msr_bitmap_allow(bitmap, X2APIC_MSR(offset), MSR_ACCESS_READ));
	if (ppr)
		panic_on(msr_bitmap_allow(bitmap, X2APIC_MSR(APIC_PPR), MSR_ACCESS_READ));
}

/* As the bitmap for the other modes, and open for what "virtualize x2APIC mode" takes care of. */
static void create_bitmap(const struct vcpu_apic *a)
{
	u8 *bitmap = phys_to_virt(a->x2apic_bitmap);

	memcpy(bitmap, phys_to_virt(a->msr_bitmap), MSR_BITMAP_SIZE);
	panic_on(msr_bitmap_allow(bitmap, X2APIC_MSR(APIC_TPR), MSR_ACCESS_READ | MSR_ACCESS_WRITE));
	if (a->controls & PROC2_APIC_REGISTER)
		allow_reads(bitmap, a->delivers);
	if (!a->delivers)
		return;
	panic_on(msr_bitmap_allow(bitmap, X2APIC_MSR(APIC_EOI), MSR_ACCESS_WRITE));
	panic_on(msr_bitmap_allow(bitmap, X2APIC_MSR(APIC_SELF_IPI), MSR_ACCESS_WRITE));
}

void apic_virtual_create(struct vcpu *v, const struct vcpu_config *config)
{
	struct vcpu_apic *a = &v->apic;

	a->controls = v->proc_controls2 & ALL_CONTROLS;
	v->proc_controls2 &= ~(u32)ALL_CONTROLS;
	if (config->no_virtual_delivery)
		a->controls &= ~(u32)PROC2_VIRTUAL_INTERRUPT;
	if (!config->apic_page || !(v->proc_controls & PROC_TPR_SHADOW)) {
		v->proc_controls &= ~(u32)PROC_TPR_SHADOW;
		a->controls = 0;
		return;
	}
	a->shadow = true;
	a->delivers = a->controls & PROC2_VIRTUAL_INTERRUPT;
	a->page = config->apic_gpa;
	a->msr_bitmap = config->msr_bitmap;
	a->x2apic_bitmap = config->x2apic_bitmap;
	v->proc_controls &= ~(u32)(PROC_CR8_LOAD | PROC_CR8_STORE);
	v->proc_controls2 |= a->controls & ~(u32)ACCESS_CONTROLS;
	vmcs_write(VMCS_VIRTUAL_APIC_ADDRESS, virt_to_phys(v->virtual_apic));
	vmcs_write(VMCS_TPR_THRESHOLD, 0);
	if (a->controls & PROC2_VIRTUAL_APIC_ACCESS)
		vmcs_write(VMCS_APIC_ACCESS_ADDRESS, config->apic_page);
	if (a->delivers)
		a->changed = APIC_NEW_STATUS | APIC_NEW_ENDS;
}

/* ---- Between the modes ------------------------------------------------------------- */

/* The page is there for guest and processor only while it is the APIC's. */
static void show_page(struct vcpu *v, bool shown)
{
	u64 size, *leaf = table_leaf(&v->ept->table, v->apic.page, &size);

	panic_on(!leaf);
	*leaf &= ~(u64)EPT_RWX;
	if (shown)
		*leaf |= EPT_READ | EPT_WRITE;
	/* Translations do not tell whether they were made for an APIC-access page. */
	ept_invalidate(v->ept);
}

void apic_virtual_write_access(struct vcpu *v)
{
	struct vcpu_apic *a = &v->apic;
	u32 control = a->access == APIC_BY_PAGE ? PROC2_VIRTUAL_APIC_ACCESS :
		      a->access == APIC_BY_MSRS ? PROC2_VIRTUAL_X2APIC :
						  0;

	control &= a->controls;
	v->proc_controls2 = (v->proc_controls2 & ~(u32)ACCESS_CONTROLS) | control;
	vmcs_write(VMCS_PROC_CONTROLS2, v->proc_controls2);
	if (a->controls & PROC2_VIRTUAL_APIC_ACCESS)
		show_page(v, control == PROC2_VIRTUAL_APIC_ACCESS);
	if (!(a->controls & PROC2_VIRTUAL_X2APIC))
		return;
	if (control == PROC2_VIRTUAL_X2APIC)
		create_bitmap(a);
	vmcs_write(VMCS_MSR_BITMAP,
		   control == PROC2_VIRTUAL_X2APIC ? a->x2apic_bitmap : a->msr_bitmap);
}
