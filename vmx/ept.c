/* SPDX-License-Identifier: MIT */
#include "vmx/ept.h"

#include "kernel/panic.h"
#include "lib/error.h"
#include "vmx/caps.h"
#include "vmx/instructions.h"
#include "vmx/vmx.h"

/* SDM "Format of the EPT Pointer" */
#define EPTP_WALK_4	     (3UL << 3)
#define EPTP_ACCESSED_DIRTY  BIT(6)

static const struct table_format ept_format = {
	.name = "EPT",
	.present = EPT_RWX,
	.kept = EPT_RESERVED | EPT_HIDDEN,
	.leaf = EPT_LEAF,
	.address = BITS(51, 12),
	.table_flags = EPT_RWX,
	.levels = 4,
	.physical = true,
};

static u8 largest_leaf(u64 cap)
{
	return cap & EPTCAP_1G ? 3 : cap & EPTCAP_2M ? 2 : 1;
}

int ept_create(struct ept *ept, u64 cap)
{
	u64 type = cap & EPTCAP_WB ? MEMORY_WB : MEMORY_UC;
	int error;

	error = table_init(&ept->table, &ept_format, FRAME_EPT, largest_leaf(cap));
	if (error)
		return error;
	ept->eptp = ept->table.root | EPTP_WALK_4 | type;
	if (cap & EPTCAP_ACCESSED_DIRTY)
		ept->eptp |= EPTP_ACCESSED_DIRTY;
	return 0;
}

void ept_destroy(struct ept *ept)
{
	ept_invalidate(ept);
	table_destroy(&ept->table);
}

int ept_map(struct ept *ept, gpa_t gpa, hpa_t hpa, u64 length, u64 flags)
{
	int error = table_map(&ept->table, gpa, hpa, length, flags);

	/* Tables of a mapping that failed half-way may be cached. */
	if (error) {
		ept_invalidate(ept);
		table_reap(&ept->table);
	}
	return error;
}

int ept_unmap(struct ept *ept, gpa_t gpa, u64 length)
{
	int error = table_unmap(&ept->table, gpa, length);

	ept_invalidate(ept);
	table_reap(&ept->table);
	return error;
}

int ept_protect(struct ept *ept, gpa_t gpa, u64 length, u64 flags)
{
	int error = table_protect(&ept->table, gpa, length, flags);

	ept_invalidate(ept);
	table_reap(&ept->table);
	return error;
}

void ept_walk(const struct ept *ept, gpa_t gpa, struct table_walk *walk)
{
	table_walk(&ept->table, gpa, walk);
}

void ept_invalidate(const struct ept *ept)
{
	bool single = vmx_host.caps.ept_vpid & EPTCAP_INVEPT_SINGLE;

	panic_on(invept(single ? INVEPT_SINGLE : INVEPT_ALL, single ? ept->eptp : 0) != VMX_OK);
}
