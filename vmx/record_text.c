/* SPDX-License-Identifier: MIT */
/*
 * Exit records in words.
 */
#include "vmx/record.h"

#include "lib/format.h"
#include "vmx/stats.h"
#include "vmx/vcpu.h"

static const char *const cr_access[] = {"write cr%u", "read cr%u", "clts", "lmsw"};

size_t record_key_text(unsigned reason, u32 key, char *text, size_t size)
{
	switch (reason) {
	case EXIT_CPUID:
		return format(text, size, "leaf=%#x", key);
	case EXIT_VMCALL:
		return format(text, size, "call=%#x", key);
	case EXIT_RDMSR:
	case EXIT_WRMSR:
		return format(text, size, "msr=%#x", key);
	case EXIT_XSETBV:
		return format(text, size, "xcr=%#x", key);
	case EXIT_IO:
		return format(text, size, "port=%#x %s", key & 0xffff,
			      key & RECORD_KEY_IN ? "in" : "out");
	case EXIT_EPT_VIOLATION:
	case EXIT_EPT_MISCONFIGURATION:
		return format(text, size, "page=%#lx", (u64)key << 12);
	case EXIT_EXCEPTION_NMI:
	case EXIT_EXTERNAL_INTERRUPT:
	case EXIT_VIRTUALIZED_EOI:
		return format(text, size, "vector=%#x", key & 0xff);
	case EXIT_CR_ACCESS:
		return format(text, size, cr_access[key >> 4 & 3], key & 15);
	case EXIT_MOV_DR:
		return format(text, size, "%s dr%u", key & 16 ? "read" : "write", key & 7);
	case EXIT_TASK_SWITCH:
		return format(text, size, "tss=%#x", key & 0xffff);
	case EXIT_APIC_ACCESS:
	case EXIT_APIC_WRITE:
		return format(text, size, "register=%#x", key & 0xfff);
	}
	if (size)
		*text = '\0';
	return 0;
}

const char *record_verdict_name(unsigned verdict)
{
	static const char *const names[] = {"NEXT", "AGAIN", "WAIT", "STOP"};

	return verdict < ARRAY_SIZE(names) ? names[verdict] : "NONE";
}

size_t stats_key_text(const struct stats_cell *cell, char *text, size_t size)
{
	if (SUBJECT_KEY(cell->subject) == STATS_KEY_OTHER)
		return format(text, size, "others");
	return record_key_text(SUBJECT_REASON(cell->subject), SUBJECT_KEY(cell->subject), text,
			       size);
}
