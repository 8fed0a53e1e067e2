/* SPDX-License-Identifier: MIT */
/*
 * Changes leaves in place, as machine/ram.c made them: the VGA hole sees to it
 * that they are of 4K. So nothing is allocated. A page's frame is kept in
 * pages[] while its leaf leads to the ROM.
 */
#include "machine/shadow.h"

#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/layout.h"

#define EPT_ADDRESS BITS(51, 12)

static unsigned page_of(gpa_t gpa)
{
	return (unsigned)((gpa - SHADOW_START) / PAGE_SIZE);
}

void shadow_create(struct shadow *s, struct ept *ept, struct ram *ram, const struct rom *rom)
{
	*s = (struct shadow){ .ept = ept, .ram = ram, .rom = rom };
	memset(s->access, SHADOW_RAM, sizeof(s->access));
}

/* The end of the ROM, which a PC shows here as well. */
static void *rom_behind(const struct shadow *s, gpa_t gpa)
{
	return gpa < MAP_ACPI ? NULL : rom_pointer(s->rom, MAP_HIGH_START - (SHADOW_END - gpa));
}

void *shadow_read(const struct shadow *s, gpa_t gpa)
{
	unsigned page = page_of(gpa);

	if (!(s->access[page] & SHADOW_READ))
		return rom_behind(s, gpa);
	return s->pages[page] + gpa % PAGE_SIZE;
}

void *shadow_write(const struct shadow *s, gpa_t gpa)
{
	unsigned page = page_of(gpa);

	return s->access[page] & SHADOW_WRITE ? s->pages[page] + gpa % PAGE_SIZE : NULL;
}

static u64 *leaf_of(const struct shadow *s, gpa_t gpa)
{
	u64 size, *leaf = table_leaf(&s->ept->table, gpa, &size);

	panic_on(!leaf || size != PAGE_SIZE);
	return leaf;
}

static void set_page(struct shadow *s, gpa_t gpa, unsigned access)
{
	unsigned page = page_of(gpa);
	u64 *leaf = leaf_of(s, gpa), permissions;
	void *memory;

	if (!s->pages[page])
		s->pages[page] = ram_pointer(s->ram, gpa, PAGE_SIZE);
	panic_on(!s->pages[page]);
	s->access[page] = (u8)access;
	memory = shadow_read(s, gpa);
	permissions = memory ? EPT_READ | EPT_EXECUTE : EPT_HIDDEN;
	if (access == SHADOW_RAM)
		permissions = EPT_RWX;
	*leaf = (*leaf & ~(EPT_ADDRESS | EPT_RWX | EPT_HIDDEN)) | permissions |
		virt_to_phys(memory ? memory : s->pages[page]);
}

void shadow_set(struct shadow *s, gpa_t start, gpa_t end, unsigned access)
{
	bool changed = false;

	for (gpa_t gpa = start; gpa < end; gpa += PAGE_SIZE)
		if (s->access[page_of(gpa)] != access) {
			set_page(s, gpa, access);
			changed = true;
		}
	if (changed)
		ept_invalidate(s->ept);
}

void shadow_open(const struct shadow *s, gpa_t gpa)
{
	panic_on(!shadow_read(s, gpa));
	/* The violation has dropped what the processor cached of it. */
	*leaf_of(s, gpa) |= EPT_WRITE;
}
