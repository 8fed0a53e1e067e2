/* SPDX-License-Identifier: MIT */
#include "vmx/trace_filter.h"

#include "lib/error.h"
#include "lib/format.h"
#include "lib/number.h"
#include "lib/string.h"

struct reading {
	struct trace_filter *f;
	u64 wanted[2], unwanted[2]; /* exit reasons that were named */
	bool any_wanted;
};

static bool bit(const u64 *set, unsigned reason)
{
	return set[reason / 64] >> reason % 64 & 1;
}

static void choose(struct reading *r, unsigned reason, bool unwanted)
{
	(unwanted ? r->unwanted : r->wanted)[reason / 64] |= 1UL << reason % 64;
	r->any_wanted |= !unwanted;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* "ept" is EPT_VIOLATION and EPT_MISCONFIGURATION: the whole name, or its start up to a "_". */
static bool is_name(const char *word, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (upper(word[i]) != name[i])
			return false;
	return n && (!name[n] || name[n] == '_');
}

static bool read_reasons(struct reading *r, const char *word, size_t n, bool unwanted)
{
	bool found = false;

	for (unsigned i = 0; i < EXIT_REASONS; i++) {
		if (!is_name(word, n, exit_reason_name(i)))
			continue;
		choose(r, i, unwanted);
		found = true;
	}
	return found;
}

enum word { WORD_RANGES = TRACE_SUBJECTS, WORD_FIRST = WORD_RANGES, WORD_LAST, WORD_EVERY, WORD_TO };

/* Words with a value: the first ones are ranges, by enum trace_subject. */
static const struct {
	char name[6], example[14];
	u64 max;
} words_with_value[] = {
	[TRACE_PORT] = {"port", "0x3f8-0x3ff", 0xffff},
	[TRACE_MSR] = {"msr", "0xc0000080", ~0U},
	[TRACE_RIP] = {"rip", "0x7c00-0x7dff", ~0UL},
	[TRACE_KEY] = {"key", "1", ~0U},
	[WORD_FIRST] = {"first", "100", ~0UL},
	[WORD_LAST] = {"last", "100", TRACE_KEEP_MAX},
	[WORD_EVERY] = {"every", "10", ~0UL},
	[WORD_TO] = {"to", "com2", 0},
};

/* "0x3f8", "0x3f8-0x3ff" */
static bool read_range(const char *text, size_t n, struct trace_range *range)
{
	size_t left = 0;

	while (left < n && text[left] != '-')
		left++;
	if (number_parse(text, left, &range->from))
		return false;
	range->to = range->from;
	if (left < n && number_parse(text + left + 1, n - left - 1, &range->to))
		return false;
	return range->from <= range->to && range->to <= words_with_value[range->subject].max;
}

static bool add_range(struct reading *r, struct trace_range range, const char *value, size_t n)
{
	if (r->f->ranges == TRACE_RANGES || !read_range(value, n, &range))
		return false;
	r->f->range[r->f->ranges++] = range;
	if (range.unwanted)
		return true;
	if (range.subject == TRACE_PORT) {
		choose(r, EXIT_IO, false);
	} else if (range.subject == TRACE_MSR) {
		choose(r, EXIT_RDMSR, false);
		choose(r, EXIT_WRMSR, false);
	}
	return true;
}

static bool is(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && !strncmp(word, name, n);
}

static bool read_target(struct trace_filter *f, const char *value, size_t n)
{
	f->com2 = is(value, n, "com2");
	if (is(value, n, "ring") && !f->last)
		f->last = 1024;
	return f->com2 || is(value, n, "ring") || is(value, n, "log");
}

static bool read_value(struct reading *r, unsigned word, const char *value, size_t n, bool unwanted)
{
	struct trace_filter *f = r->f;
	u64 *const counts[] = {&f->first, &f->last, &f->every};
	u64 *count;

	if (word < WORD_RANGES)
		return add_range(r, (struct trace_range){.subject = word, .unwanted = unwanted}, value, n);
	if (word == WORD_TO)
		return !unwanted && read_target(f, value, n);
	count = counts[word - WORD_FIRST];
	return !unwanted && !number_parse(value, n, count) && *count &&
	       *count <= words_with_value[word].max;
}

/* False, with a complaint. */
static bool read_word(struct reading *r, const char *word, size_t n, char *complaint, size_t size)
{
	bool unwanted = *word == '!';
	size_t name = 0;

	while (name < n && word[name] != '=')
		name++;
	if (name < n) {
		for (unsigned i = 0; i < ARRAY_SIZE(words_with_value); i++) {
			if (!is(word + unwanted, name - unwanted, words_with_value[i].name))
				continue;
			if (read_value(r, i, word + name + 1, n - name - 1, unwanted))
				return true;
			format(complaint, size,
			       "trace: \"%.*s\": not understood, or one too many; write for example %s=%s",
			       (int)MIN(n, (size_t)40), word, words_with_value[i].name,
			       words_with_value[i].example);
			return false;
		}
	} else if (is(word, n, "off")) {
		r->f->on = false;
		return true;
	} else if (is(word, n, "regs")) {
		return r->f->regs = true;
	} else if (is(word, n, "on") || is(word, n, "all") || read_reasons(r, word + unwanted, n - unwanted, unwanted)) {
		return true;
	}
	format(complaint, size,
	       "trace: \"%.*s\": no exit reason and no other word; write for example cpuid,io,!hlt",
	       (int)MIN(n, (size_t)40), word);
	return false;
}

int trace_filter_parse(struct trace_filter *f, const char *words, char *complaint, size_t size)
{
	struct reading r = {.f = f};
	bool any = false;

	memset(f, 0, sizeof(*f));
	f->on = true;
	f->every = 1;
	while (*words) {
		size_t n = 0;

		while (words[n] && words[n] != ',' && words[n] != ' ')
			n++;
		if (n && !read_word(&r, words, n, complaint, size))
			return -ERR_INVAL;
		any |= n != 0;
		words += n + (words[n] != '\0');
	}
	if (!any) {
		format(complaint, size, "trace: no word; write off, on, or for example cpuid,first=100");
		return -ERR_INVAL;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(f->reasons); i++)
		f->reasons[i] = (r.any_wanted ? r.wanted[i] : ~0UL) & ~r.unwanted[i];
	return 0;
}

bool trace_filter_passes(const struct trace_filter *f, const struct exit_record *r)
{
	unsigned asked = 0, met = 0;

	if (r->reason >= EXIT_REASONS || !bit(f->reasons, r->reason))
		return false;
	for (unsigned i = 0; i < f->ranges; i++) {
		const struct trace_range *range = &f->range[i];
		u64 value = range->subject == TRACE_RIP ? r->rip : r->key;
		bool inside;

		if (range->subject == TRACE_PORT) {
			if (r->reason != EXIT_IO)
				continue;
			value &= 0xffff;
		}
		if (range->subject == TRACE_MSR && r->reason != EXIT_RDMSR && r->reason != EXIT_WRMSR)
			continue;
		inside = value >= range->from && value <= range->to;
		if (range->unwanted) {
			if (inside)
				return false;
			continue;
		}
		asked |= 1U << range->subject;
		met |= (unsigned)inside << range->subject;
	}
	return asked == met;
}
