/* SPDX-License-Identifier: MIT */
/*
 * Guest state at power-on, and the real-mode start that loaders ask for.
 * SDM "Processor State After Reset".
 */
#include "kernel/asm.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"
#include "vmx/switch.h"
#include "vmx/vcpu.h"

#define PAT_RESET 0x0007040600070406UL

/*
 * Real-mode segments: present, writable data, accessed. CS too: type 3 is
 * what a real-mode CS really behaves like, and with "unrestricted guest" it
 * is legal (see docs/subtle.md).
 */
#define AR_REAL_MODE 0x93
#define AR_LDT	     0x82
#define AR_BUSY_TSS  0x8b

static void set_segment(enum segment s, u16 selector, u64 base, u32 limit, u32 rights)
{
	vmcs_write(VMCS_GUEST_SELECTOR(s), selector);
	vmcs_write(VMCS_GUEST_BASE(s), base);
	vmcs_write(VMCS_GUEST_LIMIT(s), limit);
	vmcs_write(VMCS_GUEST_ACCESS_RIGHTS(s), rights);
}

static void reset_segments(void)
{
	for (enum segment s = SEG_ES; s <= SEG_GS; s++)
		set_segment(s, 0, 0, 0xffff, AR_REAL_MODE);
	set_segment(SEG_LDTR, 0, 0, 0xffff, AR_LDT);
	set_segment(SEG_TR, 0, 0, 0xffff, AR_BUSY_TSS);
	vmcs_write(VMCS_GUEST_GDTR_BASE, 0);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, 0xffff);
	vmcs_write(VMCS_GUEST_IDTR_BASE, 0);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0x3ff);
}

void vcpu_reset(struct vcpu *v)
{
	memset(&v->regs, 0, sizeof(v->regs));
	memset(&v->events, 0, sizeof(v->events));
	v->regs.rdx = 0x600; /* family, as after reset */
	guest_set_cr8(v, 0);
	v->stop = (struct vcpu_stop){ STOP_NONE, NULL, 0 };

	vmcs_write(VMCS_GUEST_EFER, 0);
	guest_set_cr4(v, 0);
	guest_set_cr0(v, CR0_CD | CR0_NW | CR0_ET);
	vmcs_write(VMCS_GUEST_CR3, 0);
	reset_segments();

	vmcs_write(VMCS_GUEST_RIP, 0);
	vmcs_write(VMCS_GUEST_RSP, 0);
	vmcs_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	vmcs_write(VMCS_GUEST_DR7, DR7_RESET);
	vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
	vmcs_write(VMCS_GUEST_PAT, PAT_RESET);
	vmcs_write(VMCS_GUEST_SYSENTER_CS, 0);
	vmcs_write(VMCS_GUEST_SYSENTER_ESP, 0);
	vmcs_write(VMCS_GUEST_SYSENTER_EIP, 0);
	vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
	vmcs_write(VMCS_GUEST_ACTIVITY_STATE, ACTIVITY_ACTIVE);
	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	vmcs_write(VMCS_ENTRY_INTERRUPTION_INFO, 0);
	switch_reset(v);
	v->ops->state_changed(v);
}

void vcpu_set_reset_entry(struct vcpu *v)
{
	(void)v;
	vmcs_write(VMCS_GUEST_CS_SELECTOR, 0xf000);
	vmcs_write(VMCS_GUEST_CS_BASE, 0xffff0000);
	vmcs_write(VMCS_GUEST_RIP, 0xfff0);
}

void vcpu_set_real_mode_entry(struct vcpu *v, u16 cs, u16 ip)
{
	(void)v;
	vmcs_write(VMCS_GUEST_CS_SELECTOR, cs);
	vmcs_write(VMCS_GUEST_CS_BASE, (u64)cs << 4);
	vmcs_write(VMCS_GUEST_RIP, ip);
}
