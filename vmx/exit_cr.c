/* SPDX-License-Identifier: MIT */
/*
 * MOV to and from control registers, CLTS and LMSW.
 * SDM "Exit Qualification for Control-Register Accesses".
 */
#include "vmx/exits.h"

#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/controls.h"
#include "vmx/decode.h"
#include "vmx/instructions.h"
#include "vmx/pdpte.h"
#include "vmx/vmx.h"

static enum verdict refuse(struct vcpu *v, unsigned cr, u64 value)
{
	exit_refused(v, cr, value);
	event_exception_error(v, VECTOR_GP, 0);
	return AGAIN;
}

static bool pae_paging(u64 cr0, u64 cr4, u64 efer)
{
	return cr0 & CR0_PG && cr4 & CR4_PAE && !(efer & EFER_LME);
}

/*
 * A segment register that got the null selector has no type, and in real mode
 * a load changes only selector and base: what it then is no VM entry accepts
 * (Bochs 2.7). So it gets the type of writable data, and stays unusable.
 */
static void leave_protected_mode(void)
{
	for (enum segment i = SEG_ES; i <= SEG_GS; i++)
		if (vmcs_read(VMCS_GUEST_ACCESS_RIGHTS(i)) & AR_UNUSABLE)
			vmcs_write(VMCS_GUEST_ACCESS_RIGHTS(i), AR_UNUSABLE | AR_P | AR_S | 0x3);
}

static enum verdict write_cr0(struct vcpu *v, u64 value)
{
	struct control_state s;

	control_state_read(v, &s);
	if (!cr0_legal(&s, value))
		return refuse(v, 0, value);
	if (pae_paging(value, s.cr4, s.efer) &&
	    (value ^ s.cr0) & (CR0_PG | CR0_CD | CR0_NW) &&
	    !pdpte_load(v, vmcs_read(VMCS_GUEST_CR3)))
		return refuse(v, 0, value);
	guest_set_cr0(v, value);
	if (s.cr0 & ~value & CR0_PE)
		leave_protected_mode();
	/* Translations made under other CR0.PG/WP rules; VPID keeps them across entries. */
	if ((value ^ s.cr0) & CR0_PG && v->vpid)
		vcpu_flush(v);
	return NEXT;
}

static enum verdict write_cr4(struct vcpu *v, u64 value)
{
	const u64 reload = CR4_PAE | CR4_PSE | CR4_PGE | CR4_SMEP;
	struct control_state s;

	control_state_read(v, &s);
	if (!cr4_legal(&s, value, v->cr4_allowed))
		return refuse(v, 4, value);
	if (pae_paging(s.cr0, value, s.efer) && (value ^ s.cr4) & reload &&
	    !pdpte_load(v, vmcs_read(VMCS_GUEST_CR3)))
		return refuse(v, 4, value);
	guest_set_cr4(v, value);
	if ((value ^ s.cr4) & (reload | CR4_PCIDE) && v->vpid)
		vcpu_flush(v);
	if ((value ^ s.cr4) & CR4_OSXSAVE)
		v->ops->state_changed(v);
	return NEXT;
}

/* Only where a CPU forces CR3 exits: what the processor would have done. */
static enum verdict write_cr3(struct vcpu *v, u64 value)
{
	struct control_state s;

	control_state_read(v, &s);
	if (s.cr4 & CR4_PCIDE)
		value &= ~BIT(63); /* "do not flush" */
	if (s.efer & EFER_LMA && value & ~BITS(vmx_host.physical_bits - 1, 0))
		return refuse(v, 3, value);
	if (pae_paging(s.cr0, s.cr4, s.efer) && !pdpte_load(v, value))
		return refuse(v, 3, value);
	vmcs_write(VMCS_GUEST_CR3, value);
	if (v->vpid)
		vcpu_flush(v);
	return NEXT;
}

static enum verdict write_cr8(struct vcpu *v, u64 value)
{
	if (value & ~BITS(3, 0))
		return refuse(v, 8, value);
	guest_set_cr8(v, value);
	v->ops->priority_changed(v);
	return NEXT;
}

static enum verdict move_to(struct vcpu *v, const struct cr_access *a)
{
	u64 value = vcpu_register(v, a->register_index);

	/* Outside of 64-bit mode the operand has 32 bits. */
	if (!vcpu_in_64bit_code(v))
		value = (u32)value;
	switch (a->cr) {
	case 0:
		return write_cr0(v, value);
	case 3:
		return write_cr3(v, value);
	case 4:
		return write_cr4(v, value);
	case 8:
		return write_cr8(v, value);
	}
	return vcpu_stop(v, STOP_UNHANDLED, "write to control register", a->cr);
}

static enum verdict move_from(struct vcpu *v, const struct cr_access *a)
{
	switch (a->cr) {
	case 3:
		vcpu_set_register(v, a->register_index, vmcs_read(VMCS_GUEST_CR3));
		return NEXT;
	case 8:
		vcpu_set_register(v, a->register_index, guest_cr8(v));
		return NEXT;
	}
	return vcpu_stop(v, STOP_UNHANDLED, "read of control register", a->cr);
}

enum verdict exit_cr_access(struct vcpu *v)
{
	struct cr_access a = decode_cr_access(vmcs_read(VMCS_EXIT_QUALIFICATION));
	u64 cr0;

	switch (a.type) {
	case CR_MOVE_TO:
		return move_to(v, &a);
	case CR_MOVE_FROM:
		return move_from(v, &a);
	case CR_CLTS:
		return write_cr0(v, guest_cr0(v) & ~CR0_TS);
	case CR_LMSW:
		/* LMSW sets PE, MP, EM, TS, and cannot clear PE. */
		cr0 = guest_cr0(v);
		return write_cr0(v, (cr0 & ~BITS(3, 1)) | (a.lmsw_source & BITS(3, 0)));
	}
	return vcpu_stop(v, STOP_UNHANDLED, "control-register access of unknown type", a.type);
}
