/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's registers as handlers want them, wherever they are kept.
 */
#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

#define REGISTER_RSP 4

u64 vcpu_register(const struct vcpu *v, unsigned index)
{
	return index == REGISTER_RSP ? vmcs_read(VMCS_GUEST_RSP) : v->regs.by_index[index];
}

void vcpu_set_register(struct vcpu *v, unsigned index, u64 value)
{
	if (index == REGISTER_RSP)
		vmcs_write(VMCS_GUEST_RSP, value);
	else
		v->regs.by_index[index] = value;
}

/* SS.DPL is the CPL in every mode, real and virtual-8086 mode too. SDM "Guest Register State". */
unsigned vcpu_cpl(const struct vcpu *v)
{
	(void)v;
	return (unsigned)bits_get(vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS), 6, 5);
}

bool vcpu_in_64bit_code(const struct vcpu *v)
{
	(void)v;
	return vmcs_read(VMCS_GUEST_EFER) & EFER_LMA &&
	       vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS) & AR_L;
}
