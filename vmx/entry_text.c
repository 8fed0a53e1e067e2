/* SPDX-License-Identifier: MIT */
/*
 * A rule's text: which fields it may read, and the text as people should
 * see it. Knows the words of vmx/entry_words.h by their names.
 */
#include "lib/format.h"
#include "lib/string.h"
#include "vmx/entry_rule.h"

/* Words that read fields of their own. Their arguments are names of controls, not of fields. */
static const struct {
	const char *word;
	int first, second; /* enum vmcs_index, or -1 */
} words[] = {
	{ "PIN", VMCS_AT_PIN_CONTROLS, -1 },
	{ "PROC", VMCS_AT_PROC_CONTROLS, -1 },
	{ "PROC2", VMCS_AT_PROC_CONTROLS, VMCS_AT_PROC_CONTROLS2 },
	{ "PROC3", VMCS_AT_PROC_CONTROLS, VMCS_AT_PROC_CONTROLS3 },
	{ "EXITCTL", VMCS_AT_EXIT_CONTROLS, -1 },
	{ "ENTRYCTL", VMCS_AT_ENTRY_CONTROLS, -1 },
	{ "UNRESTRICTED", VMCS_AT_PROC_CONTROLS, VMCS_AT_PROC_CONTROLS2 },
	{ "LONG_CODE", VMCS_AT_ENTRY_CONTROLS, VMCS_AT_GUEST_CS_ACCESS_RIGHTS },
	{ "V86", VMCS_AT_GUEST_RFLAGS, -1 },
	{ "INJECTS", VMCS_AT_ENTRY_INTERRUPTION_INFO, -1 },
	{ "INJECTS_A", VMCS_AT_ENTRY_INTERRUPTION_INFO, -1 },
	{ "INJECT_TYPE", VMCS_AT_ENTRY_INTERRUPTION_INFO, -1 },
	{ "INJECT_VECTOR", VMCS_AT_ENTRY_INTERRUPTION_INFO, -1 },
	{ "BAD_LINK", VMCS_AT_VMCS_LINK_POINTER, -1 },
};

/* Words whose argument is a segment. */
static const struct {
	const char *word, *field;
	bool mode; /* and RFLAGS.VM */
} segment_words[] = {
	{ "SELECTOR", "SELECTOR", false },  { "RPL", "SELECTOR", false },
	{ "LIMIT", "LIMIT", false },	    { "TYPE", "ACCESS_RIGHTS", false },
	{ "DPL", "ACCESS_RIGHTS", false },  { "USABLE", "ACCESS_RIGHTS", false },
	{ "IN_USE", "ACCESS_RIGHTS", true },
};

static bool in_word(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(const char *text)
{
	size_t n = 0;

	while (in_word(text[n]))
		n++;
	return n;
}

static bool is(const char *text, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(text, word, n);
}

/* The fields of one word; returns how much text it takes. */
static size_t read_word(const char *text, size_t n, struct vmcs_set *fields)
{
	char name[40];
	int index;

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		const char *end = strchr(text, ')');

		if (!is(text, n, words[i].word))
			continue;
		vmcs_set_add(fields, (unsigned)words[i].first);
		if (words[i].second >= 0)
			vmcs_set_add(fields, (unsigned)words[i].second);
		return text[n] == '(' && end ? (size_t)(end - text) : n;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(segment_words); i++) {
		size_t length;

		if (text[n] != '(' || !is(text, n, segment_words[i].word))
			continue;
		length = word_length(text + n + 1);
		format(name, sizeof(name), "GUEST_%.*s_%s", (int)length, text + n + 1,
		       segment_words[i].field);
		index = vmcs_index_of_name(name, strlen(name));
		if (index >= 0)
			vmcs_set_add(fields, (unsigned)index);
		if (segment_words[i].mode)
			vmcs_set_add(fields, VMCS_AT_GUEST_RFLAGS);
		return n + 1 + length;
	}
	index = vmcs_index_of_name(text, n);
	if (index >= 0)
		vmcs_set_add(fields, (unsigned)index);
	return n;
}

static void read_text(const char *text, struct vmcs_set *fields)
{
	while (*text) {
		size_t n = word_length(text);

		text += n ? read_word(text, n, fields) : 1;
	}
}

void entry_rule_fields(const struct entry_rule *rule, struct vmcs_set *fields)
{
	*fields = (struct vmcs_set){ { 0 } };
	read_text(rule->when, fields);
	read_text(rule->must, fields);
}

/* Dropped: "c, " (the case, as an argument), "c->in->", and F() and CAP() around their names. */
size_t entry_rule_text(char *to, size_t size, const char *text)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		size_t n = word_length(text);

		if (is(text, n, "c") && (text[n] == ',' || text[n] == '-')) {
			text += text[n] == ',' ? n + 2 : strlen("c->in->");
			continue;
		}
		if (text[n] == '(' && (is(text, n, "F") || is(text, n, "CAP"))) {
			size_t inner = word_length(text + n + 1);

			used += format(to + used, size - used, "%.*s", (int)inner, text + n + 1);
			text += n + 1 + inner + 1;
			continue;
		}
		n = n ? n : 1;
		used += format(to + used, size - used, "%.*s", (int)n, text);
		text += n;
	}
	return used;
}
