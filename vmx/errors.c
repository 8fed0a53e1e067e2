/* SPDX-License-Identifier: MIT */
/*
 * When the processor refuses: failed VMX instructions (a bug of ours) and
 * failed entries (the guest's state). SDM "VM Instruction Error Numbers",
 * "VM-Entry Failures During or After Loading Guest State".
 */
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/traps.h"
#include "vmx/entry_check.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"

static const struct {
	const char *name, *meaning;
} errors[] = {
	[1] = { "VMCALL executed in VMX root operation", "no SMM monitor is there to call" },
	[2] = { "VMCLEAR with invalid physical address", "it must be 4K-aligned, within MAXPHYADDR" },
	[3] = { "VMCLEAR with VMXON pointer", "a VMXON region is no VMCS: give it a frame of its own" },
	[4] = { "VMLAUNCH with non-clear VMCS", "it was launched: use VMRESUME, or VMCLEAR it first" },
	[5] = { "VMRESUME with non-launched VMCS", "VMLAUNCH it once after each VMCLEAR" },
	[6] = { "VMRESUME after VMXOFF", "the VMCS is current from before: VMCLEAR, VMPTRLD, VMLAUNCH" },
	[7] = { "VM entry with invalid control field(s)", "the rules above name the fields" },
	[8] = { "VM entry with invalid host-state field(s)", "the rules above name the fields" },
	[9] = { "VMPTRLD with invalid physical address", "it must be 4K-aligned, within MAXPHYADDR" },
	[10] = { "VMPTRLD with VMXON pointer", "a VMXON region is no VMCS: give it a frame of its own" },
	[11] = { "VMPTRLD with incorrect VMCS revision identifier",
		 "its first word must be IA32_VMX_BASIC[30:0], bit 31 only for a shadow VMCS" },
	[12] = { "VMREAD or VMWRITE of an unsupported VMCS component", "this CPU has no such field" },
	[13] = { "VMWRITE to a read-only VMCS component", "this CPU has no VMWRITE to exit information" },
	[15] = { "VMXON executed in VMX root operation", "VMX is on already on this CPU" },
	[16] = { "VM entry with invalid executive-VMCS pointer", "only for returns from SMM" },
	[17] = { "VM entry with non-launched executive VMCS", "only for returns from SMM" },
	[18] = { "VM entry with executive-VMCS pointer that is not the VMXON pointer",
		 "only for returns from SMM" },
	[19] = { "VMCALL with non-clear VMCS", "activating the SMM monitor needs a clear VMCS" },
	[20] = { "VMCALL with invalid VM-exit control fields", "of the SMM-transfer VMCS" },
	[22] = { "VMCALL with incorrect MSEG revision identifier", "MSEG is not for this CPU" },
	[23] = { "VMXOFF under dual-monitor treatment of SMIs and SMM", "deactivate it first" },
	[24] = { "VMCALL with invalid SMM-monitor features", "the MSEG header asks for too much" },
	[25] = { "VM entry with invalid VM-execution control fields in executive VMCS",
		 "only for returns from SMM" },
	[26] = { "VM entry with events blocked by MOV SS",
		 "VMLAUNCH or VMRESUME came right behind a MOV SS or POP SS" },
	[28] = { "invalid operand to INVEPT or INVVPID",
		 "a type this CPU lacks, VPID 0, or an address that is not canonical" },
};

const char *vmx_error_text(u32 number)
{
	return number < ARRAY_SIZE(errors) && errors[number].name ? errors[number].name
								  : "unknown error number";
}

const char *vmx_error_meaning(u32 number)
{
	return number < ARRAY_SIZE(errors) && errors[number].meaning ? errors[number].meaning
								     : "the SDM does not name it";
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
	panic("%s of VMCS field %#x (%s) failed: error %u, %s: %s", write ? "VMWRITE" : "VMREAD", field,
	      vmcs_field_name(field), instruction_error(), vmx_error_text(instruction_error()),
	      vmx_error_meaning(instruction_error()));
}

void vmx_enter_failed(bool valid, bool resume)
{
	const char *instruction = resume ? "VMRESUME" : "VMLAUNCH";
	u32 error;

	if (!valid)
		panic("%s: VMfailInvalid: no current VMCS; VMPTRLD comes first", instruction);
	error = instruction_error();
	if (entry_check_class_of_error(error) != ENTRY_CLASSES)
		entry_check_explain(entry_check_class_of_error(error));
	panic("%s: VMfailValid: error %u, %s: %s", instruction, error, vmx_error_text(error),
	      vmx_error_meaning(error));
}

/* Bochs 2.7 may leave "blocking by SMI" behind at an exit. Nobody but the processor sets it. */
static bool end_smi_blocking(void)
{
	u64 blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (blocking & INTERRUPTIBILITY_SMI)
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~INTERRUPTIBILITY_SMI);
	return blocking & INTERRUPTIBILITY_SMI;
}

/* Nor does Bochs 2.7 let EIP wrap around at 4 GiB where an instruction ends there. */
static bool wrap_rip(const struct vcpu *v)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP);

	if (rip == (u32)rip || vcpu_in_64bit_code(v))
		return false;
	vmcs_write(VMCS_GUEST_RIP, (u32)rip);
	return true;
}

/*
 * What the processor itself saved, and refuses to load: mend it, once more.
 * An event that was to go in still waits in the VMCS.
 */
static bool mend(struct vcpu *v)
{
	bool mended = end_smi_blocking();

	mended |= wrap_rip(v);
	if (!mended)
		return false;
	/* A VMLAUNCH that failed leaves the VMCS as it was, a VMRESUME launched: begin anew. */
	panic_on(vmclear(v->vmcs) != VMX_OK || vmptrld(v->vmcs) != VMX_OK);
	v->launched = 0;
	return true;
}

enum verdict exit_entry_failed(struct vcpu *v, u32 reason)
{
	u64 qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

	if (!(reason & EXIT_REASON_FAILED_ENTRY))
		return vcpu_stop(v, STOP_UNHANDLED, "exit reason that the SDM does not name", reason);
	if ((reason & EXIT_REASON_BASIC) == EXIT_ENTRY_MACHINE_CHECK)
		trap_run_machine_check();
	if ((reason & EXIT_REASON_BASIC) == EXIT_ENTRY_GUEST_STATE && mend(v))
		return AGAIN;
	log_error("vmx", "VM entry failed: reason=%#x (%s) qualification=%#llx", reason,
		  exit_reason_name(reason & EXIT_REASON_BASIC), (unsigned long long)qualification);
	entry_check_explain(entry_check_class_of_exit(reason, qualification));
	return vcpu_stop(v, STOP_ENTRY_FAILED, exit_reason_name(reason & EXIT_REASON_BASIC),
			 qualification);
}
