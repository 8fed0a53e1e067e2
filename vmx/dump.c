/* SPDX-License-Identifier: MIT */
#include "vmx/dump.h"

#include "kernel/log.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"

typedef unsigned long long ull;

static ull field(enum vmcs_field f)
{
	return vmcs_read(f);
}

static void dump_registers(struct vcpu *v)
{
	const union vcpu_regs *r = &v->regs;

	log_report("  rip=%016llx rsp=%016llx rflags=%08llx cpl=%u", field(VMCS_GUEST_RIP),
		   field(VMCS_GUEST_RSP), field(VMCS_GUEST_RFLAGS), vcpu_cpl(v));
	log_report("  rax=%016llx rbx=%016llx rcx=%016llx rdx=%016llx", (ull)r->rax, (ull)r->rbx,
		   (ull)r->rcx, (ull)r->rdx);
	log_report("  rsi=%016llx rdi=%016llx rbp=%016llx r8 =%016llx", (ull)r->rsi, (ull)r->rdi,
		   (ull)r->rbp, (ull)r->r8);
	log_report("  r9 =%016llx r10=%016llx r11=%016llx r12=%016llx", (ull)r->r9, (ull)r->r10,
		   (ull)r->r11, (ull)r->r12);
	log_report("  r13=%016llx r14=%016llx r15=%016llx", (ull)r->r13, (ull)r->r14, (ull)r->r15);
	log_report("  cr0=%08llx cr3=%016llx cr4=%08llx efer=%llx cr8=%llx", (ull)guest_cr0(v),
		   field(VMCS_GUEST_CR3), (ull)guest_cr4(v), field(VMCS_GUEST_EFER), (ull)v->cr8);
}

static void dump_segments(void)
{
	static const char *const names[] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };

	for (enum segment s = SEG_ES; s <= SEG_TR; s++)
		log_report("  %-4s selector=%04llx base=%016llx limit=%08llx rights=%05llx", names[s],
			   field(VMCS_GUEST_SELECTOR(s)), field(VMCS_GUEST_BASE(s)),
			   field(VMCS_GUEST_LIMIT(s)), field(VMCS_GUEST_ACCESS_RIGHTS(s)));
	log_report("  gdtr base=%016llx limit=%04llx  idtr base=%016llx limit=%04llx",
		   field(VMCS_GUEST_GDTR_BASE), field(VMCS_GUEST_GDTR_LIMIT),
		   field(VMCS_GUEST_IDTR_BASE), field(VMCS_GUEST_IDTR_LIMIT));
}

static void dump_exit(void)
{
	u32 reason = (u32)field(VMCS_EXIT_REASON);

	log_report("  last exit: reason=%#x (%s) qualification=%#llx length=%llu intr=%#llx idt=%#llx",
		   reason, exit_reason_name(reason & EXIT_REASON_BASIC), field(VMCS_EXIT_QUALIFICATION),
		   field(VMCS_EXIT_INSTRUCTION_LENGTH), field(VMCS_EXIT_INTERRUPTION_INFO),
		   field(VMCS_IDT_VECTORING_INFO));
	log_report("  guest-physical=%#llx linear=%#llx interruptibility=%#llx activity=%llu",
		   field(VMCS_GUEST_PHYSICAL_ADDRESS), field(VMCS_GUEST_LINEAR_ADDRESS),
		   field(VMCS_GUEST_INTERRUPTIBILITY), field(VMCS_GUEST_ACTIVITY_STATE));
}

void dump_vcpu(struct vcpu *v)
{
	log_report("vcpu %u:", v->index);
	dump_registers(v);
	dump_segments();
	dump_exit();
}
