/* SPDX-License-Identifier: MIT */
#include "vmx/tss.h"

#include "lib/bits.h"
#include "lib/string.h"

#define TSS_TRAP BIT(0)

void tss_save(union tss *tss, bool wide, const struct task_state *s)
{
	if (wide) {
		tss->wide.eip = s->eip;
		tss->wide.eflags = s->eflags;
		memcpy(tss->wide.registers, s->registers, sizeof(s->registers));
		for (enum segment i = SEG_ES; i <= SEG_GS; i++)
			tss->wide.segments[i].selector = s->segments[i];
		return;
	}
	tss->narrow.ip = (u16)s->eip;
	tss->narrow.flags = (u16)s->eflags;
	for (unsigned i = 0; i < 8; i++)
		tss->narrow.registers[i] = (u16)s->registers[i];
	for (enum segment i = SEG_ES; i <= SEG_DS; i++)
		tss->narrow.segments[i] = s->segments[i];
}

void tss_load(const union tss *tss, bool wide, struct task_state *s)
{
	*s = (struct task_state){ .cr3 = 0 };
	if (wide) {
		s->cr3 = tss->wide.cr3;
		s->eip = tss->wide.eip;
		s->eflags = tss->wide.eflags;
		memcpy(s->registers, tss->wide.registers, sizeof(s->registers));
		for (enum segment i = SEG_ES; i <= SEG_GS; i++)
			s->segments[i] = tss->wide.segments[i].selector;
		s->ldt = (u16)tss->wide.ldt;
		s->trap = tss->wide.trap & TSS_TRAP;
		return;
	}
	s->eip = tss->narrow.ip;
	s->eflags = tss->narrow.flags;
	/* Upper halves are undefined: zero does least harm. FS and GS become null. */
	for (unsigned i = 0; i < 8; i++)
		s->registers[i] = tss->narrow.registers[i];
	for (enum segment i = SEG_ES; i <= SEG_DS; i++)
		s->segments[i] = tss->narrow.segments[i];
	s->ldt = tss->narrow.ldt;
}
