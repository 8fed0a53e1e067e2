/* SPDX-License-Identifier: MIT */
/*
 * A sorted list of disjoint spans with two operations, add and cut. All
 * usable ranges are added before the first thing is cut, so the order of
 * the firmware's list does not matter. Bytes until the very end: two ranges
 * that meet in the middle of a page make it whole.
 */
#include "mm/reserve.h"

#include "lib/bits.h"
#include "lib/error.h"
#include "lib/string.h"

static struct reserve_span span_of(const struct boot_range *range, hpa_t limit)
{
	hpa_t end = range->start + range->length;

	if (end < range->start)
		end = ~0UL;
	return (struct reserve_span){range->start, MIN(end, limit)};
}

/* Make room for one span at index i. */
static int insert(struct reserve_list *list, unsigned i, struct reserve_span span)
{
	if (list->count == RESERVE_MAX_SPANS)
		return -ERR_RANGE;
	memmove(&list->spans[i + 1], &list->spans[i], (list->count - i) * sizeof(span));
	list->spans[i] = span;
	list->count++;
	return 0;
}

static void delete (struct reserve_list *list, unsigned i, unsigned n)
{
	list->count -= n;
	memmove(&list->spans[i], &list->spans[i + n], (list->count - i) * sizeof(list->spans[0]));
}

/* Index of the first span that ends at or behind `address`. */
static unsigned find(const struct reserve_list *list, hpa_t address)
{
	unsigned i = list->count;

	/* From the end, because the firmware's list is sorted as a rule. */
	while (i > 0 && list->spans[i - 1].end >= address)
		i--;
	return i;
}

static int add(struct reserve_list *list, struct reserve_span span)
{
	unsigned first, n;

	if (span.start >= span.end)
		return 0;
	first = find(list, span.start);
	for (n = 0; first + n < list->count && list->spans[first + n].start <= span.end; n++)
		;
	if (n == 0)
		return insert(list, first, span);
	/* It touches n spans: they and it become one. */
	span.start = MIN(span.start, list->spans[first].start);
	span.end = MAX(span.end, list->spans[first + n - 1].end);
	list->spans[first] = span;
	delete (list, first + 1, n - 1);
	return 0;
}

static int cut(struct reserve_list *list, struct reserve_span gone)
{
	int result = 0;
	unsigned i;

	if (gone.start >= gone.end)
		return 0;
	i = find(list, gone.start);
	while (i < list->count && list->spans[i].start < gone.end) {
		struct reserve_span old = list->spans[i];
		struct reserve_span before = {old.start, MIN(gone.start, old.end)};
		struct reserve_span after = {MAX(gone.end, old.start), old.end};

		delete (list, i, 1);
		/* Two rests of one span may be one too many for the list; the upper one is lost. */
		if (before.start < before.end)
			result |= insert(list, i++, before);
		if (after.start < after.end)
			result |= insert(list, i++, after);
	}
	return result;
}

static void keep_whole_pages(struct reserve_list *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->count; i++) {
		hpa_t start = ALIGN_UP(list->spans[i].start, PAGE_SIZE);
		hpa_t end = ALIGN_DOWN(list->spans[i].end, PAGE_SIZE);

		if (start >= list->spans[i].start && start < end)
			list->spans[kept++] = (struct reserve_span){start, end};
	}
	list->count = kept;
}

int reserve_subtract(struct reserve_list *out, const struct boot_range *ranges,
		     unsigned range_count, const struct reserve_span *taken, unsigned taken_count,
		     hpa_t limit)
{
	int result = 0;

	out->count = 0;
	for (unsigned i = 0; i < range_count; i++)
		if (ranges[i].type == BOOT_MEMORY_USABLE)
			result |= add(out, span_of(&ranges[i], limit));
	for (unsigned i = 0; i < range_count; i++)
		if (ranges[i].type != BOOT_MEMORY_USABLE)
			result |= cut(out, span_of(&ranges[i], limit));
	for (unsigned i = 0; i < taken_count; i++)
		result |= cut(out, taken[i]);
	keep_whole_pages(out);
	return result;
}
