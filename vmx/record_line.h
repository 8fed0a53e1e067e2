/* SPDX-License-Identifier: MIT */
/*
 * Exit records as lines of text: key=value words for tools, by
 * docs/trace-format.md, and in words for people. Used by the tracer, by
 * reports and by panics: lines go to dump_line().
 */
#pragma once

#include "kernel/log.h"
#include "vmx/record.h"

struct vcpu;

/* One record on its way out: words are added, full lines are printed. */
struct record_line {
	size_t head; /* what further lines of the record start with, too */
	size_t length;
	char text[LOG_LINE_MAX + 1];
};

/* Start with all words of a complete record, number n. `subject`: "trace", "record". */
void record_line_begin(struct record_line *line, const char *subject, const struct exit_record *r,
		       u64 n);

/* Add words separated by single blanks. A word is never split. */
void record_line_add(struct record_line *line, const char *words);

/* Print what is left. */
void record_line_end(struct record_line *line);

/*
 * A record in words: reason, what it was about, where, what was injected,
 * how long the handler took and before it the guest. `guest_ticks` 0: not
 * known. Returns the length. Pure.
 */
size_t record_words(const struct exit_record *r, u64 n, u64 guest_ticks, char *text, size_t size);

enum record_form { RECORD_KEYS, RECORD_WORDS };

/*
 * Print the last `count` records of v's flight recorder, the one of an exit
 * that is being handled too. In a panic, or on the CPU that runs v, or when
 * v is stopped; need not be loaded.
 */
void recorder_print(const struct vcpu *v, unsigned count, enum record_form form);
