/* SPDX-License-Identifier: MIT */
#include "scripts/doctor/dump.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/x86.h"
#include "scripts/doctor/names.h"
#include "scripts/doctor/sections.h"

#define LINE 1024

void dump_init(struct dump *d)
{
	memset(d, 0, sizeof(*d));
}

static void set_allowed(struct vmx_allowed *allowed, u64 value)
{
	*allowed = (struct vmx_allowed){ (u32)value, (u32)(value >> 32) };
}

bool dump_set_msr(struct dump *d, u32 msr, u64 value)
{
	struct vmx_caps *c = &d->caps;
	bool exact = d->caps_known >> ENTRY_CAP_basic & 1 && c->basic & BASIC_TRUE_CONTROLS;

#define KNOWN(cap) (d->caps_known |= 1U << ENTRY_CAP_##cap)
	switch (msr) {
#define WORD(name, plain, exact_msr)                                                               \
	case plain:                                                                                \
		/* The TRUE one, where there is one, has the last word. */                         \
		if (exact || d->caps_known >> ENTRY_CAP_##name & 1)                                \
			return true;                                                               \
		/* fall through */                                                                 \
	case exact_msr:                                                                            \
		set_allowed(&c->name, value);                                                      \
		return KNOWN(name);
	WORD(pin, MSR_VMX_PINBASED_CTLS, MSR_VMX_TRUE_PINBASED_CTLS)
	WORD(proc, MSR_VMX_PROCBASED_CTLS, MSR_VMX_TRUE_PROCBASED_CTLS)
	WORD(exit, MSR_VMX_EXIT_CTLS, MSR_VMX_TRUE_EXIT_CTLS)
	WORD(entry, MSR_VMX_ENTRY_CTLS, MSR_VMX_TRUE_ENTRY_CTLS)
	case MSR_VMX_PROCBASED_CTLS2:
		set_allowed(&c->proc2, value);
		return KNOWN(proc2);
#define PLAIN(name, number)                                                                        \
	case number:                                                                               \
		c->name = value;                                                                   \
		return KNOWN(name);
	PLAIN(basic, MSR_VMX_BASIC)
	PLAIN(misc, MSR_VMX_MISC)
	PLAIN(cr0_fixed0, MSR_VMX_CR0_FIXED0)
	PLAIN(cr0_fixed1, MSR_VMX_CR0_FIXED1)
	PLAIN(cr4_fixed0, MSR_VMX_CR4_FIXED0)
	PLAIN(cr4_fixed1, MSR_VMX_CR4_FIXED1)
	PLAIN(ept_vpid, MSR_VMX_EPT_VPID_CAP)
	PLAIN(vmfunc, MSR_VMX_VMFUNC)
	PLAIN(proc3, MSR_VMX_PROCBASED_CTLS3)
	PLAIN(exit2, MSR_VMX_EXIT_CTLS2)
	default:
		return false;
	}
#undef PLAIN
#undef WORD
#undef KNOWN
}

/* A number: hexadecimal, with or without 0x; "_", "'" and "`" may group digits. NULL: none here. */
const char *dump_number(const char *text, u64 *value)
{
	unsigned digits = 0;

	*value = 0;
	if (text[0] == '0' && (text[1] | 32) == 'x')
		text += 2;
	for (;; text++) {
		char c = (char)tolower((unsigned char)*text);

		if (digits && (c == '_' || c == '\'' || c == '`') && isxdigit((unsigned char)text[1]))
			continue;
		if (!isxdigit((unsigned char)c))
			break;
		if (++digits > 16)
			return NULL;
		*value = *value << 4 | (u64)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return digits && !isalnum((unsigned char)*text) && *text != '_' ? text : NULL;
}

void dump_set(struct dump *d, unsigned index, u64 value)
{
	vmcs_image_set(&d->image, index, value);
	d->fields++;
}

/* The name before `end`: the last word first, then more and more words ("Guest RIP"). */
static bool set_named(struct dump *d, const char *start, const char *end, u64 value)
{
	const char *word = end;

	while (word > start && word > end - 80) {
		int index;
		long msr;

		while (word > start && isspace((unsigned char)word[-1]))
			word--;
		while (word > start && !isspace((unsigned char)word[-1]) && word[-1] != '(')
			word--;
		index = name_to_index(word, (size_t)(end - word));
		if (index >= 0) {
			dump_set(d, (unsigned)index, value);
			return true;
		}
		msr = name_to_msr(word, (size_t)(end - word));
		if (msr >= 0 && dump_set_msr(d, (u32)msr, value))
			return true;
		if (word > start && word[-1] == '(')
			return false;
	}
	return false;
}

/* NAME = VALUE, NAME: VALUE, NAME VALUE; several of them with commas or blanks between. */
static bool read_list(struct dump *d, const char *line)
{
	const char *start = line, *p = line;
	bool found = false;

	while (*p) {
		const char *end = p, *next;
		u64 value;

		if (*p != '=' && *p != ':' && *p != ' ' && *p != '\t') {
			p++;
			continue;
		}
		while (end > start && strchr(" \t=:[]().", end[-1]))
			end--;
		while (*p && strchr(" \t=:", *p))
			p++;
		next = dump_number(p, &value);
		if (!next || end == start)
			continue;
		/* Without a sign between them, only 0x makes a number of a word. */
		if (!memchr(end, '=', (size_t)(p - end)) && !memchr(end, ':', (size_t)(p - end)) &&
		    strncmp(p, "0x", 2))
			continue;
		if (set_named(d, start, end, value))
			found = true;
		p = next;
		start = p;
		while (*start && strchr(" \t,;", *start))
			start++;
	}
	return found;
}

bool dump_line(struct dump *d, const char *line, size_t n)
{
	char text[LINE];
	size_t used = 0;
	bool blank = true;

	for (size_t i = 0; i < n && used + 1 < sizeof(text); i++) {
		char c = line[i];

		if (c == '\r' || !c)
			continue;
		blank = blank && isspace((unsigned char)c);
		text[used++] = c;
	}
	text[used] = 0;
	if (blank || sections_line(d, text) || read_list(d, text))
		return true;
	d->unknown++;
	return false;
}
