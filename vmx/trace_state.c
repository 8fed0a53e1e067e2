/* SPDX-License-Identifier: MIT */
#include "vmx/trace_state.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"

void trace_state_read(const struct vcpu *v, struct trace_state *s)
{
	u64 *to = s->value;

	memcpy(to, v->regs.by_index, sizeof(v->regs.by_index));
	to[4] = vmcs_read(VMCS_GUEST_RSP);
	to += ARRAY_SIZE(v->regs.by_index);
	*to++ = vmcs_read(VMCS_GUEST_RIP);
	*to++ = vmcs_read(VMCS_GUEST_RFLAGS);
	*to++ = guest_cr0(v);
	*to++ = vmcs_read(VMCS_GUEST_CR3);
	*to++ = guest_cr4(v);
	*to++ = vmcs_read(VMCS_GUEST_EFER);
	for (enum segment seg = SEG_ES; seg <= SEG_TR; seg++) {
		*to++ = vmcs_read(VMCS_GUEST_SELECTOR(seg));
		*to++ = vmcs_read(VMCS_GUEST_BASE(seg));
		*to++ = vmcs_read(VMCS_GUEST_LIMIT(seg));
		*to++ = vmcs_read(VMCS_GUEST_ACCESS_RIGHTS(seg));
	}
}

static void name(unsigned index, char *text, size_t size)
{
	static const char single[TRACE_SINGLE][7] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",  "r9",  "r10",
		"r11", "r12", "r13", "r14", "r15", "rip", "rflags", "cr0", "cr3", "cr4", "efer"};
	static const char segment[TRACE_SEGMENTS][5] = {"es", "cs", "ss", "ds",
							"fs", "gs", "ldtr", "tr"};
	static const char part[4][8] = {"", ".base", ".limit", ".rights"};

	if (index < TRACE_SINGLE)
		format(text, size, "%s", single[index]);
	else
		format(text, size, "%s%s", segment[(index - TRACE_SINGLE) / 4],
		       part[(index - TRACE_SINGLE) % 4]);
}

void trace_state_compare(struct record_line *line, const char *prefix, const struct trace_state *old,
			 const struct trace_state *new)
{
	char word[80], text[16];

	for (unsigned i = 0; i < TRACE_VALUES; i++) {
		if (old->value[i] == new->value[i])
			continue;
		name(i, text, sizeof(text));
		format(word, sizeof(word), "%s%s=0x%lx->0x%lx", prefix, text, old->value[i],
		       new->value[i]);
		record_line_add(line, word);
	}
}
