/* SPDX-License-Identifier: MIT */
#include "machine/rom.h"

#include "kernel/panic.h"
#include "lib/error.h"
#include "lib/string.h"
#include "machine/memory_map.h"
#include "mm/frame.h"
#include "mm/layout.h"

/* Page by page: larger leaves could not be opened in part without a table more. */
static int map(struct ept *ept, gpa_t start, hpa_t block, u64 length)
{
	int error = 0;

	for (u64 at = 0; at < length && !error; at += PAGE_SIZE)
		error = ept_map(ept, start + at, block + at, PAGE_SIZE,
				ept_flags(EPT_READ | EPT_EXECUTE, MEMORY_WB));
	if (error)
		panic_on(ept_unmap(ept, start, length)); /* it splits nothing */
	return error;
}

int rom_create(struct rom *rom, struct ept *ept, const void *data, u64 length)
{
	const gpa_t start = MAP_HIGH_START - length;
	unsigned order = frame_order(length);
	hpa_t block = frame_alloc(order, FRAME_GUEST);
	int error;

	if (block == FRAME_NONE)
		return -ERR_NOMEM;
	memcpy(phys_to_virt(block), data, length);
	error = map(ept, start, block, length);
	if (error)
		frame_free(block, order, FRAME_GUEST);
	else
		*rom = (struct rom){ block, order, start, length };
	return error;
}

void rom_destroy(struct rom *rom)
{
	if (rom->length)
		frame_free(rom->block, rom->order, FRAME_GUEST);
	rom->length = 0;
}

void rom_open(const struct rom *rom, struct ept *ept, gpa_t gpa)
{
	u64 size, *leaf = table_leaf(&ept->table, gpa, &size);

	panic_on(!rom_pointer(rom, gpa) || !leaf || size != PAGE_SIZE);
	*leaf |= EPT_WRITE; /* the violation has dropped what the processor cached of it */
}

void *rom_pointer(const struct rom *rom, gpa_t gpa)
{
	if (gpa < rom->start || gpa - rom->start >= rom->length)
		return NULL;
	return phys_to_virt(rom->block + (gpa - rom->start));
}
