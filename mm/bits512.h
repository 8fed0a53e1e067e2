/* SPDX-License-Identifier: MIT */
/*
 * A set of 512 bits, one for each child of a node of the frame allocator,
 * and the search for aligned runs in it. A run of order n is 2^n set bits
 * that start at a multiple of 2^n; order 9 is the whole set.
 */
#pragma once

#include "lib/types.h"

#define BITS512_WORDS	  8
#define BITS512_MAX_ORDER 9

struct bits512 {
	u64 word[BITS512_WORDS];
};

static inline bool bits512_test(const struct bits512 *b, unsigned bit)
{
	return b->word[bit / 64] >> (bit % 64) & 1;
}

static inline void bits512_set(struct bits512 *b, unsigned bit)
{
	b->word[bit / 64] |= 1UL << (bit % 64);
}

static inline void bits512_clear(struct bits512 *b, unsigned bit)
{
	b->word[bit / 64] &= ~(1UL << (bit % 64));
}

/* Bits first to first + count - 1; all of them must be below 512. */
void bits512_set_run(struct bits512 *b, unsigned first, unsigned count);
void bits512_clear_run(struct bits512 *b, unsigned first, unsigned count);

bool bits512_empty(const struct bits512 *b);

/* The first set bit at or after `bit`, or -1. */
int bits512_next(const struct bits512 *b, unsigned bit);

/* How many bits are clear; stops counting above `limit`. */
unsigned bits512_missing(const struct bits512 *b, unsigned limit);

/* The order of the largest run, or -1 when the set is empty. */
int bits512_largest_run(const struct bits512 *b);

/*
 * Where to take a run of `order` from so that larger runs stay whole: the
 * start of the smallest run that is not part of a larger one. -1 if none.
 */
int bits512_best_run(const struct bits512 *b, unsigned order);
