/* SPDX-License-Identifier: MIT */
/*
 * CR0: TS, MP, EM, WP and AM belong to the guest and never exit; PE, PG, CD,
 * NW, NE and ET are ours. The processor's own NE and ET stay one; CD and NW
 * live in the read shadow only, because a VM entry does not load them.
 * CR4: VMXE and MCE stay one; the bits that CPUID mirrors or does not offer
 * are ours.
 */
#include "vmx/control_registers.h"

#include "kernel/apic_regs.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"
#include "vmx/vmx.h"

#define CR0_DEFINED                                                                                \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | \
	 CR0_PG)

bool cr0_legal(const struct control_state *s, u64 value)
{
	bool turns_on = value & CR0_PG && !(s->cr0 & CR0_PG);
	bool turns_off = !(value & CR0_PG) && s->cr0 & CR0_PG;

	if (value >> 32)
		return false;
	if (value & CR0_PG && !(value & CR0_PE))
		return false;
	if (value & CR0_NW && !(value & CR0_CD))
		return false;
	if (turns_on && s->efer & EFER_LME && (!(s->cr4 & CR4_PAE) || s->cs_l || s->tss_16))
		return false;
	if (turns_off && (s->cr4 & CR4_PCIDE || (s->efer & EFER_LMA && s->cs_l)))
		return false;
	return true;
}

bool cr4_legal(const struct control_state *s, u64 value, u64 allowed)
{
	bool long_mode = s->efer & EFER_LMA;

	if (value & ~allowed)
		return false;
	if (long_mode && !(value & CR4_PAE))
		return false;
	if (value & CR4_PCIDE && !(s->cr4 & CR4_PCIDE) && (!long_mode || s->cr3_pcid))
		return false;
	return true;
}

bool efer_legal(const struct control_state *s, u64 value, u64 allowed)
{
	if (value & ~(allowed | EFER_LMA))
		return false;
	return !((value ^ s->efer) & EFER_LME && s->cr0 & CR0_PG);
}

bool xcr0_legal(u64 value, u64 allowed)
{
	if (value & ~allowed || !(value & XCR0_X87))
		return false;
	if (value & XCR0_AVX && !(value & XCR0_SSE))
		return false;
	if (value & XCR0_AVX512 && ((value & XCR0_AVX512) != XCR0_AVX512 || !(value & XCR0_AVX)))
		return false;
	return !(value & XCR0_MPX) || (value & XCR0_MPX) == XCR0_MPX;
}

void control_state_read(struct vcpu *v, struct control_state *s)
{
	s->cr0 = guest_cr0(v);
	s->cr4 = guest_cr4(v);
	s->efer = vmcs_read(VMCS_GUEST_EFER);
	s->cs_l = vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS) & AR_L;
	s->tss_16 = (vmcs_read(VMCS_GUEST_TR_ACCESS_RIGHTS) & AR_TYPE) == AR_BUSY_TSS_16;
	s->cr3_pcid = vmcs_read(VMCS_GUEST_CR3) & BITS(11, 0);
}

u64 guest_cr0(const struct vcpu *v)
{
	return (vmcs_read(VMCS_GUEST_CR0) & v->cr0_guest_owned) |
	       (vmcs_read(VMCS_CR0_READ_SHADOW) & ~v->cr0_guest_owned);
}

u64 guest_cr4(const struct vcpu *v)
{
	return (vmcs_read(VMCS_GUEST_CR4) & v->cr4_guest_owned) |
	       (vmcs_read(VMCS_CR4_READ_SHADOW) & ~v->cr4_guest_owned);
}

u64 guest_cr8(const struct vcpu *v)
{
	return v->virtual_apic[APIC_TPR / 4] >> 4;
}

void guest_set_cr8(struct vcpu *v, u64 value)
{
	v->virtual_apic[APIC_TPR / 4] = (u32)value << 4;
}

void guest_set_efer(struct vcpu *v, u64 value)
{
	u64 cr0 = vmcs_read(VMCS_GUEST_CR0);
	bool long_mode = cr0 & CR0_PG && value & EFER_LME;

	value = long_mode ? value | EFER_LMA : value & ~EFER_LMA;
	v->entry_controls = long_mode ? v->entry_controls | ENTRYCTL_IA32E_GUEST
				      : v->entry_controls & ~ENTRYCTL_IA32E_GUEST;
	vmcs_write(VMCS_GUEST_EFER, value);
	vmcs_write(VMCS_ENTRY_CONTROLS, v->entry_controls);
}

void guest_set_cr0(struct vcpu *v, u64 value)
{
	/* Undefined bits read as zero, and ET as one. */
	value = (value & CR0_DEFINED) | CR0_ET;
	vmcs_write(VMCS_CR0_READ_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR0, (value & ~(CR0_CD | CR0_NW)) | CR0_NE);
	/* Without NE the guest expects an interrupt of its machine, not the exception. */
	vmcs_write(VMCS_EXCEPTION_BITMAP,
		   EXCEPTIONS_THAT_EXIT | (value & CR0_NE ? 0 : BIT(VECTOR_MF)));
	guest_set_efer(v, vmcs_read(VMCS_GUEST_EFER));
}

void guest_set_cr4(struct vcpu *v, u64 value)
{
	(void)v;
	vmcs_write(VMCS_CR4_READ_SHADOW, value);
	vmcs_write(VMCS_GUEST_CR4,
		   value | vmx_host.caps.cr4_fixed0 | (CR4_MCE & vmx_host.caps.cr4_fixed1));
}
