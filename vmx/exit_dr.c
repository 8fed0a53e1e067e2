/* SPDX-License-Identifier: MIT */
/*
 * MOV to and from debug registers. DR0-DR3 and DR6 of the loaded guest are
 * in the processor (the host uses none); DR7 is in the VMCS.
 * SDM "Debug Registers".
 */
#include "vmx/exits.h"

#include "kernel/asm.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/debug_registers.h"
#include "vmx/decode.h"
#include "vmx/instructions.h"
#include "vmx/io_breakpoint.h"

static void write_dr(struct vcpu *v, unsigned dr, u64 value)
{
	switch (dr) {
	case 0:
		dr0_write(value);
		break;
	case 1:
		dr1_write(value);
		break;
	case 2:
		dr2_write(value);
		break;
	case 3:
		dr3_write(value);
		break;
	case 6:
		dr6_write((value & 0xe00f) | DR6_RESET);
		break;
	case 7:
		vmcs_write(VMCS_GUEST_DR7, (value & 0xffff2bffUL) | DR7_RESET);
		io_breakpoint_changed(v);
		break;
	}
}

enum verdict exit_mov_dr(struct vcpu *v)
{
	struct dr_access a = decode_dr_access(vmcs_read(VMCS_EXIT_QUALIFICATION));
	u64 value;

	/* This exit comes before the check of the privilege level. */
	if (vcpu_cpl(v))
		return exit_protected(v);
	if (a.dr == 4 || a.dr == 5) {
		if (guest_cr4(v) & CR4_DE)
			return exit_undefined(v);
		a.dr += 2; /* DR4 and DR5 are other names of DR6 and DR7 */
	}
	if (vmcs_read(VMCS_GUEST_DR7) & DR7_GD) {
		event_debug(v, DR6_BD);
		return AGAIN;
	}
	if (a.read) {
		vcpu_set_register(v, a.register_index, guest_dr(a.dr));
		return NEXT;
	}
	value = vcpu_register(v, a.register_index);
	if (!vcpu_in_64bit_code(v))
		value = (u32)value;
	if (a.dr >= 6 && value >> 32)
		return exit_protected(v);
	write_dr(v, a.dr, value);
	return NEXT;
}
