/* SPDX-License-Identifier: MIT */
#include "vmx/pdpte.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

#define PDPTE_PRESENT  BIT(0)
/* Reserved when present; the bits above the physical width are checked by the walk. */
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5) | BITS(63, 52))

bool pdpte_load(struct vcpu *v, u64 cr3)
{
	const void *table = v->ops->ram(v, cr3 & BITS(31, 5), 32);
	u64 entries[4];

	if (!table)
		return false;
	memcpy(entries, table, sizeof(entries));
	for (unsigned i = 0; i < 4; i++)
		if (entries[i] & PDPTE_PRESENT && entries[i] & PDPTE_RESERVED)
			return false;
	vmcs_write(VMCS_GUEST_PDPTE0, entries[0]);
	vmcs_write(VMCS_GUEST_PDPTE1, entries[1]);
	vmcs_write(VMCS_GUEST_PDPTE2, entries[2]);
	vmcs_write(VMCS_GUEST_PDPTE3, entries[3]);
	return true;
}
