/* SPDX-License-Identifier: MIT */
#include "vmx/host_state.h"

#include "kernel/cpu.h"
#include "kernel/descriptors.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/entry.h"
#include "vmx/instructions.h"

struct __packed table_register {
	u16 limit;
	u64 base;
};

static u64 gdt_base(void)
{
	struct table_register r;

	asm volatile("sgdt %0" : "=m"(r));
	return r.base;
}

static u64 idt_base(void)
{
	struct table_register r;

	asm volatile("sidt %0" : "=m"(r));
	return r.base;
}

void host_state_write(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	vmcs_write(VMCS_HOST_CR0, cr0_read());
	vmcs_write(VMCS_HOST_CR3, cr3_read());
	vmcs_write(VMCS_HOST_CR4, cr4_read());
	vmcs_write(VMCS_HOST_EFER, rdmsr(MSR_EFER));
	vmcs_write(VMCS_HOST_PAT, rdmsr(MSR_PAT));

	vmcs_write(VMCS_HOST_CS_SELECTOR, SELECTOR_CODE);
	vmcs_write(VMCS_HOST_SS_SELECTOR, SELECTOR_DATA);
	vmcs_write(VMCS_HOST_DS_SELECTOR, 0);
	vmcs_write(VMCS_HOST_ES_SELECTOR, 0);
	vmcs_write(VMCS_HOST_FS_SELECTOR, 0);
	vmcs_write(VMCS_HOST_GS_SELECTOR, 0);
	vmcs_write(VMCS_HOST_TR_SELECTOR, SELECTOR_TSS);
	vmcs_write(VMCS_HOST_FS_BASE, 0);
	vmcs_write(VMCS_HOST_GS_BASE, (u64)cpu);
	vmcs_write(VMCS_HOST_TR_BASE, (u64)&cpu->tss);
	vmcs_write(VMCS_HOST_GDTR_BASE, gdt_base());
	vmcs_write(VMCS_HOST_IDTR_BASE, idt_base());
	vmcs_write(VMCS_HOST_SYSENTER_CS, 0);
	vmcs_write(VMCS_HOST_SYSENTER_ESP, 0);
	vmcs_write(VMCS_HOST_SYSENTER_EIP, 0);

	/* Behind the register file: see entry.S. */
	vmcs_write(VMCS_HOST_RSP, (u64)(&v->regs + 1));
	vmcs_write(VMCS_HOST_RIP, (u64)vmx_exit);
}
