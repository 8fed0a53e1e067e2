/* SPDX-License-Identifier: MIT */
#include "vmx/dump_vmcs.h"

#include "lib/error.h"
#include "lib/string.h"
#include "vmx/controls.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_flags.h"
#include "vmx/exits.h"
#include "vmx/instructions.h"
#include "vmx/vmcs_image.h"

#define WRAP 110 /* a list of controls goes on in a new line behind this column */

enum group { GUEST, HOST, EXECUTION, EXIT, ENTRY, INFO, GROUPS };

static const char groups[GROUPS][10] = {
	[GUEST] = "guest", [HOST] = "host",   [EXECUTION] = "execution",
	[EXIT] = "exit",   [ENTRY] = "entry", [INFO] = "info",
};

const char *dump_vmcs_group(unsigned index)
{
	return index < GROUPS ? groups[index] : NULL;
}

/* Controls are told apart by their names: encodings do not. */
static enum group group_of(unsigned index)
{
	switch (vmcs_field_kind(vmcs_index_field(index))) {
	case VMCS_KIND_GUEST:
		return GUEST;
	case VMCS_KIND_HOST:
		return HOST;
	case VMCS_KIND_READ_ONLY:
		return INFO;
	default:
		break;
	}
	if (!strncmp(vmcs_index_name(index), "EXIT_", 5))
		return EXIT;
	return !strncmp(vmcs_index_name(index), "ENTRY_", 6) ? ENTRY : EXECUTION;
}

/* The names of a control word's bits that are on, or off. */
static void list_controls(enum control_word word, u32 value, bool on)
{
	char text[LOG_LINE_MAX];
	struct dump_text t = dump_text(text, sizeof(text));
	const char *comma = "";

	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = control_name(word, bit);

		if (!name || (value >> bit & 1) != on)
			continue;
		if (t.used > WRAP) {
			dump_line("      %s%s,", on ? "on:  " : "off: ", text);
			t = dump_text(text, sizeof(text));
			comma = "";
		}
		dump_add(&t, "%s%s", comma, name);
		comma = ", ";
	}
	if (t.used)
		dump_line("      %s%s", on ? "on:  " : "off: ", text);
}

static void show_controls(unsigned index, u32 value)
{
	static const u8 words[CONTROL_WORDS] = {
		[CONTROL_PIN] = VMCS_AT_PIN_CONTROLS,	  [CONTROL_PROC] = VMCS_AT_PROC_CONTROLS,
		[CONTROL_PROC2] = VMCS_AT_PROC_CONTROLS2, [CONTROL_EXIT] = VMCS_AT_EXIT_CONTROLS,
		[CONTROL_ENTRY] = VMCS_AT_ENTRY_CONTROLS,
	};

	for (enum control_word word = 0; word < CONTROL_WORDS; word++) {
		if (words[word] != index)
			continue;
		list_controls(word, value, true);
		list_controls(word, value, false);
	}
}

/* Information about an event; its error code is the next field in the list. */
static void add_event(struct dump_text *t, unsigned index, u64 value)
{
	u64 error = dump_field((enum vmcs_field)vmcs_index_field(index + 1));

	t->used += interruption_text((u32)value, (u32)error, t->to + t->used, t->size - t->used);
}

static void add_meaning(struct dump_text *t, unsigned index, u64 value)
{
	u32 reason;

	switch (index) {
	case VMCS_AT_EXIT_REASON:
		dump_add(t, "%s%s", exit_reason_name(value & EXIT_REASON_BASIC),
			 value & EXIT_REASON_FAILED_ENTRY ? ", VM-entry failure" : "");
		break;
	case VMCS_AT_EXIT_QUALIFICATION:
		reason = (u32)dump_field(VMCS_EXIT_REASON);
		t->used += qualification_text(reason, value, t->to + t->used, t->size - t->used);
		break;
	case VMCS_AT_EXIT_INTERRUPTION_INFO:
	case VMCS_AT_IDT_VECTORING_INFO:
	case VMCS_AT_ENTRY_INTERRUPTION_INFO:
		add_event(t, index, value);
		break;
	case VMCS_AT_INSTRUCTION_ERROR:
		if (value)
			dump_add(t, "%s", vmx_error_text((u32)value));
		break;
	default:
		dump_add_field(t, index, value);
	}
}

static void show_field(unsigned index, u64 value)
{
	static const u8 digits[] = { [VMCS_WIDTH_16] = 4, [VMCS_WIDTH_64] = 16,
				     [VMCS_WIDTH_32] = 8, [VMCS_WIDTH_NATURAL] = 16 };
	char text[LOG_LINE_MAX - 50];
	struct dump_text t = dump_text(text, sizeof(text));
	u32 field = vmcs_index_field(index);

	add_meaning(&t, index, value);
	dump_line("  %-28s = 0x%0*lx%s%s", vmcs_index_name(index), digits[vmcs_field_width(field)],
		  value, t.used ? "  " : "", text);
	show_controls(index, (u32)value);
}

/* `error`: the instruction error, which reading fields that are not there spoils. */
static void show_group(const struct vcpu *v, enum group group, u64 error)
{
	char name[8];
	u64 value;

	dump_vm_name(v, name);
	dump_line("vmcs: vm=%s vcpu=%u group=%s", name, v->index, groups[group]);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (group_of(i) == group &&
		    vmcs_try_read((enum vmcs_field)vmcs_index_field(i), &value))
			show_field(i, i == VMCS_AT_INSTRUCTION_ERROR ? error : value);
}

int dump_vmcs(const struct vcpu *v, const char *group)
{
	int result = group ? -ERR_NOENT : 0;
	u64 error;

	if (!dump_possible(v))
		return 0;
	error = dump_field(VMCS_INSTRUCTION_ERROR);
	for (unsigned i = 0; i < GROUPS; i++) {
		if (group && strcmp(group, groups[i]) != 0)
			continue;
		show_group(v, (enum group)i, error);
		result = 0;
	}
	return result;
}
