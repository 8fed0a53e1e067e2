/* SPDX-License-Identifier: MIT */
#include "vmx/entry_state.h"

#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"
#include "vmx/segment.h"

/* Present, accessed, 4K granular; code can be read, data written. */
#define RIGHTS_CODE32 0xc09bU
#define RIGHTS_CODE64 0xa09bU
#define RIGHTS_DATA   0xc093U
#define RIGHTS_TSS    0x8bU /* busy, 32 bits, or 64 in IA-32e mode */
#define TSS_LIMIT     0x67U

/* SDM "Segment Descriptors" */
#define FLAT(rights) (0x000f00000000ffffUL | (u64)((rights) & 0xff) << 40 | (u64)(rights) >> 12 << 52)

const u64 entry_gdt_32[] = { 0, 0, FLAT(RIGHTS_CODE32), FLAT(RIGHTS_DATA) };
const u64 entry_gdt_64[] = { 0, 0, FLAT(RIGHTS_CODE64), FLAT(RIGHTS_DATA) };

static void set_flat(struct vcpu *v, const struct entry_state *s, u32 code_rights)
{
	struct segment_register flat = { ENTRY_DS, ~0U, RIGHTS_DATA, 0 };

	for (enum segment i = SEG_ES; i <= SEG_GS; i++)
		segment_write(i, &flat);
	flat.selector = ENTRY_CS;
	flat.rights = code_rights;
	segment_write(SEG_CS, &flat);
	segment_write(SEG_TR, &(struct segment_register){ 0, TSS_LIMIT, RIGHTS_TSS, 0 });
	vmcs_write(VMCS_GUEST_GDTR_BASE, s->gdt);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, ENTRY_GDT_SIZE - 1);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, 0);
	vmcs_write(VMCS_GUEST_RIP, s->rip);
	v->regs.rax = s->rax;
	v->regs.rbx = s->rbx;
	v->regs.rdx = 0;
	v->regs.rsi = s->rsi;
}

void vcpu_set_protected_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	set_flat(v, s, RIGHTS_CODE32);
	guest_set_cr0(v, CR0_PE);
}

void vcpu_set_long_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	set_flat(v, s, RIGHTS_CODE64);
	vmcs_write(VMCS_GUEST_CR3, s->cr3);
	guest_set_cr4(v, CR4_PAE);
	guest_set_efer(v, EFER_LME);
	guest_set_cr0(v, CR0_PG | CR0_PE);
}
