/* SPDX-License-Identifier: MIT */
/*
 * Which exits are traced, and how: the words of the option trace= and of the
 * monitor's command. Pure. docs/tracing.md has the language.
 */
#pragma once

#include "vmx/exit_reason.h"
#include "vmx/record.h"

#define TRACE_RANGES   8
#define TRACE_KEEP_MAX 65536

/* What a range is about; the first two also choose exit reasons. */
enum trace_subject { TRACE_PORT, TRACE_MSR, TRACE_RIP, TRACE_KEY, TRACE_SUBJECTS };

struct trace_filter {
	bool on, regs, com2;
	u64 reasons[(EXIT_REASONS + 63) / 64]; /* a bit each */
	unsigned ranges;
	struct trace_range {
		enum trace_subject subject;
		bool unwanted;
		u64 from, to;
	} range[TRACE_RANGES];
	u64 first, last, every; /* first, last: 0 is all */
};

/*
 * Read words separated by commas or blanks. 0, or -ERR_INVAL with a
 * complaint (word, what is wrong, remedy; at most 160 characters) and *f
 * undefined.
 */
int trace_filter_parse(struct trace_filter *f, const char *words, char *complaint, size_t size)
	__must_check;

/* Is this exit one of those? By its reason, key and RIP. */
bool trace_filter_passes(const struct trace_filter *f, const struct exit_record *r);
