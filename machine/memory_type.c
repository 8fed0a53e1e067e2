/* SPDX-License-Identifier: MIT */
/*
 * Changes leaves in place, as they were when RAM was made: nothing is split, so
 * nothing is allocated. Relies on mtrr_type() for pages of mixed types.
 */
#include "machine/memory_type.h"

#include "vmx/ept.h"

#define TYPE_MASK BITS(EPT_TYPE_SHIFT + 2, EPT_TYPE_SHIFT)

/* Returns the end of the page that `gpa` is in. */
static gpa_t apply_page(struct vm *vm, const struct mtrr *mtrr, gpa_t gpa)
{
	u64 size = PAGE_SIZE, type;
	u64 *leaf = table_leaf(&vm->ept.table, gpa, &size);
	gpa_t page = gpa & ~(size - 1);

	if (leaf) {
		type = (u64)mtrr_type(mtrr, page, size) << EPT_TYPE_SHIFT;
		*leaf = (*leaf & ~TYPE_MASK) | type;
	}
	return page + size;
}

void memory_type_apply(struct vm *vm)
{
	struct mtrr *mtrr = &vm->cpus[0].msr.mtrr;

	mtrr->changed = false;
	for (unsigned i = 0; i < vm->ram.range_count; i++) {
		const struct ram_range *range = &vm->ram.ranges[i];
		gpa_t end = range->start + range->length;

		for (gpa_t gpa = range->start; gpa < end;)
			gpa = apply_page(vm, mtrr, gpa);
	}
	ept_invalidate(&vm->ept);
}
