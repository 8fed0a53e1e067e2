/* SPDX-License-Identifier: MIT */
/*
 * Rules about what fields point to: SDM "Checks on Guest Non-Register State"
 * (VMCS link pointer), "Checks on Guest Page-Directory-Pointer-Table
 * Entries", "Loading MSRs". Without a look at memory some are "not checked".
 */
#include "lib/string.h"
#include "vmx/entry_words.h"

#define NO_LINK		(~0UL)
#define SHADOW_FLAG	BIT(31) /* of the revision identifier */
#define PDPTE_RESERVED	(BITS(2, 1) | BITS(8, 5))

/* clang-format off */
#define RULES_LINK(R) \
R(link_pointer, F(VMCS_LINK_POINTER) != NO_LINK, ADDRESS(VMCS_LINK_POINTER, PAGE_SIZE), \
  "write FFFFFFFF_FFFFFFFFH unless you use shadow VMCSs") \
R(link_pointer_revision, F(VMCS_LINK_POINTER) != NO_LINK && !BAD_LINK, \
  link_revision(c, F(VMCS_LINK_POINTER)) == (CAP(basic) & BASIC_REVISION), \
  "the VMCS that the link pointer refers to begins with the revision identifier of IA32_VMX_BASIC") \
R(link_pointer_shadow, F(VMCS_LINK_POINTER) != NO_LINK && !BAD_LINK, \
  link_is_shadow(c, F(VMCS_LINK_POINTER)) == PROC2(SHADOW_VMCS), \
  "bit 31 of its first word says the same as the control VMCS shadowing") \
R(link_pointer_not_current, F(VMCS_LINK_POINTER) != NO_LINK, \
  F(VMCS_LINK_POINTER) != current_vmcs(c), \
  "the link pointer cannot be the VMCS that is entered")

#define PDPTE_RULE(R, n) \
R(guest_pdpte##n, \
  F(GUEST_CR0) & CR0_PG && F(GUEST_CR4) & CR4_PAE && !ENTRYCTL(IA32E_GUEST) && PROC2(EPT) && F(GUEST_PDPTE##n) & 1, \
  CLEAR(GUEST_PDPTE##n, PDPTE_RESERVED | ABOVE_PHYSICAL), \
  "with EPT and PAE paging the four PDPTE fields must hold what CR3 points to in guest memory")

#define RULES_PDPTES(R) \
PDPTE_RULE(R, 0) PDPTE_RULE(R, 1) PDPTE_RULE(R, 2) PDPTE_RULE(R, 3) \
R(pdptes_in_memory, \
  F(GUEST_CR0) & CR0_PG && F(GUEST_CR4) & CR4_PAE && !ENTRYCTL(IA32E_GUEST) && !PROC2(EPT), \
  pdptes_good(c, F(GUEST_CR3) & BITS(31, 5)), \
  "without EPT the four PDPTEs that CR3 points to must be legal")

#define RULES_MSR_LOADING(R) \
R(entry_msr_load_list, F(ENTRY_MSR_LOAD_COUNT) != 0, \
  msr_list_good(c, F(ENTRY_MSR_LOAD_ADDRESS), F(ENTRY_MSR_LOAD_COUNT)), \
  "each entry: an MSR that WRMSR would take, with a legal value; not FS.base, GS.base, SMM's, x2APIC's")
/* clang-format on */

/* The rule link_pointer speaks of a bad address; the processor does not read there. */
#define BAD_LINK ((F(VMCS_LINK_POINTER) & (ABOVE_PHYSICAL | BITS(11, 0))) != 0)

static u32 link_word(struct entry_case *c, u64 address)
{
	const void *p = entry_memory(c, address, 4);
	u32 word = 0;

	if (p)
		memcpy(&word, p, sizeof(word));
	return word;
}

static u64 link_revision(struct entry_case *c, u64 address)
{
	return link_word(c, address) & BASIC_REVISION;
}

static bool link_is_shadow(struct entry_case *c, u64 address)
{
	return link_word(c, address) & SHADOW_FLAG;
}

static u64 current_vmcs(struct entry_case *c)
{
	if (c->in->vmcs == ENTRY_POINTER_UNKNOWN)
		c->memory_missing = true;
	return c->in->vmcs;
}

static bool pdptes_good(struct entry_case *c, u64 table)
{
	const void *p = entry_memory(c, table, 32);
	u64 entries[4];

	if (!p)
		return true;
	memcpy(entries, p, sizeof(entries));
	for (unsigned i = 0; i < 4; i++)
		if (entries[i] & 1 && entries[i] & (PDPTE_RESERVED | ABOVE_PHYSICAL))
			return false;
	return true;
}

/* MSRs that an entry refuses whatever their value. SDM "Loading MSRs". */
static bool msr_loadable(u32 msr)
{
	return msr != MSR_FS_BASE && msr != MSR_GS_BASE && msr >> 8 != MSR_X2APIC_BASE >> 8;
}

static bool msr_list_good(struct entry_case *c, u64 list, u64 count)
{
	struct {
		u32 msr, reserved;
		u64 value;
	} entry;

	for (u64 i = 0; i < count; i++) {
		const void *p = entry_memory(c, list + i * sizeof(entry), sizeof(entry));

		if (!p)
			return true;
		memcpy(&entry, p, sizeof(entry));
		if (entry.reserved || !msr_loadable(entry.msr))
			return false;
	}
	return true;
}

ENTRY_GROUP(entry_guest_link, ENTRY_GUEST_LINK, "Checks on Guest Non-Register State", RULES_LINK)
ENTRY_GROUP(entry_guest_pdptes, ENTRY_GUEST_PDPTE,
	    "Checks on Guest Page-Directory-Pointer-Table Entries", RULES_PDPTES)
ENTRY_GROUP(entry_msr_loading, ENTRY_MSR_LOADING, "Loading MSRs", RULES_MSR_LOADING)
