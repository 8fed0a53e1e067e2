/* SPDX-License-Identifier: MIT */
/*
 * Extended page tables: guest-physical to host-physical, by the walker of
 * mm/walker.h with EPT's format. SDM "The Extended Page Table Mechanism (EPT)".
 */
#pragma once

#include "lib/bits.h"
#include "lib/x86.h"
#include "mm/walker.h"

#define EPT_READ	BIT(0)
#define EPT_WRITE	BIT(1)
#define EPT_EXECUTE	BIT(2)
#define EPT_RWX		(EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE_SHIFT	3 /* enum memory_type */
#define EPT_IGNORE_PAT	BIT(6)
#define EPT_LEAF	BIT(7)
#define EPT_ACCESSED	BIT(8)
#define EPT_DIRTY	BIT(9)
/*
 * A software bit: the entry holds an address but no permission yet. Used
 * for guest RAM that is reserved and not yet cleared: the first access
 * exits, clears it and sets the permissions in place, without allocating.
 */
#define EPT_RESERVED	BIT(11)
/* Another: RAM that the guest is not to see at present; no permission either. */
#define EPT_HIDDEN	BIT(52)

struct ept {
	struct table table;
	u64 eptp; /* for VMCS_EPT_POINTER and INVEPT */
};

/* Empty tables, by what this CPU offers (caps: IA32_VMX_EPT_VPID_CAP). 0, -ERR_NOMEM. */
int ept_create(struct ept *ept, u64 ept_vpid_cap) __must_check;
void ept_destroy(struct ept *ept);

/* Flags of a leaf: permissions EPT_R/W/X and a memory type. */
static inline u64 ept_flags(u64 permissions, enum memory_type type)
{
	return permissions | (u64)type << EPT_TYPE_SHIFT;
}

/* As table_map and friends; unmap and protect also INVEPT on this CPU. */
int ept_map(struct ept *ept, gpa_t gpa, hpa_t hpa, u64 length, u64 flags) __must_check;
int ept_unmap(struct ept *ept, gpa_t gpa, u64 length) __must_check;
int ept_protect(struct ept *ept, gpa_t gpa, u64 length, u64 flags) __must_check;
void ept_walk(const struct ept *ept, gpa_t gpa, struct table_walk *walk);

/* Drop this CPU's cached translations of these tables. */
void ept_invalidate(const struct ept *ept);
