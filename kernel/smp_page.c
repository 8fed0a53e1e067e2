/* SPDX-License-Identifier: MIT */
/*
 * Where the trampoline can go. Pure: looks at the loader's map only.
 */
#include "kernel/smp.h"

#include "lib/bits.h"

#define LOW_END	  0xa0000UL /* video memory; start-up vectors A0H to BFH are reserved, too */
#define LOW_GOOD  0x10000UL /* some firmware writes to the first 64 KiB behind our back */
#define LOW_START 0x1000UL  /* below are the real mode's vectors and the BIOS's data */

static bool overlaps(hpa_t page, hpa_t start, u64 length)
{
	return page < start + length && start < page + PAGE_SIZE;
}

static bool is_free(const struct boot_info *boot, hpa_t page)
{
	bool usable = false;

	for (unsigned i = 0; i < boot->range_count; i++) {
		const struct boot_range *r = &boot->ranges[i];

		if (r->type != BOOT_MEMORY_USABLE) {
			if (overlaps(page, r->start, r->length))
				return false;
		} else if (page >= r->start && r->length >= PAGE_SIZE &&
			   page - r->start <= r->length - PAGE_SIZE) {
			usable = true;
		}
	}
	for (unsigned i = 0; i < boot->module_count; i++)
		if (overlaps(page, boot->modules[i].start, boot->modules[i].length))
			return false;
	return usable && !overlaps(page, boot->mbi_start, boot->mbi_length);
}

hpa_t smp_find_page(const struct boot_info *boot)
{
	for (hpa_t page = LOW_GOOD; page < LOW_END; page += PAGE_SIZE)
		if (is_free(boot, page))
			return page;
	for (hpa_t page = LOW_START; page < LOW_GOOD; page += PAGE_SIZE)
		if (is_free(boot, page))
			return page;
	return 0;
}
