/* SPDX-License-Identifier: MIT */
#include "vmx/pdpte.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"
#include "vmx/vmx.h"

#define PDPTE_PRESENT  BIT(0)
/* Reserved when present, as are the bits above the physical width. A VM entry checks them, too. */
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

bool pdpte_load(struct vcpu *v, u64 cr3)
{
	const void *table = v->ops->ram(v, cr3 & BITS(31, 5), 32);
	u64 reserved = PDPTE_RESERVED | BITS(63, vmx_host.physical_bits);
	u64 entries[4];

	if (!table)
		return false;
	memcpy(entries, table, sizeof(entries));
	for (unsigned i = 0; i < 4; i++)
		if (entries[i] & PDPTE_PRESENT && entries[i] & reserved)
			return false;
	vmcs_write(VMCS_GUEST_PDPTE0, entries[0]);
	vmcs_write(VMCS_GUEST_PDPTE1, entries[1]);
	vmcs_write(VMCS_GUEST_PDPTE2, entries[2]);
	vmcs_write(VMCS_GUEST_PDPTE3, entries[3]);
	return true;
}
