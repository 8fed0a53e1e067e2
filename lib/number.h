/* SPDX-License-Identifier: MIT */
/*
 * Numbers in text, as options and command lines give them.
 */
#pragma once

#include "lib/types.h"

/*
 * Read a whole word of n characters as a number: decimal, or hexadecimal with 0x.
 * Returns 0, or -ERR_INVAL (no digits, foreign characters) or -ERR_RANGE (more than 64 bits).
 */
int number_parse(const char *text, size_t n, u64 *value) __must_check;

/* As number_parse, with an optional suffix K, M or G (powers of 1024, either case). */
int number_parse_size(const char *text, size_t n, u64 *bytes) __must_check;
