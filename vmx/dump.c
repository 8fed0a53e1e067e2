/* SPDX-License-Identifier: MIT */
#include "vmx/dump.h"

#include "kernel/asm.h"
#include "vmx/control_registers.h"
#include "vmx/dump_code.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_flags.h"
#include "vmx/dump_vmcs.h"
#include "vmx/dump_walk.h"
#include "vmx/segment.h"

static void dump_registers(struct vcpu *v)
{
	/* In the order in which people look for them; RSP comes with RIP. */
	static const struct {
		char name[4];
		u8 index;
	} order[] = {
		{ "rax", 0 },  { "rbx", 3 },  { "rcx", 1 },  { "rdx", 2 },  { "rsi", 6 },
		{ "rdi", 7 },  { "rbp", 5 },  { "r8 ", 8 },  { "r9 ", 9 },  { "r10", 10 },
		{ "r11", 11 }, { "r12", 12 }, { "r13", 13 }, { "r14", 14 }, { "r15", 15 },
	};
	char text[100];
	struct dump_text t = dump_text(text, sizeof(text));

	dump_line("  rip=%016lx rsp=%016lx rflags=%08lx cpl=%u", dump_field(VMCS_GUEST_RIP),
		  dump_field(VMCS_GUEST_RSP), dump_field(VMCS_GUEST_RFLAGS), vcpu_cpl(v));
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		dump_add(&t, " %.3s=%016lx", order[i].name, v->regs.by_index[order[i].index]);
		if (i % 4 < 3 && i + 1 < ARRAY_SIZE(order))
			continue;
		dump_line(" %s", text);
		t = dump_text(text, sizeof(text));
	}
	dump_line("  cr0=%08lx cr3=%016lx cr4=%08lx efer=%lx cr8=%lx", guest_cr0(v),
		  dump_field(VMCS_GUEST_CR3), guest_cr4(v), dump_field(VMCS_GUEST_EFER), guest_cr8(v));
}

/* Flags in one line; CR0 and CR4 as the guest reads them. */
static void dump_flags(struct vcpu *v)
{
	char text[LOG_LINE_MAX];
	struct dump_text t = dump_text(text, sizeof(text));

	dump_add(&t, "  rflags=[");
	dump_add_field(&t, VMCS_AT_GUEST_RFLAGS, dump_field(VMCS_GUEST_RFLAGS));
	dump_add(&t, "] cr0=[");
	dump_add_field(&t, VMCS_AT_GUEST_CR0, guest_cr0(v));
	dump_add(&t, "] cr4=[");
	dump_add_field(&t, VMCS_AT_GUEST_CR4, guest_cr4(v));
	dump_add(&t, "] efer=[");
	dump_add_field(&t, VMCS_AT_GUEST_EFER, dump_field(VMCS_GUEST_EFER));
	dump_line("%s]", text);
}

/* What the VMCS does not have: it stays in the processor while a vCPU is loaded. */
static void dump_live(const struct vcpu *v)
{
	char text[LOG_LINE_MAX / 2];
	struct dump_text t = dump_text(text, sizeof(text));

	dump_add_xcr0(&t, v->xcr0);
	dump_add(&t, "] dr6=[");
	dump_add_dr6(&t, dr6_read());
	dump_add(&t, "] dr7=[");
	dump_add_dr7(&t, dump_field(VMCS_GUEST_DR7));
	dump_line("  cr2=%016lx xcr0=%lx dr6=%08lx dr7=%08lx xcr0=[%s]", cr2_read(), v->xcr0,
		  dr6_read(), dump_field(VMCS_GUEST_DR7), text);
	dump_line("  dr0=%016lx dr1=%016lx dr2=%016lx dr3=%016lx", dr0_read(), dr1_read(),
		  dr2_read(), dr3_read());
}

static void dump_segments(void)
{
	static const char names[][5] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };

	for (enum segment s = SEG_ES; s <= SEG_TR; s++) {
		char text[80];
		struct dump_text t = dump_text(text, sizeof(text));
		struct segment_register r;

		segment_read(s, &r);
		dump_add_rights(&t, r.rights);
		dump_line("  %-4s selector=%04x base=%016lx limit=%08x rights=%05x %s", names[s],
			  r.selector, r.base, r.limit, r.rights, text);
	}
	dump_line("  gdtr base=%016lx limit=%04lx  idtr base=%016lx limit=%04lx",
		  dump_field(VMCS_GUEST_GDTR_BASE), dump_field(VMCS_GUEST_GDTR_LIMIT),
		  dump_field(VMCS_GUEST_IDTR_BASE), dump_field(VMCS_GUEST_IDTR_LIMIT));
}

static void dump_event(const char *what, enum vmcs_field info, enum vmcs_field error)
{
	char text[DUMP_EXIT_TEXT];

	if (interruption_text((u32)dump_field(info), (u32)dump_field(error), text, sizeof(text)))
		dump_line("  %s: %s", what, text);
}

static void dump_exit(void)
{
	u32 reason = (u32)dump_field(VMCS_EXIT_REASON);
	char text[DUMP_EXIT_TEXT];

	dump_line("  last exit: reason=%#x (%s) qualification=%#lx length=%lu intr=%#lx idt=%#lx",
		  reason, exit_reason_name(reason & EXIT_REASON_BASIC),
		  dump_field(VMCS_EXIT_QUALIFICATION), dump_field(VMCS_EXIT_INSTRUCTION_LENGTH),
		  dump_field(VMCS_EXIT_INTERRUPTION_INFO),
		  dump_field(VMCS_IDT_VECTORING_INFO));
	if (qualification_text(reason, dump_field(VMCS_EXIT_QUALIFICATION), text, sizeof(text)))
		dump_line("  qualification: %s", text);
	dump_event("interruption", VMCS_EXIT_INTERRUPTION_INFO, VMCS_EXIT_INTERRUPTION_ERROR_CODE);
	dump_event("while delivering", VMCS_IDT_VECTORING_INFO, VMCS_IDT_VECTORING_ERROR_CODE);
	dump_line("  guest-physical=%#lx linear=%#lx interruptibility=%#lx activity=%lu",
		  dump_field(VMCS_GUEST_PHYSICAL_ADDRESS), dump_field(VMCS_GUEST_LINEAR_ADDRESS),
		  dump_field(VMCS_GUEST_INTERRUPTIBILITY), dump_field(VMCS_GUEST_ACTIVITY_STATE));
}

void dump_vcpu(struct vcpu *v)
{
	dump_line("vcpu %u:", v->index);
	if (!dump_possible(v))
		return;
	dump_registers(v);
	dump_flags(v);
	dump_live(v);
	dump_segments();
	dump_exit();
	dump_code(v);
	dump_stack(v);
	dump_guest_walks(v);
}

void dump_vcpu_full(struct vcpu *v)
{
	dump_vcpu(v);
	(void)!dump_vmcs(v, NULL);
}
