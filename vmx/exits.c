/* SPDX-License-Identifier: MIT */
#include "vmx/exits.h"

#include "vmx/instructions.h"

static enum verdict unhandled(struct vcpu *v);

/* Rows named below replace the row of all. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
/* clang-format off */
const exit_handler_fn exit_handlers[EXIT_REASONS] = {
	/* Nobody answers these: the vCPU stops with its report. */
	[0 ... EXIT_REASONS - 1]	= unhandled,

	/* Events */
	[EXIT_EXCEPTION_NMI]		= exit_exception_nmi,
	[EXIT_EXTERNAL_INTERRUPT]	= exit_external_interrupt,
	[EXIT_TRIPLE_FAULT]		= exit_triple_fault,
	[EXIT_INIT]			= exit_ignore,
	[EXIT_SIPI]			= exit_ignore,
	[EXIT_INTERRUPT_WINDOW]		= exit_interrupt_window,
	[EXIT_NMI_WINDOW]		= exit_nmi_window,
	[EXIT_PREEMPTION_TIMER]		= exit_preemption_timer,
	[EXIT_TASK_SWITCH]		= exit_task_switch,

	/* The machine answers */
	[EXIT_CPUID]			= exit_cpuid,
	[EXIT_VMCALL]			= exit_vmcall,
	[EXIT_IO]			= exit_io,
	[EXIT_RDMSR]			= exit_rdmsr,
	[EXIT_WRMSR]			= exit_wrmsr,
	[EXIT_EPT_VIOLATION]		= exit_ept_violation,
	[EXIT_EPT_MISCONFIGURATION]	= exit_ept_misconfiguration,
	[EXIT_APIC_ACCESS]		= exit_apic_access,
	[EXIT_APIC_WRITE]		= exit_apic_write,
	[EXIT_VIRTUALIZED_EOI]		= exit_virtualized_eoi,
	[EXIT_TPR_BELOW_THRESHOLD]	= exit_tpr_below_threshold,

	/* The processor's own state */
	[EXIT_HLT]			= exit_hlt,
	[EXIT_CR_ACCESS]		= exit_cr_access,
	[EXIT_MOV_DR]			= exit_mov_dr,
	[EXIT_GDTR_IDTR_ACCESS]		= exit_gdtr_idtr,
	[EXIT_LDTR_TR_ACCESS]		= exit_ldtr_tr,
	[EXIT_XSETBV]			= exit_xsetbv,
	[EXIT_RDTSC]			= exit_rdtsc,
	[EXIT_RDTSCP]			= exit_rdtscp,
	[EXIT_INVLPG]			= exit_invlpg,
	[EXIT_PAUSE]			= exit_skip,
	[EXIT_INVD]			= exit_skip,
	[EXIT_WBINVD]			= exit_skip,

	/* Not offered to guests: as a processor without them answers */
	[EXIT_RDPMC]			= exit_protected,
	[EXIT_GETSEC]			= exit_undefined,
	[EXIT_RSM]			= exit_undefined,
	[EXIT_VMCLEAR]			= exit_undefined,
	[EXIT_VMLAUNCH]			= exit_undefined,
	[EXIT_VMPTRLD]			= exit_undefined,
	[EXIT_VMPTRST]			= exit_undefined,
	[EXIT_VMREAD]			= exit_undefined,
	[EXIT_VMRESUME]			= exit_undefined,
	[EXIT_VMWRITE]			= exit_undefined,
	[EXIT_VMXOFF]			= exit_undefined,
	[EXIT_VMXON]			= exit_undefined,
	[EXIT_INVEPT]			= exit_undefined,
	[EXIT_INVVPID]			= exit_undefined,
	[EXIT_VMFUNC]			= exit_undefined,
	[EXIT_MONITOR]			= exit_undefined,
	[EXIT_MWAIT]			= exit_undefined,
	[EXIT_RDRAND]			= exit_undefined,
	[EXIT_RDSEED]			= exit_undefined,
	[EXIT_INVPCID]			= exit_undefined,
	[EXIT_XSAVES]			= exit_undefined,
	[EXIT_XRSTORS]			= exit_undefined,
	[EXIT_ENCLS]			= exit_undefined,
	[EXIT_ENCLV]			= exit_undefined,
	[EXIT_PCONFIG]			= exit_undefined,
	[EXIT_UMWAIT]			= exit_undefined,
	[EXIT_TPAUSE]			= exit_undefined,
	[EXIT_LOADIWKEY]		= exit_undefined,
	[EXIT_SEAMCALL]			= exit_undefined,
	[EXIT_TDCALL]			= exit_undefined,
	[EXIT_RDMSRLIST]		= exit_undefined,
	[EXIT_WRMSRLIST]		= exit_undefined,
};
/* clang-format on */
#pragma GCC diagnostic pop

static enum verdict unhandled(struct vcpu *v)
{
	return vcpu_stop(v, STOP_UNHANDLED, "at RIP", vmcs_read(VMCS_GUEST_RIP));
}

const char *exit_reason_name(unsigned reason)
{
	static const char *const names[EXIT_REASONS] = {
#define X(name, number) [number] = #name,
		EXIT_REASON_LIST(X)
#undef X
	};

	return reason < EXIT_REASONS && names[reason] ? names[reason] : "reserved";
}
