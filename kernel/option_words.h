/* SPDX-License-Identifier: MIT */
/*
 * The words of a command line, for kernel/options.c. Pure.
 */
#pragma once

#include "lib/types.h"

/*
 * Copy the next word at *cmdline to `word` and move on. Words end at white
 * space, except within "..."; a backslash takes the next character as it is
 * (GRUB writes both when a word of its menu has blanks or quotation marks).
 * Returns the word's length, -ERR_NOENT at the end, -ERR_RANGE for a word
 * that does not fit or -ERR_CORRUPT for an open quotation; then `word` holds
 * its beginning, and the whole word is passed.
 */
int option_next_word(const char **cmdline, char *word, size_t size) __must_check;

/*
 * How many letters must be inserted, removed, changed or swapped with their
 * neighbor to make one name of the other; a large number for names too
 * different in length to matter.
 */
unsigned option_distance(const char *a, size_t a_length, const char *b, size_t b_length);
