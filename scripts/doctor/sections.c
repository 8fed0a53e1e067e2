/* SPDX-License-Identifier: MIT */
#include "scripts/doctor/sections.h"

#include <ctype.h>
#include <string.h>

enum { NONE, GUEST, HOST, CONTROL };

/* A label with what follows it up to the value's "="; blanks before "=" do not matter. */
static const struct label {
	int section;
	const char *text;
	enum vmcs_index index;
} labels[] = {
#define L(section, text, field) { section, text, VMCS_AT_##field }
	L(GUEST, "CR3", GUEST_CR3),
	L(GUEST, "PDPTR0", GUEST_PDPTE0), L(GUEST, "PDPTR1", GUEST_PDPTE1),
	L(GUEST, "PDPTR2", GUEST_PDPTE2), L(GUEST, "PDPTR3", GUEST_PDPTE3),
	L(GUEST, "PDPTE0", GUEST_PDPTE0), L(GUEST, "PDPTE1", GUEST_PDPTE1),
	L(GUEST, "PDPTE2", GUEST_PDPTE2), L(GUEST, "PDPTE3", GUEST_PDPTE3),
	L(GUEST, "Sysenter RSP", GUEST_SYSENTER_ESP), L(GUEST, "RSP", GUEST_RSP),
	L(GUEST, "RIP", GUEST_RIP), L(GUEST, "RFLAGS", GUEST_RFLAGS), L(GUEST, "DR7", GUEST_DR7),
	L(GUEST, "EFER", GUEST_EFER), L(GUEST, "EFER(VMCS)", GUEST_EFER), L(GUEST, "PAT", GUEST_PAT),
	L(GUEST, "PreemptionTimer", PREEMPTION_TIMER_VALUE), L(GUEST, "SM Base", GUEST_SMBASE),
	L(GUEST, "DebugCtl", GUEST_DEBUGCTL), L(GUEST, "DebugExceptions", GUEST_PENDING_DEBUG),
	L(GUEST, "PerfGlobCtl", GUEST_PERF_GLOBAL_CTRL), L(GUEST, "BndCfgS", GUEST_BNDCFGS),
	L(GUEST, "Interruptibility", GUEST_INTERRUPTIBILITY),
	L(GUEST, "ActivityState", GUEST_ACTIVITY_STATE),
	L(GUEST, "InterruptStatus", GUEST_INTERRUPT_STATUS),
	L(GUEST, "S_CET", GUEST_S_CET), L(GUEST, "SSP", GUEST_SSP),
	L(GUEST, "SSP TABLE", GUEST_INTERRUPT_SSP_TABLE),
	L(HOST, "RIP", HOST_RIP), L(HOST, "Sysenter RSP", HOST_SYSENTER_ESP), L(HOST, "RSP", HOST_RSP),
	L(HOST, "CS", HOST_CS_SELECTOR), L(HOST, "SS", HOST_SS_SELECTOR),
	L(HOST, "DS", HOST_DS_SELECTOR), L(HOST, "ES", HOST_ES_SELECTOR),
	L(HOST, "FS", HOST_FS_SELECTOR), L(HOST, "GS", HOST_GS_SELECTOR),
	L(HOST, "TR", HOST_TR_SELECTOR), L(HOST, "FSBase", HOST_FS_BASE),
	L(HOST, "GSBase", HOST_GS_BASE), L(HOST, "TRBase", HOST_TR_BASE),
	L(HOST, "GDTBase", HOST_GDTR_BASE), L(HOST, "IDTBase", HOST_IDTR_BASE),
	L(HOST, "CR0", HOST_CR0), L(HOST, "CR3", HOST_CR3), L(HOST, "CR4", HOST_CR4),
	L(HOST, "EFER", HOST_EFER), L(HOST, "PAT", HOST_PAT),
	L(HOST, "PerfGlobCtl", HOST_PERF_GLOBAL_CTRL),
	L(HOST, "S_CET", HOST_S_CET), L(HOST, "SSP", HOST_SSP),
	L(HOST, "SSP TABLE", HOST_INTERRUPT_SSP_TABLE),
	L(CONTROL, "PinBased", PIN_CONTROLS), L(CONTROL, "CPUBased", PROC_CONTROLS),
	L(CONTROL, "SecondaryExec", PROC_CONTROLS2), L(CONTROL, "TertiaryExec", PROC_CONTROLS3),
	L(CONTROL, "EntryControls", ENTRY_CONTROLS), L(CONTROL, "ExitControls", EXIT_CONTROLS),
	L(CONTROL, "ExceptionBitmap", EXCEPTION_BITMAP), L(CONTROL, "PFECmask", PAGE_FAULT_MASK),
	L(CONTROL, "PFECmatch", PAGE_FAULT_MATCH), L(CONTROL, "reason", EXIT_REASON),
	L(CONTROL, "qualification", EXIT_QUALIFICATION), L(CONTROL, "TSC Offset", TSC_OFFSET),
	L(CONTROL, "TSC Multiplier", TSC_MULTIPLIER), L(CONTROL, "TPR Threshold", TPR_THRESHOLD),
	L(CONTROL, "APIC-access addr", APIC_ACCESS_ADDRESS),
	L(CONTROL, "virt-APIC addr", VIRTUAL_APIC_ADDRESS),
	L(CONTROL, "PostedIntrVec", POSTED_INTR_NOTIFICATION), L(CONTROL, "EPT pointer", EPT_POINTER),
	L(CONTROL, "EPTP index", EPTP_INDEX), L(CONTROL, "PLE Gap", PLE_GAP),
	L(CONTROL, "Window", PLE_WINDOW), L(CONTROL, "Virtual processor ID", VPID),
	L(CONTROL, "VMfunc controls", VM_FUNCTION_CONTROLS),
	L(CONTROL, "VE info address", VE_INFORMATION_ADDRESS),
	L(CONTROL, "CR3 target count", CR3_TARGET_COUNT),
	L(CONTROL, "CR3 target0", CR3_TARGET0), L(CONTROL, "target1", CR3_TARGET1),
	L(CONTROL, "CR3 target2", CR3_TARGET2), L(CONTROL, "target3", CR3_TARGET3),
#undef L
};

/* Lines whose labels have their own meaning. */
static const struct {
	int section;
	const char *start, *label;
	enum vmcs_index index;
} lines[] = {
#define L(section, start, label, field) { section, start, label, VMCS_AT_##field }
	L(GUEST, "CR0:", "actual", GUEST_CR0), L(GUEST, "CR0:", "shadow", CR0_READ_SHADOW),
	L(GUEST, "CR0:", "gh_mask", CR0_GUEST_HOST_MASK), L(GUEST, "CR4:", "actual", GUEST_CR4),
	L(GUEST, "CR4:", "shadow", CR4_READ_SHADOW), L(GUEST, "CR4:", "gh_mask", CR4_GUEST_HOST_MASK),
	L(GUEST, "GDTR:", "limit", GUEST_GDTR_LIMIT), L(GUEST, "GDTR:", "base", GUEST_GDTR_BASE),
	L(GUEST, "IDTR:", "limit", GUEST_IDTR_LIMIT), L(GUEST, "IDTR:", "base", GUEST_IDTR_BASE),
	L(CONTROL, "VMEntry:", "intr_info", ENTRY_INTERRUPTION_INFO),
	L(CONTROL, "VMEntry:", "errcode", ENTRY_EXCEPTION_ERROR_CODE),
	L(CONTROL, "VMEntry:", "ilen", ENTRY_INSTRUCTION_LENGTH),
	L(CONTROL, "VMExit:", "intr_info", EXIT_INTERRUPTION_INFO),
	L(CONTROL, "VMExit:", "errcode", EXIT_INTERRUPTION_ERROR_CODE),
	L(CONTROL, "VMExit:", "ilen", EXIT_INSTRUCTION_LENGTH),
	L(CONTROL, "IDTVectoring:", "info", IDT_VECTORING_INFO),
	L(CONTROL, "IDTVectoring:", "errcode", IDT_VECTORING_ERROR_CODE),
#undef L
};

static const char *const segments[] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR" };

/* `text` at a word's beginning within `line`; NULL: not there. */
static const char *find(const char *line, const char *text)
{
	const char *at = line;

	while ((at = strstr(at, text))) {
		if (at == line || (!isalnum((unsigned char)at[-1]) && at[-1] != '_' && at[-1] != ':'))
			return at;
		at++;
	}
	return NULL;
}

/* The number behind `label =`. */
static bool value_of(const char *line, const char *label, u64 *value)
{
	for (const char *at = line; (at = find(at, label)); at++) {
		const char *p = at + strlen(label);

		while (*p == ' ')
			p++;
		if (*p++ != '=')
			continue;
		while (*p == ' ')
			p++;
		return dump_number(p, value) != NULL;
	}
	return false;
}

static bool set_if(struct dump *d, const char *line, const char *label, unsigned index)
{
	u64 value;

	if (!value_of(line, label, &value))
		return false;
	dump_set(d, index, value);
	return true;
}

/* "CS:RIP=0010:ffffffff81000000" */
static bool sysenter(struct dump *d, const char *line)
{
	const char *p = strstr(line, "CS:RIP=");
	bool guest = d->section == GUEST;
	u64 selector, rip;

	if (!p)
		return false;
	p = dump_number(p + 7, &selector);
	if (!p || *p != ':' || !dump_number(p + 1, &rip))
		return false;
	dump_set(d, guest ? VMCS_AT_GUEST_SYSENTER_CS : VMCS_AT_HOST_SYSENTER_CS, selector);
	dump_set(d, guest ? VMCS_AT_GUEST_SYSENTER_EIP : VMCS_AT_HOST_SYSENTER_EIP, rip);
	return true;
}

/* Xen's columns: selector, rights, limit, base; for GDTR and IDTR the last two. */
static bool columns(struct dump *d, const char *p, const unsigned *fields, unsigned count)
{
	u64 values[4];

	for (unsigned i = 0; i < count; i++) {
		while (*p == ' ')
			p++;
		p = dump_number(p, &values[i]);
		if (!p)
			return false;
	}
	for (unsigned i = 0; i < count; i++)
		dump_set(d, fields[i], values[i]);
	return true;
}

static bool segment(struct dump *d, const char *line)
{
	static const unsigned gdtr[] = { VMCS_AT_GUEST_GDTR_LIMIT, VMCS_AT_GUEST_GDTR_BASE };
	static const unsigned idtr[] = { VMCS_AT_GUEST_IDTR_LIMIT, VMCS_AT_GUEST_IDTR_BASE };
	const char *at;

	for (unsigned s = 0; s < ARRAY_SIZE(segments); s++) {
		const unsigned fields[] = {
			VMCS_AT_GUEST_ES_SELECTOR + s, VMCS_AT_GUEST_ES_ACCESS_RIGHTS + s,
			VMCS_AT_GUEST_ES_LIMIT + s, VMCS_AT_GUEST_ES_BASE + s,
		};

		at = find(line, segments[s]);
		if (!at || at[strlen(segments[s])] != ':')
			continue;
		at += strlen(segments[s]) + 1;
		if (set_if(d, at, "sel", fields[0])) {
			(void)set_if(d, at, "attr", fields[1]);
			(void)set_if(d, at, "limit", fields[2]);
			(void)set_if(d, at, "base", fields[3]);
			return true;
		}
		return columns(d, at, fields, 4);
	}
	at = find(line, "GDTR:");
	if (at)
		return columns(d, at + 5, gdtr, 2);
	at = find(line, "IDTR:");
	return at && columns(d, at + 5, idtr, 2);
}

static bool section_starts(struct dump *d, const char *line)
{
	static const char *const names[] = { [GUEST] = "*** Guest State", [HOST] = "*** Host State",
					     [CONTROL] = "*** Control State" };

	for (int s = GUEST; s <= CONTROL; s++)
		if (strstr(line, names[s])) {
			d->section = s;
			return true;
		}
	return false;
}

bool sections_line(struct dump *d, const char *line)
{
	bool found = false, own = false;

	if (section_starts(d, line))
		return true;
	if (d->section == NONE)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *at = lines[i].section == d->section ? find(line, lines[i].start) : NULL;

		if (at)
			own |= set_if(d, at, lines[i].label, lines[i].index);
	}
	if (own || (d->section == GUEST && segment(d, line)))
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(labels); i++)
		if (labels[i].section == d->section) {
			/* "Sysenter RSP" is not "RSP". */
			if (!strcmp(labels[i].text, "RSP") && strstr(line, "Sysenter"))
				continue;
			found |= set_if(d, line, labels[i].text, labels[i].index);
		}
	return sysenter(d, line) || found;
}
