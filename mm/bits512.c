/* SPDX-License-Identifier: MIT */
/*
 * Runs are found by folding. A set of the starts of all runs of order n
 * becomes that of order n + 1 by keeping each even start whose neighbor is
 * a start, too: inside of a word by shifts up to order 6, which is a word,
 * and from there on between words.
 */
#include "mm/bits512.h"

#include "lib/bits.h"

#define WORD_ORDER 6 /* a run of 64 bits: a whole word */

/* Where a run of order n may start in a word. */
static const u64 start_mask[WORD_ORDER + 1] = {
	0xffffffffffffffff, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
	0x0001000100010001, 0x0000000100000001, 0x0000000000000001,
};

/* The bits of word `w` that belong to the run. */
static u64 run_mask(unsigned w, unsigned first, unsigned count)
{
	unsigned from = MAX(first, w * 64), to = MIN(first + count, w * 64 + 64);

	return from < to ? BITS((to - 1) % 64, from % 64) : 0;
}

void bits512_set_run(struct bits512 *b, unsigned first, unsigned count)
{
	for (unsigned w = first / 64; w * 64 < first + count; w++)
		b->word[w] |= run_mask(w, first, count);
}

void bits512_clear_run(struct bits512 *b, unsigned first, unsigned count)
{
	for (unsigned w = first / 64; w * 64 < first + count; w++)
		b->word[w] &= ~run_mask(w, first, count);
}

bool bits512_empty(const struct bits512 *b)
{
	u64 any = 0;

	for (unsigned w = 0; w < BITS512_WORDS; w++)
		any |= b->word[w];
	return !any;
}

int bits512_next(const struct bits512 *b, unsigned bit)
{
	u64 above = ~0UL << (bit % 64);

	for (unsigned w = bit / 64; w < BITS512_WORDS; w++, above = ~0UL)
		if (b->word[w] & above)
			return (int)(w * 64) + __builtin_ctzl(b->word[w] & above);
	return -1;
}

unsigned bits512_missing(const struct bits512 *b, unsigned limit)
{
	unsigned count = 0;

	for (unsigned w = 0; w < BITS512_WORDS; w++)
		for (u64 zeros = ~b->word[w]; zeros; zeros &= zeros - 1)
			if (++count > limit)
				return count;
	return count;
}

/* From the starts of all runs of `order` to those of the next order. */
static void fold(struct bits512 *starts, unsigned order)
{
	if (order < WORD_ORDER) {
		for (unsigned w = 0; w < BITS512_WORDS; w++)
			starts->word[w] &= starts->word[w] >> (1U << order) & start_mask[order + 1];
		return;
	}
	unsigned half = 1U << (order - WORD_ORDER); /* of the next order, in words */

	for (unsigned w = 0; w < BITS512_WORDS; w += 2 * half) {
		starts->word[w] &= starts->word[w + half];
		starts->word[w + half] = 0;
	}
}

/* The starts of runs of `order` that are not half of a run in `next`. */
static void lone_runs(struct bits512 *starts, const struct bits512 *next, unsigned order)
{
	if (order < WORD_ORDER) {
		for (unsigned w = 0; w < BITS512_WORDS; w++)
			starts->word[w] &= ~(next->word[w] | next->word[w] << (1U << order));
		return;
	}
	unsigned half = 1U << (order - WORD_ORDER);

	for (unsigned w = 0; w < BITS512_WORDS; w++)
		starts->word[w] &= ~next->word[ALIGN_DOWN(w, 2 * half)];
}

/* The order of the largest run in one word, or -1. */
static int largest_in_word(u64 starts)
{
	int order = -1;

	while (starts) {
		if (++order == WORD_ORDER)
			break;
		starts &= starts >> (1U << order) & start_mask[order + 1];
	}
	return order;
}

int bits512_largest_run(const struct bits512 *b)
{
	u64 full = 0; /* a bit for each word */
	int order = -1;

	for (unsigned w = 0; w < BITS512_WORDS; w++)
		full |= (u64)(b->word[w] == ~0UL) << w;
	if (full)
		return WORD_ORDER + largest_in_word(full);
	for (unsigned w = 0; w < BITS512_WORDS; w++) {
		int in_word = largest_in_word(b->word[w]);

		order = MAX(order, in_word);
	}
	return order;
}

int bits512_best_run(const struct bits512 *b, unsigned order)
{
	struct bits512 starts = *b, next;

	for (unsigned o = 0; o < order; o++)
		fold(&starts, o);
	for (; order < BITS512_MAX_ORDER; order++, starts = next) {
		next = starts;
		fold(&next, order);
		lone_runs(&starts, &next, order);
		if (!bits512_empty(&starts))
			break;
	}
	return bits512_next(&starts, 0);
}
