/* SPDX-License-Identifier: MIT */
#include "vmx/dump_exit.h"

#include "lib/x86.h"
#include "vmx/decode.h"
#include "vmx/dump_text.h"
#include "vmx/exit_reason.h"
#include "vmx/vmcs.h"

#define REGISTERS "rax|rcx|rdx|rbx|rsp|rbp|rsi|rdi|r8|r9|r10|r11|r12|r13|r14|r15"

/* As at a debug exception; DR6 has them, too. SDM "Exit Qualification for Debug Exceptions". */
#define DEBUG_CONDITIONS "B0|B1|B2|B3||||||||BLD||BD|BS||RTM"
#define DEBUG_BITS	 (BITS(3, 0) | BIT(11) | BITS(14, 13) | BIT(16))

const char *exception_name(unsigned vector)
{
	static const char names[][4] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "",    "#TS",
		"#NP", "#SS", "#GP", "#PF", "",	   "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
	};

	return vector < ARRAY_SIZE(names) && names[vector][0] ? names[vector] : NULL;
}

static void add_page_fault(struct dump_text *t, u32 error)
{
	dump_add(t, "%s, %s, %s",
		 error & PF_FETCH   ? "fetch"
		 : error & PF_WRITE ? "write"
				    : "read",
		 error & PF_USER ? "user" : "supervisor",
		 error & PF_RSVD      ? "reserved bit set"
		 : error & PF_PK      ? "protection key"
		 : error & PF_PRESENT ? "not permitted"
				      : "not present");
}

size_t page_fault_text(u32 error, char *to, size_t size)
{
	struct dump_text t = dump_text(to, size);

	add_page_fault(&t, error);
	return t.used;
}

size_t interruption_text(u32 info, u32 error, char *to, size_t size)
{
	struct dump_text t = dump_text(to, size);
	unsigned vector = info & INTR_VECTOR, type = info >> INTR_TYPE_SHIFT & 7;
	const char *name = type == INTR_EXTERNAL || type == INTR_SOFT_INTERRUPT
				   ? NULL
				   : exception_name(vector);

	if (!(info & INTR_VALID))
		return 0;
	if (name)
		dump_add(&t, "%s (%u), ", name, vector);
	else
		dump_add(&t, "vector %u, ", vector);
	dump_add_word(&t,
		      "external interrupt||NMI|hardware exception|software interrupt|"
		      "privileged software exception|software exception|other event",
		      type);
	if (info & INTR_HAS_ERROR) {
		dump_add(&t, ", error %#x", error);
		if (vector == VECTOR_PF) {
			dump_add(&t, " (");
			add_page_fault(&t, error);
			dump_add(&t, ")");
		}
	}
	if (info & INTR_NMI_UNBLOCKED)
		dump_add(&t, ", NMI unblocking due to IRET");
	return t.used;
}

static void add_cr_access(struct dump_text *t, u64 q)
{
	struct cr_access a = decode_cr_access(q);

	switch (a.type) {
	case CR_MOVE_TO:
		dump_add(t, "MOV ");
		dump_add_word(t, REGISTERS, a.register_index);
		dump_add(t, " to CR%u", a.cr);
		break;
	case CR_MOVE_FROM:
		dump_add(t, "MOV CR%u to ", a.cr);
		dump_add_word(t, REGISTERS, a.register_index);
		break;
	case CR_CLTS:
		dump_add(t, "CLTS");
		break;
	case CR_LMSW:
		dump_add(t, "LMSW %#x from %s", a.lmsw_source,
			 a.lmsw_memory ? "memory" : "register");
		break;
	}
}

static void add_dr_access(struct dump_text *t, u64 q)
{
	struct dr_access a = decode_dr_access(q);

	if (a.read)
		dump_add(t, "MOV DR%u to ", a.dr);
	else
		dump_add(t, "MOV ");
	dump_add_word(t, REGISTERS, a.register_index);
	if (!a.read)
		dump_add(t, " to DR%u", a.dr);
}

static void add_io(struct dump_text *t, u64 q)
{
	struct io_exit e = decode_io(q);

	dump_add(t, "%s%s%s %u byte%s %s port %#x", e.rep ? "REP " : "", e.in ? "IN" : "OUT",
		 e.string ? "S" : "", e.size, e.size > 1 ? "s" : "", e.in ? "from" : "to", e.port);
}

static void add_ept_violation(struct dump_text *t, u64 q)
{
	struct ept_exit e = decode_ept_violation(q);

	dump_add_bits(t, "read|write|fetch", q & BITS(2, 0));
	dump_add(t, "%sof ", q & BITS(2, 0) ? " " : "");
	if (e.permissions)
		dump_add_bits(t, "R|W|X", e.permissions);
	else
		dump_add(t, "what is not mapped");
	dump_add(t, "%s",
		 !e.gva_valid	? ", no linear address"
		 : e.table_walk ? ", in a page walk"
				: "");
	if (e.nmi_unblocked)
		dump_add(t, ", NMI unblocking due to IRET");
}

static void add_task_switch(struct dump_text *t, u64 q)
{
	struct task_switch s = decode_task_switch(q);

	dump_add_word(t, "CALL|IRET|JMP|task gate", s.source);
	dump_add(t, " to TSS %#x", s.selector);
}

static void add_exception(struct dump_text *t, u64 q)
{
	if (q & ~DEBUG_BITS)
		dump_add(t, "linear address %#lx", q);
	else
		dump_add_bits(t, DEBUG_CONDITIONS, q);
}

/* The qualification is the displacement of a memory operand. */
#define WITH_OPERAND                                                                               \
	(BITS(EXIT_VMPTRST, EXIT_VMCLEAR) | BIT(EXIT_VMREAD) | BIT(EXIT_VMWRITE) |                 \
	 BIT(EXIT_VMXON) | BIT(EXIT_GDTR_IDTR_ACCESS) | BIT(EXIT_LDTR_TR_ACCESS) |                 \
	 BIT(EXIT_INVEPT) | BIT(EXIT_INVVPID) | BIT(EXIT_INVPCID) | BIT(EXIT_XSAVES))

/* Those that are one number. */
static const struct {
	u8 reason, bits;
	char format[20];
} numbers[] = {
	{ EXIT_INVLPG, 64, "linear address %#lx" }, { EXIT_SIPI, 8, "vector %lu" },
	{ EXIT_VIRTUALIZED_EOI, 8, "vector %lu" },  { EXIT_APIC_WRITE, 12, "register %#lx" },
	{ EXIT_ENTRY_MSR_LOADING, 64, "entry %lu" },
};

static void add_number(struct dump_text *t, u32 reason, u64 q)
{
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].reason == reason)
			dump_add(t, numbers[i].format, bits_get(q, numbers[i].bits - 1U, 0));
	if (q && (reason == EXIT_XRSTORS || (reason < 64 && WITH_OPERAND >> reason & 1)))
		dump_add(t, "displacement %s%#lx", q >> 63 ? "-" : "", q >> 63 ? -q : q);
}

size_t qualification_text(u32 reason, u64 q, char *to, size_t size)
{
	struct dump_text text = dump_text(to, size), *t = &text;

	reason &= EXIT_REASON_BASIC;
	switch (reason) {
	case EXIT_EXCEPTION_NMI:
		add_exception(t, q);
		break;
	case EXIT_CR_ACCESS:
		add_cr_access(t, q);
		break;
	case EXIT_MOV_DR:
		add_dr_access(t, q);
		break;
	case EXIT_IO:
		add_io(t, q);
		break;
	case EXIT_EPT_VIOLATION:
		add_ept_violation(t, q);
		break;
	case EXIT_TASK_SWITCH:
		add_task_switch(t, q);
		break;
	case EXIT_APIC_ACCESS:
		dump_add_word(t,
			      "read|write|fetch|event delivery|monitoring||||||"
			      "event delivery|||||physical access",
			      (unsigned)bits_get(q, 15, 12));
		dump_add(t, " at %#lx", q & BITS(11, 0));
		break;
	case EXIT_ENTRY_GUEST_STATE:
		if (q)
			dump_add_word(t, "||PDPTEs|NMI under blocking by STI|VMCS link pointer",
				      (unsigned)MIN(q, 5UL));
		break;
	default:
		add_number(t, reason, q);
	}
	return t->used;
}
