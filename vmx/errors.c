/* SPDX-License-Identifier: MIT */
/*
 * When the processor refuses: failed VMX instructions (a bug of ours) and
 * failed entries (the guest's state). SDM "VM Instruction Error Numbers",
 * "VM-Entry Failures During or After Loading Guest State".
 */
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"

const char *vmx_error_text(u32 number)
{
	static const char *const texts[] = {
		[1] = "VMCALL executed in VMX root operation",
		[2] = "VMCLEAR with invalid physical address",
		[3] = "VMCLEAR with VMXON pointer",
		[4] = "VMLAUNCH with non-clear VMCS",
		[5] = "VMRESUME with non-launched VMCS",
		[6] = "VMRESUME after VMXOFF",
		[7] = "VM entry with invalid control field(s)",
		[8] = "VM entry with invalid host-state field(s)",
		[9] = "VMPTRLD with invalid physical address",
		[10] = "VMPTRLD with VMXON pointer",
		[11] = "VMPTRLD with incorrect VMCS revision identifier",
		[12] = "VMREAD or VMWRITE of an unsupported VMCS component",
		[13] = "VMWRITE to a read-only VMCS component",
		[15] = "VMXON executed in VMX root operation",
		[16] = "VM entry with invalid executive-VMCS pointer",
		[17] = "VM entry with non-launched executive VMCS",
		[18] = "VM entry with executive-VMCS pointer that is not the VMXON pointer",
		[19] = "VMCALL with non-clear VMCS",
		[20] = "VMCALL with invalid VM-exit control fields",
		[22] = "VMCALL with incorrect MSEG revision identifier",
		[23] = "VMXOFF under dual-monitor treatment of SMIs and SMM",
		[24] = "VMCALL with invalid SMM-monitor features",
		[25] = "VM entry with invalid VM-execution control fields in executive VMCS",
		[26] = "VM entry with events blocked by MOV SS",
		[28] = "invalid operand to INVEPT or INVVPID",
	};

	return number < ARRAY_SIZE(texts) && texts[number] ? texts[number] : "unknown error number";
}

static u32 instruction_error(void)
{
	return (u32)vmcs_read(VMCS_INSTRUCTION_ERROR);
}

void vmx_access_failed(u32 field, bool write)
{
	static bool again;

	/* Without a current VMCS asking for the error number would fail as well. */
	if (again || field == VMCS_INSTRUCTION_ERROR)
		panic("%s of VMCS field %#x (%s) failed: no current VMCS",
		      write ? "VMWRITE" : "VMREAD", field, vmcs_field_name(field));
	again = true;
	panic("%s of VMCS field %#x (%s) failed: error %u, %s", write ? "VMWRITE" : "VMREAD", field,
	      vmcs_field_name(field), instruction_error(), vmx_error_text(instruction_error()));
}

void vmx_enter_failed(bool valid)
{
	const struct vcpu *v = this_cpu()->current_vcpu;
	const char *instruction = v && v->launched ? "VMRESUME" : "VMLAUNCH";

	if (!valid)
		panic("%s: VMfailInvalid: no current VMCS", instruction);
	panic("%s: VMfailValid: error %u, %s", instruction, instruction_error(),
	      vmx_error_text(instruction_error()));
}

void exit_entry_failed(struct vcpu *v, u32 reason)
{
	u64 qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

	if (!(reason & EXIT_REASON_FAILED_ENTRY)) {
		vcpu_stop(v, STOP_UNHANDLED, "exit reason that the SDM does not name", reason);
		return;
	}
	log_error("vmx", "VM entry failed: reason=%#x (%s) qualification=%#llx", reason,
		  exit_reason_name(reason & EXIT_REASON_BASIC), (unsigned long long)qualification);
	vcpu_stop(v, STOP_ENTRY_FAILED, exit_reason_name(reason & EXIT_REASON_BASIC), qualification);
}
